"""Money per thing: a sum in the reporting currency over a count, with both beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, anew, cut_labels
from stream_app.kpis.kinds.ratio import RATIO_PARTS, Source
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.sum import Sum


@dataclass(frozen=True, slots=True)
class Per:
    """Publish a sum of money divided by how many things there were; absent where there were none.

    Attributes:
        money: Sum in minor units of the reporting currency.
        things: Counts that add up to the denominator.
        major: Minor units in one unit of the currency.
    """

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    money: Measure
    things: tuple[Source, ...]
    major: int

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the money per thing, the money and the number of things, per cut and window."""
        cuts = [
            (label, value)
            for label in kpi.by
            for value in sorted({value for source in self.things for value in source.values(view, label)})
        ]
        for label, value in anew(view, "per", (TOTAL, *cuts)):
            labels = cut_labels(label, value)
            for window in view.windows:
                n = sum(source.count(view, window, label, value) for source in self.things)
                if n <= 0:
                    continue
                held = view.get(self.money, window, (), label, value)
                assert held is None or isinstance(held, Sum)
                money = 0.0 if held is None else held.total / self.major
                yield Sample(kpi.name, "", window.name, labels, money / n, n)
                yield Sample(kpi.name, "numerator", window.name, labels, money, n)
                yield Sample(kpi.name, "denominator", window.name, labels, n, n)
