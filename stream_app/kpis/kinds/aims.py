"""Goals held against the numbers of other KPIs: what is aimed at, how far one has come, and at what pace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from stream_app.calendars import Calendar
from stream_app.journeys import goal as goals_set
from stream_app.kpis.kinds.periods import bounds, so_far
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.read_model import ReadModel
from stream_app.policies.goals import PERIODS, Goal, Threshold

CalendarOf = Callable[[str | None], Calendar]
"""Returns the calendar of a team, None for the default."""


@dataclass(frozen=True, slots=True)
class Aimed:
    """The KPIs that may be aimed at, and the goals that the policies set for them."""

    kpis: Mapping[str, Kpi]
    goals: tuple[Goal, ...]

    def in_force(self, view: ReadModel) -> list[Goal]:
        """Return the goals of the file, those that events have set in the place of theirs."""
        held = {goal.about: goal for goal in self.goals}
        for goal in sorted(view.dims(goals_set.SET), key=lambda dims: (int(dims[-1]), dims)):
            read = _read(goal)
            held.pop(read.about, None)
            if read.bounds():
                held[read.about] = read
        return [goal for goal in held.values() if goal.kpi in self.kpis and self._may_ask(goal)]

    def _may_ask(self, goal: Goal) -> bool:
        return self.kpis[goal.kpi].windowed or goal.window is None

    def numbers(self, view: ReadModel) -> Iterator[tuple[Goal, Sample]]:
        """Yield every number that has a goal, with the one that is most particular about it."""
        wanted: dict[str, list[Goal]] = {}
        for goal in self.in_force(view):
            wanted.setdefault(goal.kpi, []).append(goal)
        for name, goals in wanted.items():
            kpi = self.kpis[name]
            # The more a goal says, the more particular it is; the last one of those that say as much holds.
            goals.sort(key=lambda goal: (goal.window is not None, len(goal.where)))
            for sample in _samples(kpi, view, {goal.window for goal in goals}):
                found = [goal for goal in goals if _is_for(goal, kpi, sample)]
                if found:
                    yield found[-1], sample


def _read(dims: tuple[str, ...]) -> Goal:
    kpi, window, label, value, least, most, _ = dims
    where = ((label, value),) if label and value else ()
    return Goal(kpi, float(least) if least else None, float(most) if most else None, window or None, where)


def _samples(kpi: Kpi, view: ReadModel, windows: set[str | None]) -> Iterator[Sample]:
    """Yield the numbers of *kpi* in its rolling windows, and in the calendar periods that are asked for."""
    if windows - {*PERIODS}:
        yield from kpi.samples(view)
    periods = [so_far(period, view.now) for period in PERIODS if period in windows]
    if periods:
        yield from kpi.samples(view.over(*periods))


def _is_for(goal: Goal, kpi: Kpi, sample: Sample) -> bool:
    """Tell whether *goal* speaks of *sample*: of its window, and of it rather than of one of its parts."""
    if sample.part or (goal.window is None and sample.window in PERIODS):
        return False
    if goal.window is not None and goal.window != sample.window:
        return False
    where = dict(goal.where)
    return where.items() <= sample.labels.items() and not ({*kpi.by} & sample.labels.keys()) - where.keys()


def named(sample: Sample) -> dict[str, str]:
    """Return the labels of a number about *sample*: those of it, and which KPI it is of."""
    return {"kpi": sample.kpi, **sample.labels}


@dataclass(frozen=True, slots=True)
class Targets:
    """The goals themselves, bound by bound, whether or not there is a number yet."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    aimed: Aimed

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield each bound; a goal for every window says so by having no window."""
        for goal in self.aimed.in_force(view):
            for bound, value in goal.bounds().items():
                yield Sample(kpi.name, "", goal.window, {"kpi": goal.kpi, "bound": bound, **dict(goal.where)}, value, 1)


@dataclass(frozen=True, slots=True)
class Attained:
    """A number per goal and number: whether it is met, or how far one has come."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    aimed: Aimed
    measure: Callable[[Goal, float], float]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield one number per number that has a goal."""
        for goal, sample in self.aimed.numbers(view):
            yield Sample(kpi.name, "", sample.window, named(sample), self.measure(goal, sample.value), sample.n)


def met(goal: Goal, value: float) -> float:
    """Return 1 where the goal is met, else 0."""
    return float(goal.met(value))


def attainment(goal: Goal, value: float) -> float:
    """Return how much of the goal is reached: 1 is all of it.

    Towards a lower bound it is value / bound. Towards an upper one it is 2 - value / bound, not below 0: 1 at the
    bound, 2 at nothing, 0 at twice the bound. Between two bounds it is 1. Where a bound is not above 0 a share says
    nothing, and it is 1 or 0.
    """
    low, high = goal.at_least, goal.at_most
    if low is not None and high is not None and low <= value <= high:
        return 1.0
    if low is not None and (high is None or value < low):
        return max(0.0, value / low) if low > 0 else met(goal, value)
    assert high is not None
    return max(0.0, 2 - value / high) if high > 0 else met(goal, value)


@dataclass(frozen=True, slots=True)
class Pace:
    """What has come so far in a calendar period, over what should have come by now, in business time, and both.

    Attributes:
        aimed: The KPIs and goals.
        calendar_of: By whose hours the period passes: those of the goal's team, else the default.
    """

    parts: ClassVar[tuple[Part, ...]] = ("", "numerator", "denominator")
    aimed: Aimed
    calendar_of: CalendarOf

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the pace of each number that adds up over time; absent before the period's first working minute."""
        for goal, sample in self.aimed.numbers(view):
            aim = goal.at_most if goal.at_least is None else goal.at_least
            if sample.window not in PERIODS or not aim or not adds_up(self.aimed.kpis[sample.kpi]):
                continue
            begin, end = bounds(sample.window, view.now)
            calendar = self.calendar_of(dict(goal.where).get("team"))
            passed, whole = calendar.elapsed(begin, view.now), calendar.elapsed(begin, end)
            if passed > 0 and whole > 0:
                planned = aim * passed / whole
                said: dict[Part, float] = {
                    "": sample.value / planned,
                    "numerator": sample.value,
                    "denominator": planned,
                }
                for part, value in said.items():
                    yield Sample(kpi.name, part, sample.window, named(sample), value, sample.n)


def adds_up(kpi: Kpi) -> bool:
    """Tell whether the numbers of *kpi* add up over time, as counts and sums of money do."""
    return kpi.windowed and bool(getattr(kpi.compute, "adds_up", False))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of the thresholds themselves."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    thresholds: Mapping[str, Threshold]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:  # noqa: ARG002  they rest on no data
        """Yield two bounds per KPI that has thresholds."""
        for name, threshold in self.thresholds.items():
            for severity, bound in (("warn", threshold.warn), ("critical", threshold.critical)):
                yield Sample(kpi.name, "", threshold.window, {"kpi": name, "severity": severity}, bound, 1)


@dataclass(frozen=True, slots=True)
class Crossed:
    """Whether the totals of KPIs are beyond their thresholds."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    kpis: Mapping[str, Kpi]
    thresholds: Mapping[str, Threshold]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield 1 or 0 per total and severity."""
        for name, threshold in self.thresholds.items():
            of = self.kpis.get(name)
            if of is None:
                continue
            for sample in of.samples(view):
                if sample.part or {*of.by} & sample.labels.keys() or threshold.window not in {None, sample.window}:
                    continue
                for severity in ("warn", "critical"):
                    crossed = float(threshold.crossed(sample.value, severity))
                    yield Sample(
                        kpi.name, "", sample.window, {**named(sample), "severity": severity}, crossed, sample.n
                    )


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called: 1 for each, with the name as a label."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    names: Mapping[str, str]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:  # noqa: ARG002  they rest on no data
        """Yield one sample per name."""
        for owner, name in self.names.items():
            yield Sample(kpi.name, "", None, {"owner_id": owner, "name": name}, 1, 1)
