"""How long ago something last happened, as far as panes tell: to the minute, then to the hour, then to the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import counted, cut_labels, cuts
from stream_app.kpis.kinds.distribution import MS
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Silence:
    """Publish the time since the pane in which a count last rose began; absent where no window has any.

    Attributes:
        measure: What is counted.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    measure: Measure

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the silence per cut, in seconds."""
        for label, value in cuts(view, self.measure, kpi.by):
            newest = self._newest(view, label, value)
            if newest is not None:
                start, n = newest
                yield Sample(kpi.name, "", None, cut_labels(label, value), max(0, view.now - start) / MS, n)

    def _newest(self, view: ReadModel, label: str, value: str) -> tuple[int, int] | None:
        """Return start and count of the newest pane that holds anything, a small one rather than a large one."""
        for window in sorted(view.windows, key=lambda window: window.size):
            held = [(start, counted(one)) for start, one in view.panes(self.measure, window, (), label, value)]
            found = [(start, n) for start, n in held if n > 0]
            if found:
                return found[-1]
        return None
