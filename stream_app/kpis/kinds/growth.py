"""How much larger something became within a window, against its size when the window began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import cut_labels
from stream_app.kpis.kinds.population import Flows
from stream_app.kpis.kinds.ratio import RATIO_PARTS, ratio_samples
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Growth:
    """Publish what came less what went, over what was there; absent where nothing was."""

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    flows: Flows

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield ratio, numerator and denominator per cut and window; below 0 where more went than came."""
        for label, value in self.flows.cuts(view, kpi.by):
            for window in view.windows:
                start = self.flows.at_start(view, window, label, value)
                if start > 0:
                    grown = self.flows.now(view, label, value) - start
                    yield from ratio_samples(kpi, window.name, cut_labels(label, value), grown, start)
