"""Who is at risk or overdue now, kept right by a heap of the next moments instead of looking at every clock."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import islice

from stream_app.alerting.alert import Alert, Message
from stream_app.alerting.hours import Plan
from stream_app.alerting.wording import State
from stream_app.measures.clock import OpenClock

Place = tuple[int, bytes]
"""Where a clock is stored: number of the source, key."""
Group = tuple[str | None, State]
"""A team and what its promises are."""


@dataclass(frozen=True, slots=True)
class Case:
    """One promise that is at risk or overdue.

    Attributes:
        group: Where it is listed.
        message: What is said of it.
    """

    group: Group
    message: Message


@dataclass(slots=True)
class _Known:
    clock: OpenClock
    plan: Plan
    learned: int | None
    case: Case | None = None


class Watch:
    """Follow open clocks.

    Args:
        plan: Says when to tell of a clock.
        word: Makes the alert of a clock in a state from a moment on.
    """

    def __init__(self, plan: Callable[[OpenClock], Plan], word: Callable[[OpenClock, State, int], Alert]) -> None:
        self._plan = plan
        self._word = word
        self._known: dict[Place, _Known] = {}
        self._moments: list[tuple[int, Place]] = []
        self._groups: dict[Group, list[tuple[int, Place]]] = {}
        self._moved: set[Group] = set()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def next(self) -> int | None:
        """Return the moment at which the next clock may change, in ms; None where none will."""
        return self._moments[0][0] if self._moments else None

    def clear(self) -> None:
        """Forget all clocks."""
        self._moved.update(self._groups)
        self._known.clear()
        self._moments.clear()
        self._groups.clear()

    def update(self, place: Place, clock: OpenClock | None, now: int, *, live: bool) -> None:
        """Take in a clock as it is now, None when it is closed; *live* when it is news and no history."""
        before = self._known.pop(place, None)
        if before is not None and before.case is not None:
            self._leave(place, before.case)
        if clock is None:
            return
        plan = self._plan(clock)
        if plan.risk is not None or plan.due is not None:
            self._known[place] = known = _Known(clock, plan, now if live else None)
            self._look(place, known, now, live=live)

    def advance(self, now: int, *, live: bool) -> None:
        """Let time go on to *now* (ms)."""
        moments = self._moments
        while moments and moments[0][0] <= now:
            at, place = heappop(moments)
            known = self._known.get(place)
            if known is not None and at in {known.plan.risk, known.plan.due}:
                self._look(place, known, now, live=live)

    def moved(self) -> set[Group]:
        """Return the groups that have changed since this was last asked."""
        moved, self._moved = self._moved, set()
        return moved

    def count(self, group: Group) -> int:
        """Return how many promises are listed in *group*."""
        return len(self._groups.get(group, ()))

    def first(self, group: Group, most: int) -> Iterator[Message]:
        """Yield those in *group* that have been so for longest: every board chooses the same."""
        for _, place in islice(self._groups.get(group, ()), most):
            case = self._known[place].case
            assert case is not None
            yield case.message

    def _look(self, place: Place, known: _Known, now: int, *, live: bool) -> None:
        """Put the clock where it belongs now, and note when to look again."""
        plan = known.plan
        state: State | None = None
        starts = 0
        if plan.due is not None and plan.due <= now:
            state, starts = "overdue", plan.due
        elif plan.risk is not None and plan.risk <= now:
            state, starts = "at_risk", plan.risk
        following = [at for at in (plan.risk, plan.due) if at is not None and at > now]
        if following and state != "overdue":
            heappush(self._moments, (min(following), place))
        if known.case is not None:
            if known.case.group[1] == state:
                return
            self._leave(place, known.case)
            known.case = None
        if state is not None:
            since = max(starts, known.learned or 0) if live else None
            message = Message(self._word(known.clock, state, starts), since=since)
            case = Case((known.clock.labels.get("team"), state), message)
            known.case = case
            insort(self._groups.setdefault(case.group, []), (starts, place))
            self._moved.add(case.group)

    def _leave(self, place: Place, case: Case) -> None:
        members = self._groups[case.group]
        del members[bisect_left(members, (case.message.alert.starts, place))]
        if not members:
            del self._groups[case.group]
        self._moved.add(case.group)
