"""How often something happened in a window, added up from several counts, open clocks among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, anew, cut_labels
from stream_app.kpis.kinds.ratio import Source
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Added:
    """Publish the sum of some counts; the total of a window in which nothing happened is 0."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    sources: tuple[Source, ...]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the sum per window and cut."""
        values = [
            (label, value)
            for label in kpi.by
            for value in sorted({value for source in self.sources for value in source.values(view, label)})
        ]
        for label, value in anew(view, "added", (TOTAL, *values)):
            for window in view.windows:
                n = sum(source.count(view, window, label, value) for source in self.sources)
                if n or (label, value) == TOTAL:
                    yield Sample(kpi.name, "", window.name, cut_labels(label, value), n, n)
