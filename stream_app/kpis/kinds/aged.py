"""A stock by age: how many things in it are how old, now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import cut_labels, cuts
from stream_app.kpis.kinds.standing import fresh, total
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Aged:
    """Publish every age band of a stock that is kept by the hour; the bands add up to the stock.

    Attributes:
        measure: Hourly stock by the time when each thing came in.
        bands: (name, age in ms up to which it reaches, that hour included), from the youngest.
        last: Name of the band above the last bound.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    measure: Measure
    bands: tuple[tuple[str, int], ...]
    last: str

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the count per band and cut; of a cut with nothing in it only the total."""
        for label, value in cuts(view, self.measure, kpi.by):
            everything = total(view, self.measure, label, value)
            if everything <= 0 and label:
                continue
            younger = 0
            counts: list[tuple[str, int]] = []
            for name, bound_ms in self.bands:
                reached = fresh(view, self.measure, label, value, bound_ms)
                counts.append((name, reached - younger))
                younger = reached
            for name, count in (*counts, (self.last, everything - younger)):
                yield Sample(kpi.name, "", None, {"age": name, **cut_labels(label, value)}, count, count)
