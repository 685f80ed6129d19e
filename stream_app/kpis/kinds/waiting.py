"""Open clocks, now: who waits, for how long, whose promise is at risk or broken. They move with time alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, cut_labels, window_start
from stream_app.kpis.kinds.distribution import MS
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.clock import OpenClock
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window

Test = Callable[[OpenClock, int], bool]
"""Tells whether a clock counts at a moment (ms)."""


def waiting(_clock: OpenClock, _now: int) -> bool:
    """Count every open clock."""
    return True


def at_risk(clock: OpenClock, now: int) -> bool:
    """Count clocks past the risk share of their target and not yet overdue; imported history pages nobody."""
    return not clock.imported and clock.risk is not None and clock.risk <= now and not overdue(clock, now)


def overdue(clock: OpenClock, now: int) -> bool:
    """Count clocks past their due time; imported history pages nobody."""
    return not clock.imported and broken(clock, now)


def broken(clock: OpenClock, now: int) -> bool:
    """Tell whether the due time has passed, for imported clocks too: a promise ends the moment after it is due."""
    return clock.due is not None and clock.due < now


def grouped(clocks: Sequence[OpenClock], by: tuple[str, ...]) -> Iterator[tuple[tuple[str, str], list[OpenClock]]]:
    """Yield the cuts of a list of clocks: all of them first, then those of each label value."""
    yield TOTAL, list(clocks)
    for label in by:
        groups: dict[str, list[OpenClock]] = {}
        for clock in clocks:
            value = clock.labels.get(label)
            if value is not None:
                groups.setdefault(value, []).append(clock)
        for value in sorted(groups):
            yield (label, value), groups[value]


@dataclass(frozen=True, slots=True)
class Open:
    """Count the open clocks of some kinds that pass a test.

    Attributes:
        clocks: Clock name to the fixed labels of its count.
        test: Which of them count.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    clocks: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    test: Test = waiting

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the count per cut; the total is 0 when nobody waits."""
        for name, fixed in self.clocks:
            counted = [clock for clock in view.clocks(name) if self.test(clock, view.now)]
            for (label, value), group in grouped(counted, kpi.by):
                labels = {**dict(fixed), **cut_labels(label, value)}
                yield Sample(kpi.name, "", None, labels, len(group), len(group))


@dataclass(frozen=True, slots=True)
class Oldest:
    """The longest wait of those who wait now."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    clock: str

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the age of the oldest open clock per cut, in seconds; absent when nobody waits."""
        for (label, value), group in grouped(list(view.clocks(self.clock)), kpi.by):
            if group:
                age = max(0, view.now - min(clock.since for clock in group)) / MS
                yield Sample(kpi.name, "", None, cut_labels(label, value), age, len(group))


@dataclass(frozen=True, slots=True)
class Ages:
    """Quantiles of how long those who wait now have waited."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    clock: str
    quantiles: tuple[float, ...] = (0.5, 0.9)

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield age quantiles per cut, in seconds, interpolated linearly between neighbours."""
        for (label, value), group in grouped(list(view.clocks(self.clock)), kpi.by):
            ages = sorted(max(0, view.now - clock.since) / MS for clock in group)
            for quantile in self.quantiles if ages else ():
                labels = {**cut_labels(label, value), "quantile": str(quantile)}
                yield Sample(kpi.name, "", None, labels, interpolated(ages, quantile), len(ages))


def interpolated(ordered: Sequence[float], quantile: float) -> float:
    """Return a quantile of *ordered* values by linear interpolation between closest ranks."""
    rank = quantile * (len(ordered) - 1)
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)


@dataclass(frozen=True, slots=True)
class Broken:
    """Open promises whose due time fell into the window: breached, though nobody has answered yet."""

    clock: str

    def count(self, view: ReadModel, window: Window, label: str, value: str) -> int:
        """Return how many open clocks of the cut broke their promise within the window."""
        start = window_start(view, window)
        return sum(
            clock.due is not None and start <= clock.due < view.now
            for clock in view.clocks(self.clock)
            if not label or clock.labels.get(label) == value
        )

    def values(self, view: ReadModel, label: str) -> Iterable[str]:
        """Return the values that open clocks have for the label."""
        return {clock.labels[label] for clock in view.clocks(self.clock) if label in clock.labels}
