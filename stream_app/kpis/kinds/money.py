"""Money: kept in whole minor units, exactly, and published in units of the reporting currency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, cut_labels, cuts
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.sum import Sum
from stream_app.measures.window import Window


def sum_in(
    view: ReadModel, measure: Measure, window: Window, dims: tuple[str, ...], label: str = "", value: str = ""
) -> Sum | None:
    """Return what a sum measure has in the window for a cut; ``None`` for nothing."""
    held = view.get(measure, window, dims, label, value)
    assert held is None or isinstance(held, Sum)
    return held


@dataclass(frozen=True, slots=True)
class Amount:
    """Publish the sum of a measure; the total of a window without any is 0.

    Attributes:
        measure: The sum, in minor units.
        major: Minor units of one published unit: 100 for euros.
        closed: Values of the measure's only dim that are always published, 0 included.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    adds_up: ClassVar[bool] = True
    measure: Measure
    major: int
    closed: tuple[str, ...] = ()

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the amount per window and cut."""
        every = [(value,) for value in self.closed] if self.closed else [()]
        for dims in every:
            fixed = dict(zip(self.measure.dims, dims, strict=True))
            for label, value in cuts(view, self.measure, kpi.by, dims):
                for window in view.windows:
                    held = sum_in(view, self.measure, window, dims, label, value)
                    if held is None and (label, value) != TOTAL:
                        continue
                    n, total = (held.n, held.total) if held is not None else (0, 0)
                    labels = {**fixed, **cut_labels(label, value)}
                    yield Sample(kpi.name, "", window.name, labels, total / self.major, n)


@dataclass(frozen=True, slots=True)
class Held:
    """Publish an amount that stands now; the total of nothing is 0.

    Attributes:
        measure: The stock, in minor units.
        major: Minor units of one published unit.
        clock: The open clocks of the things that have the amount: how many it rests on.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    measure: Measure
    major: int
    clock: str

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the amount per cut."""
        for label, value in cuts(view, self.measure, kpi.by):
            amount = view.standing(self.measure, (), label, value)
            if amount or (label, value) == TOTAL:
                groups = view.clock_groups(self.clock, label)
                n = len(groups[value]) if value in groups else 0
                yield Sample(kpi.name, "", None, cut_labels(label, value), amount / self.major, n)


@dataclass(frozen=True, slots=True)
class PerOne:
    """Publish the total of a sum over how many made it, with both beside it; absent where there is none."""

    parts: ClassVar[tuple[Part, ...]] = ("", "numerator", "denominator")
    measure: Measure
    major: int = 1

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the average per window and cut."""
        for label, value in cuts(view, self.measure, kpi.by):
            labels = cut_labels(label, value)
            for window in view.windows:
                held = sum_in(view, self.measure, window, (), label, value)
                if held is None or held.n <= 0:
                    continue
                above = held.total / self.major
                yield Sample(kpi.name, "", window.name, labels, above / held.n, held.n)
                yield Sample(kpi.name, "numerator", window.name, labels, above, held.n)
                yield Sample(kpi.name, "denominator", window.name, labels, held.n, held.n)
