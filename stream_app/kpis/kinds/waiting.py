"""Open clocks, now: who waits, for how long, whose promise is at risk or broken. They move with time alone."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, cut_labels
from stream_app.kpis.kinds.distribution import MS
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.clock import OpenClock
from stream_app.measures.clock_group import NOBODY, ClockGroup
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


def grouped(view: ReadModel, name: str, by: tuple[str, ...]) -> Iterator[tuple[tuple[str, str], ClockGroup]]:
    """Yield the cuts of the open clocks of one name: all of them first, then those of each label value."""
    yield TOTAL, view.clock_groups(name)[""]
    for label in by:
        for value, group in view.clock_groups(name, label).items():
            yield (label, value), group


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
            for (label, value), group in grouped(view, name, kpi.by):
                n = self._count(group, view)
                if n or (label, value) == TOTAL:
                    yield Sample(kpi.name, "", None, {**dict(fixed), **cut_labels(label, value)}, n, n)

    def _count(self, group: ClockGroup, view: ReadModel) -> int:
        if self.test is waiting:
            return len(group)
        now = view.now
        # What the tests say of each clock, by looking the moment up: there may be 100,000 clocks.
        if self.test is overdue:
            return bisect_left(group.promised, now)
        if self.test is at_risk:
            begin, end = group.risky
            return bisect_right(begin, now) - bisect_left(end, now)
        return sum(self.test(clock, now) for clock in group.clocks)


@dataclass(frozen=True, slots=True)
class Oldest:
    """The longest wait of those who wait now."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    clock: str

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the age of the oldest open clock per cut, in seconds; absent when nobody waits."""
        for (label, value), group in grouped(view, self.clock, kpi.by):
            if group:
                age = max(0, view.now - group.since[0]) / MS
                yield Sample(kpi.name, "", None, cut_labels(label, value), age, len(group))


@dataclass(frozen=True, slots=True)
class Ages:
    """Quantiles of how long those who wait now have waited."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    clock: str
    quantiles: tuple[float, ...] = (0.5, 0.9)

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield age quantiles per cut, in seconds, interpolated linearly between neighbours."""
        for (label, value), group in grouped(view, self.clock, kpi.by):
            for quantile in self.quantiles if group else ():
                labels = {**cut_labels(label, value), "quantile": str(quantile)}
                yield Sample(kpi.name, "", None, labels, age_at(group.since, quantile, view.now), len(group))


def age_at(since: Sequence[int], quantile: float, now: int) -> float:
    """Return a quantile of the ages of what began at *since* (ms, rising), in seconds.

    Interpolated linearly between closest ranks; what began after *now* is 0 s old.
    """
    rank = quantile * (len(since) - 1)
    low = int(rank)
    high = min(low + 1, len(since) - 1)
    younger, older = (max(0, now - since[-1 - place]) / MS for place in (low, high))
    return younger + (older - younger) * (rank - low)


@dataclass(frozen=True, slots=True)
class Broken:
    """Open promises whose due time fell into the window: breached, though nobody has answered yet."""

    clock: str

    def count(self, view: ReadModel, window: Window, label: str, value: str) -> int:
        """Return how many open clocks of the cut broke their promise within the window."""
        due = view.clock_groups(self.clock, label).get(value, NOBODY).due
        return max(0, bisect_left(due, view.now) - bisect_left(due, view.start(window)))

    def values(self, view: ReadModel, label: str) -> Iterable[str]:
        """Return the values that open clocks have for the label."""
        return view.clock_groups(self.clock, label)
