"""Quantiles and the mean of durations or small numbers in a window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import cut_labels, cuts, histogram_in
from stream_app.kpis.kinds.ranks import at_rank
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.histogram import Histogram
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel

MS = 1000
"""Milliseconds in a second: durations are stored in the one and published in the other."""
EXACT = 50
"""Below this, a bucket that is 2 % wide holds at most one whole number."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Publish quantiles and the mean of a histogram measure, for every value of its fixed labels.

    Attributes:
        measure: The histogram.
        quantiles: Which to publish, 0..1.
        mean: Whether to publish the mean too (its own gauge).
        where: Fixed values of some of the measure's dims; those dims are not shown as labels.
        per: Stored units of one published unit, where it is not time: 100 for cents of euros.
    """

    parts: ClassVar[tuple[Part, ...]] = ("", "mean")
    measure: Measure
    quantiles: tuple[float, ...] = (0.5, 0.9)
    mean: bool = True
    where: tuple[tuple[str, str], ...] = ()
    per: int = 1

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the quantiles and the mean per window and cut; an empty window has none."""
        scale = MS if self.measure.unit == "seconds" else self.per
        wanted = dict(self.where)
        for dims in view.dims(self.measure):
            fixed = dict(zip(self.measure.dims, dims, strict=True))
            if any(fixed.pop(name) != value for name, value in wanted.items()):
                continue
            for label, value in cuts(view, self.measure, kpi.by, dims):
                for window in view.windows:
                    histogram = histogram_in(view, self.measure, window, dims, label, value)
                    if histogram is None or histogram.n <= 0:
                        continue
                    labels = {**fixed, **cut_labels(label, value)}
                    n = histogram.n
                    for quantile in self.quantiles:
                        at = self._quantile(histogram, quantile)
                        yield Sample(kpi.name, "", window.name, {**labels, "quantile": str(quantile)}, at, n)
                    if self.mean:
                        yield Sample(kpi.name, "mean", window.name, labels, histogram.total / n / scale, n)

    def _quantile(self, histogram: Histogram, quantile: float) -> float:
        """Return a quantile in the published unit; a bucket of small whole numbers holds just one of them."""
        if self.measure.unit == "seconds":
            return (histogram.quantile(quantile) or 0.0) / MS
        points = [(float(round(value)) if value < EXACT else value, count) for value, count in histogram.points()]
        return at_rank(points, quantile * (histogram.n - 1)) / self.per
