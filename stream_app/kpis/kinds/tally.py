"""How often something happened in a window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, count_in, cut_labels, cuts
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Tally:
    """Publish the count of a measure; the total of a window in which nothing happened is 0.

    Attributes:
        measure: What is counted.
        closed: Values of the measure's only dim that are always published, 0 included.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    adds_up: ClassVar[bool] = True
    measure: Measure
    closed: tuple[str, ...] = ()

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the count per window and cut."""
        known = [(value,) for value in self.closed] if self.closed else view.dims(self.measure)
        every = known or ([()] if not self.measure.dims else [])
        for dims in every:
            fixed = dict(zip(self.measure.dims, dims, strict=True))
            for label, value in cuts(view, self.measure, kpi.by, dims):
                for window in view.windows:
                    n = count_in(view, self.measure, window, dims, label, value)
                    if n is None:
                        if (label, value) != TOTAL:
                            continue
                        n = 0
                    yield Sample(kpi.name, "", window.name, {**fixed, **cut_labels(label, value)}, n, n)
