"""How often something happens a day, whatever the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, count_in, cut_labels, cuts
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import DAY


@dataclass(frozen=True, slots=True)
class PerDay:
    """Publish a count divided by the days of its window; the total of a window in which nothing happened is 0."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    measure: Measure

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the rate per cut and window."""
        for label, value in cuts(view, self.measure, kpi.by):
            for window in view.windows:
                n = count_in(view, self.measure, window, (), label, value) or 0
                if n or (label, value) == TOTAL:
                    yield Sample(kpi.name, "", window.name, cut_labels(label, value), n * DAY.size / window.size, n)
