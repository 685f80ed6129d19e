"""Response quantiles that count the unanswered: the Kaplan-Meier estimate over a cohort.

Quantiles of answered leads alone improve while leads rot. Here a lead that still waits, or that went away
unanswered, counts as censored: it waited at least that long.
Source: E. L. Kaplan and P. Meier, Nonparametric Estimation from Incomplete Observations, 1958.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import cut_labels, cuts, histogram_in
from stream_app.kpis.kinds.distribution import MS
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.clock_group import NOBODY
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window


@dataclass(frozen=True, slots=True)
class Survival:
    """Quantiles of the time to an answer over everybody who arrived in the window.

    Attributes:
        measure: Histogram with the dim ``fate``: ``answered`` or ``gone``, in the cohort of arrival.
        clock: Open clocks of those who still wait.
        quantiles: Which to publish, 0..1; absent while too few have been answered to know.
        over: The fate of those whose wait is over.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    measure: Measure
    clock: str
    quantiles: tuple[float, ...] = (0.5, 0.9)
    over: str = "answered"

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the quantiles per window and cut, in seconds."""
        for label, value in cuts(view, self.measure, kpi.by, (self.over,)):
            for window in view.windows:
                answered = self._waits(view, window, self.over, label, value)
                gone = self._waits(view, window, "gone", label, value)
                ages = self._ages(view, window, label, value)
                n = len(ages) + sum(count for _, count in (*answered, *gone))
                labels = cut_labels(label, value)
                waits = kaplan_meier(answered, gone, self.quantiles, ages)
                for quantile, wait in zip(self.quantiles, waits, strict=True):
                    if wait is not None:
                        yield Sample(kpi.name, "", window.name, {**labels, "quantile": str(quantile)}, wait / MS, n)

    def _waits(self, view: ReadModel, window: Window, fate: str, label: str, value: str) -> list[tuple[float, int]]:
        histogram = histogram_in(view, self.measure, window, (fate,), label, value)
        return [] if histogram is None else list(histogram.points())

    def _ages(self, view: ReadModel, window: Window, label: str, value: str) -> list[int]:
        """Return how long those who arrived in the window and still wait have waited, in ms, rising."""
        group = view.clock_groups(self.clock, label).get(value, NOBODY)
        now, since = view.now, group.since
        arrived = since[bisect_left(since, view.start(window)) : bisect_right(since, now)]
        return [now - at for at in reversed(arrived)]


def kaplan_meier(
    answered: Iterable[tuple[float, int]],
    censored: Iterable[tuple[float, int]],
    quantiles: Iterable[float],
    ages: Sequence[float] = (),
) -> list[float | None]:
    """Return the waits by which each share of a cohort was answered.

    Args:
        answered: (wait, how many) of those who were answered.
        censored: (wait so far, how many) of those who were not; at equal waits they count as still there.
        quantiles: Shares, 0..1, in any order.
        ages: Waits so far, rising, of more of those who were not: one each.

    Returns:
        One wait per quantile, in the unit of the waits; ``None`` where the estimate never gets that far.
    """
    steps: dict[float, list[int]] = {}
    for column, waits in enumerate((answered, censored)):
        for wait, count in waits:
            steps.setdefault(wait, [0, 0])[column] += count
    # The ages are looked up and not walked through: there may be a hundred for each answer.
    at_risk = len(ages) + sum(sum(counts) for counts in steps.values())
    surviving = 1.0
    curve: list[tuple[float, float]] = []
    for wait in sorted(steps):
        events, lost = steps[wait]
        if events > 0:
            surviving *= 1 - events / (at_risk - bisect_left(ages, wait))
            curve.append((wait, 1 - surviving))
        at_risk -= events + lost
    tolerance = 1e-12
    return [next((wait for wait, share in curve if share >= quantile - tolerance), None) for quantile in quantiles]
