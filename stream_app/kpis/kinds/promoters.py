"""The net promoter score of the last answers in a window, with how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, anew, cut_labels
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel

_Z = 1.959964  # 95 % of a normal distribution lie within so many standard deviations
_EXTRA = (0.75, 1.5, 0.75)


def score(promoters: float, passives: float, detractors: float) -> float:
    """Return the share of promoters less that of detractors, in points from -100 to 100."""
    return 100 * (promoters - detractors) / (promoters + passives + detractors)


def interval(promoters: int, passives: int, detractors: int) -> tuple[float, float]:
    """Return the 95 % interval of the score, in points.

    The adjusted Wald interval: three answers are added, so that few that agree do not look certain.
    Source: B. Rocks, Interval Estimation for the Net Promoter Score, The American Statistician 70 (2016).
    """
    one, two, three = (n + extra for n, extra in zip((promoters, passives, detractors), _EXTRA, strict=True))
    n = one + two + three
    middle = score(one, two, three)
    half = 100 * _Z * sqrt(((one + three) / n - (middle / 100) ** 2) / n)
    return max(-100.0, middle - half), min(100.0, middle + half)


@dataclass(frozen=True, slots=True)
class NetPromoters:
    """Publish the score and its interval over those whose last answer lies in the window, to the hour.

    Attributes:
        measure: Hourly stock of last answers.
        answers: Its dim's values: those who promote, are passive, detract.
    """

    parts: ClassVar[tuple[Part, ...]] = ("", "low", "high")
    measure: Measure
    answers: tuple[str, str, str]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the score and both ends of its interval per cut and window; absent without an answer."""
        values = [
            (label, value)
            for label in kpi.by
            for value in sorted({one for answer in self.answers for one in view.values(self.measure, label, (answer,))})
        ]
        for label, value in anew(view, "promoters", (TOTAL, *values)):
            for window in view.windows:
                age = view.now - view.start(window)
                promoters, passives, detractors = (
                    view.standing(self.measure, (answer,), label, value, age) for answer in self.answers
                )
                n = promoters + passives + detractors
                if n <= 0:
                    continue
                labels = cut_labels(label, value)
                low, high = interval(promoters, passives, detractors)
                yield Sample(kpi.name, "", window.name, labels, score(promoters, passives, detractors), n)
                yield Sample(kpi.name, "low", window.name, labels, low, n)
                yield Sample(kpi.name, "high", window.name, labels, high, n)
