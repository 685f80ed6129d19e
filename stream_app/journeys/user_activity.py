"""The activity: reminded of, due, done in time or late. Its clock runs until it is done."""

from __future__ import annotations

import msgspec

from schemas import to_ms
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running
from stream_app.journeys.state import Slot, User
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

CLOCK = "activity"
MOST = 200
"""Activities remembered of one user; beyond, those that are done are forgotten first, the oldest first."""
_BY = ("kind", "team")

COMPLETED = Measure("activities_completed", Kind.COUNT, "1", "Activities that were done.", by=_BY)
OUTCOME = Measure(
    "activity_reminder", Kind.COUNT, "1", "Reminders kept or missed, when that was decided.", by=_BY, dims=("outcome",)
)


class Activity(msgspec.Struct, array_like=True, gc=False):
    """One activity that has an id, from its reminder or its end on."""

    kind: str | None
    team: str | None
    reminded_at: int = 0
    due: int | None = None
    risk: int | None = None
    imported: bool = False
    done: bool = False


class Activities(msgspec.Struct, array_like=True, gc=False):
    """The activities of a user by id, in the order in which they were first heard of."""

    known: dict[str, Activity] = {}


SLOT = Slot("activities", Activities)


def _due(user: User, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    """Start the clock; a second reminder moves it, and leaves a promise behind that was broken by then."""
    data, at = fact.data, fact.at
    known = (SLOT.of(user) or SLOT.put(user, Activities())).known
    activity = known.get(data.activity_id)
    if activity is None:
        activity = known[data.activity_id] = Activity(data.kind, user.team)
        _trim(known)
    elif activity.done:
        return
    elif activity.due is not None and activity.due < at:
        _missed(activity, out)
    due = to_ms(data.due_at)
    activity.kind = data.kind or activity.kind
    activity.reminded_at, activity.imported = at, fact.imported
    activity.due, activity.risk = due, at + int(max(0, due - at) * policies.risk_share)


def _trim(known: dict[str, Activity]) -> None:
    while len(known) > MOST:
        done = (activity_id for activity_id, activity in known.items() if activity.done)
        del known[next(done, next(iter(known)))]


def _missed(activity: Activity, out: list[Emission]) -> None:
    assert activity.due is not None
    out.append((OUTCOME, activity.due, 1, ("missed",), (activity.kind, activity.team), 1))


def _completed(user: User, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    data, at = fact.data, fact.at
    if data.activity_id is not None:
        known = (SLOT.of(user) or SLOT.put(user, Activities())).known
        activity = known.get(data.activity_id)
        if activity is None:
            activity = known[data.activity_id] = Activity(data.kind, user.team)
            _trim(known)
        elif activity.done:
            return
        activity.done = True
        if activity.due is not None:
            if at <= activity.due:
                out.append((OUTCOME, at, 1, ("kept",), (activity.kind, activity.team), 1))
            else:
                _missed(activity, out)
    out.append((COMPLETED, at, 1, (), (data.kind, user.team), 1))


def _gone(user: User, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """End what waits for somebody who left: missed if it was due by then, else nobody is waited for."""
    activities = SLOT.of(user)
    if activities is None:
        return
    for activity in activities.known.values():
        if activity.done or activity.due is None:
            continue
        if activity.due < fact.at:
            _missed(activity, out)
        activity.done = True


_HANDLES: dict[str, Handler] = {"activity.due": _due, "activity.completed": _completed, "user.deactivated": _gone}


def _standing(user: User, _stocks: list[Holding], clocks: list[Running]) -> None:
    """Hold a clock for each activity that was reminded of and is not done."""
    activities = SLOT.of(user)
    if activities is None:
        return
    for name, one in activities.known.items():
        if not one.done:
            labels = (one.kind, one.team)
            clocks.append((CLOCK, name, one.reminded_at, one.due, one.risk, _BY, labels, None, one.imported, False))


PART = Part("activity", _HANDLES, _standing, (COMPLETED, OUTCOME), areas=frozenset({"adoption"}))
