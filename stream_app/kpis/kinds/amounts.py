"""Counts and amounts with chosen dims: what flowed in a window, and what stands now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, cut_labels, cuts
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.count import Count
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.sum import Sum


@dataclass(frozen=True, slots=True)
class Row:
    """One value of the dims of a measure, and the fixed labels that it is shown under."""

    dims: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)


PLAIN = (Row(),)
"""Of a measure without dims."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Publish counts or sums of a window; the total of a window in which nothing happened is 0.

    Attributes:
        measure: Counts or sums.
        rows: Which of its dims.
        scale: Units of the measure in one that is published: 100 for cents.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    adds_up: ClassVar[bool] = True
    measure: Measure
    rows: tuple[Row, ...] = PLAIN
    scale: int = 1

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the count or sum per row, cut and window."""
        for row in self.rows:
            for label, value in cuts(view, self.measure, kpi.by, row.dims):
                labels = {**row.labels, **cut_labels(label, value)}
                for window in view.windows:
                    held = view.get(self.measure, window, row.dims, label, value)
                    if held is None and (label, value) != TOTAL:
                        continue
                    amount, n = (held.total, held.n) if isinstance(held, Sum) else (_n(held), _n(held))
                    yield Sample(kpi.name, "", window.name, labels, amount / self.scale, n)


def _n(held: object) -> int:
    return held.n if isinstance(held, Count) else 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Publish what a stock holds now; 0 for the total when it is empty.

    Attributes:
        measure: The stock.
        rows: Which of its dims.
        scale: Units of the measure in one that is published: 100 for cents.
        over: Stock and dims that count what an amount is of; ``None`` where the stock is a count itself.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    measure: Measure
    rows: tuple[Row, ...] = PLAIN
    scale: int = 1
    over: tuple[Measure, tuple[str, ...]] | None = None

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the holding per row and cut."""
        for row in self.rows:
            for label, value in cuts(view, self.measure, kpi.by, row.dims):
                held = view.standing(self.measure, row.dims, label, value)
                if held or (label, value) == TOTAL:
                    labels = {**row.labels, **cut_labels(label, value)}
                    n = held if self.over is None else view.standing(*self.over, label, value)
                    yield Sample(kpi.name, "", None, labels, held / self.scale, n)


@dataclass(frozen=True, slots=True)
class Mean:
    """Publish the mean of a sum; absent of nothing."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    measure: Measure
    rows: tuple[Row, ...] = PLAIN
    scale: int = 1

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the mean per row, cut and window."""
        for row in self.rows:
            for label, value in cuts(view, self.measure, kpi.by, row.dims):
                for window in view.windows:
                    held = view.get(self.measure, window, row.dims, label, value)
                    if isinstance(held, Sum) and held.n > 0:
                        labels = {**row.labels, **cut_labels(label, value)}
                        yield Sample(kpi.name, "", window.name, labels, held.total / held.n / self.scale, held.n)
