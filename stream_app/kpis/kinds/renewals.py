"""The share of due renewals that came, by number and by money: so far, and final once the grace period is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from stream_app.kpis.kinds.cuts import cut_labels, cuts
from stream_app.kpis.kinds.ratio import RATIO_PARTS
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.sum import Sum
from stream_app.measures.window import Window

Held = tuple[int, int]
"""Number and money."""


@dataclass(frozen=True, slots=True)
class Renewals:
    """Publish renewed over due, both in the window in which they were due.

    Attributes:
        measure: Sum of prices with the dim ``outcome``: ``due`` or ``renewed``.
        grace_ms: How long after it was due a renewal may come.
        scale: Units of the measure in one that is published: 100 for cents.
    """

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    measure: Measure
    grace_ms: int
    scale: int = 1

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield ratio, numerator and denominator per form, way of counting, cut and window."""
        for label, value in cuts(view, self.measure, kpi.by, ("due",)):
            for window in view.windows:
                for form in ("final", "so_far"):
                    due = self._held(view, window, "due", label, value, final=form == "final")
                    renewed = self._held(view, window, "renewed", label, value, final=form == "final")
                    labels = {"form": form, **cut_labels(label, value)}
                    yield from self._ratio(kpi, window, {**labels, "of": "count"}, renewed, due, 0)
                    yield from self._ratio(kpi, window, {**labels, "of": "amount"}, renewed, due, 1)

    def _held(self, view: ReadModel, window: Window, outcome: str, label: str, value: str, *, final: bool) -> Held:
        """Return number and money of the window; where *final*, without the panes that the grace period reaches."""
        held = view.get(self.measure, window, (outcome,), label, value)
        young = view.recent(self.measure, window, self.grace_ms, (outcome,), label, value) if final else None
        n, total = (held.n, held.total) if isinstance(held, Sum) else (0, 0)
        return (n - young.n, total - young.total) if isinstance(young, Sum) else (n, total)

    def _ratio(
        self, kpi: Kpi, window: Window, labels: dict[str, str], renewed: Held, due: Held, of: Literal[0, 1]
    ) -> Iterator[Sample]:
        """Yield the samples of the numbers (*of* 0) or of the money (1); either rests on as many subscriptions."""
        above, below, scale = renewed[of], due[of], self.scale if of else 1
        if below > 0:
            yield Sample(kpi.name, "", window.name, labels, above / below, due[0])
            yield Sample(kpi.name, "numerator", window.name, labels, above / scale, renewed[0])
            yield Sample(kpi.name, "denominator", window.name, labels, below / scale, due[0])
