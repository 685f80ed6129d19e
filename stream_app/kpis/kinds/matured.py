"""Leads that are old enough to have converted or not: their conversion by how soon they had been answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

from stream_app.journeys import lead, lead_conversion
from stream_app.kpis.kinds.cuts import count_in, counted, cut_labels, cuts
from stream_app.kpis.kinds.ratio import RATIO_PARTS, ratio_samples
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window

Z = 1.959964
"""Standard deviations on each side that hold 95 % of a normal distribution."""
WAITS: tuple[str, ...] = (*(name for name, _ in lead_conversion.RESPONSES), lead_conversion.LATER)
"""The answered leads, by how soon."""


def matured(
    view: ReadModel, measure: Measure, window: Window, age: int, dims: tuple[str, ...], label: str, value: str
) -> int:
    """Return the count in those panes of the window that lie more than *age* ms back."""
    held = view.recent(measure, window, age, dims, label, value)
    return (count_in(view, measure, window, dims, label, value) or 0) - (0 if held is None else counted(held))


@dataclass(frozen=True, slots=True)
class Matured:
    """Publish which share of what a measure counts is old enough to be judged.

    Attributes:
        measure: The count, by arrival.
        age: How old that is, in ms.
    """

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    measure: Measure
    age: int

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the share per cut and window."""
        for label, value in cuts(view, self.measure, kpi.by):
            for window in view.windows:
                every = count_in(view, self.measure, window, (), label, value) or 0
                if every > 0:
                    old = matured(view, self.measure, window, self.age, (), label, value)
                    yield from ratio_samples(kpi, window.name, cut_labels(label, value), old, every)


def by_response(view: ReadModel, window: Window, age: int, label: str, value: str) -> list[tuple[str, int, int]]:
    """Return (how soon, converted, all) of the matured leads that arrived in the window, the soonest first."""
    found: list[tuple[str, int, int]] = []
    unanswered = matured(view, lead.CREATED, window, age, (), label, value)
    for name in WAITS:
        every = matured(view, lead_conversion.ANSWERED, window, age, (name,), label, value)
        found.append((name, _converted(view, window, age, name, label, value), every))
        unanswered -= every
    name = lead_conversion.NEVER
    return [*found, (name, _converted(view, window, age, name, label, value), unanswered)]


def _converted(view: ReadModel, window: Window, age: int, name: str, label: str, value: str) -> int:
    return matured(view, lead_conversion.CONVERTED_BY_RESPONSE, window, age, (name,), label, value)


@dataclass(frozen=True, slots=True)
class ByResponse:
    """Publish the conversion of matured leads by how soon they were answered, with its interval.

    Attributes:
        age: When a lead is mature, in ms.
    """

    parts: ClassVar[tuple[Part, ...]] = ("", "low", "high", "numerator", "denominator")
    age: int

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield ratio, interval, numerator and denominator per answer, cut and window."""
        for label, value in cuts(view, lead.CREATED, kpi.by):
            for window in view.windows:
                for name, above, below in by_response(view, window, self.age, label, value):
                    if below <= 0:
                        continue
                    labels = {"response": name, **cut_labels(label, value)}
                    yield from ratio_samples(kpi, window.name, labels, above, below)
                    low, high = wilson(above, below)
                    yield Sample(kpi.name, "low", window.name, labels, low, below)
                    yield Sample(kpi.name, "high", window.name, labels, high, below)


def wilson(above: int, below: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of *below* > 0 things.

    Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    share, square = above / below, Z * Z / below
    middle = (share + square / 2) / (1 + square)
    reach = Z * sqrt(max(0.0, share * (1 - share) / below + square / below / 4)) / (1 + square)
    return max(0.0, middle - reach), min(1.0, middle + reach)
