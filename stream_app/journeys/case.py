"""The case: first and next response, resolution and reopening, each promise with its own clock."""

from __future__ import annotations

from typing import Literal

from stream_app.journeys import promises
from stream_app.journeys.lead import known
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Labels, Part
from stream_app.journeys.state import Case, Promise, Relationship
from stream_app.measures.clock import OpenClock
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies, Target

PromiseKind = Literal["first", "next", "resolution"]
KINDS: tuple[PromiseKind, ...] = ("first", "next", "resolution")
KEPT = 50
"""Cases remembered for one relationship; the oldest ended ones make room, open ones never."""
_RESPONSE_BY = ("channel", "priority", "team")
_SERVICE_BY = ("category", "priority", "team")

OPENED = Measure("cases_opened", Kind.COUNT, "1", "Cases opened.", by=_SERVICE_BY)
FIRST = Measure(
    "case_first_response", Kind.HISTOGRAM, "seconds", "Wait for the first public human reply.",
    by=_RESPONSE_BY, dims=("time",),
)  # fmt: skip
NEXT = Measure(
    "case_next_response", Kind.HISTOGRAM, "seconds", "Wait of a later customer message for a public human reply.",
    by=_RESPONSE_BY, dims=("time",),
)  # fmt: skip
INQUIRY = Measure(
    "inquiry_response", Kind.HISTOGRAM, "seconds", "Wait of any customer message of a case for a human reply.",
    by=_RESPONSE_BY, dims=("time",),
)  # fmt: skip
OUTCOME = Measure(
    "case_promise", Kind.COUNT, "1", "Case promises met or breached, when that was decided.",
    by=("priority", "team"), dims=("promise", "outcome"),
)  # fmt: skip
RESOLUTION = Measure(
    "case_resolution",
    Kind.HISTOGRAM,
    "seconds",
    "Time from opening to resolution.",
    by=_SERVICE_BY,
    dims=("form", "time"),
)
RESOLVED = Measure(
    "cases_resolved", Kind.COUNT, "1", "Cases at their first resolution.", by=("category", "priority", "team")
)
REOPENED = Measure(
    "cases_reopened", Kind.COUNT, "1", "Cases opened again, in the cohort of their first resolution.",
    by=("category", "team", "reason"),
)  # fmt: skip
IGNORED = Measure(
    "case_response_ignored", Kind.COUNT, "1", "What case responses leave out, by reason.", dims=("reason",)
)


def _target(policies: Policies, case: Case, kind: PromiseKind) -> Target | None:
    return policies.case(kind, team=case.team, channel=case.channel, priority=case.priority)


def _clock(policies: Policies, case: Case, kind: PromiseKind, since: int) -> Promise:
    return promises.start(policies, _target(policies, case, kind), case.team, since)


def _settle(case: Case, kind: PromiseKind, promise: Promise | None, at: int, out: list[Emission]) -> None:
    if promise is None:
        return
    kept = promises.met(promise, at)
    if kept is not None:
        dims = (kind, "met" if kept else "breached")
        out.append((OUTCOME, promises.decided_at(promise, at), 1, dims, (case.priority, case.team), 1))


def _lapse(case: Case, kind: PromiseKind, promise: Promise | None, at: int, out: list[Emission]) -> None:
    """Count a promise as breached that ended unanswered after its due time; its wait can still be measured."""
    if promise is not None and promise.due is not None and promise.due < at:
        _settle(case, kind, promise, at, out)
        promise.due = None


def _opened(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    if data.case_id in rel.cases:
        return
    case = Case(
        fact.at, data.category, data.priority, data.channel or rel.channel, data.team or rel.team, data.owner_id,
        imported=fact.imported,
    )  # fmt: skip
    case.first = _clock(policies, case, "first", fact.at)
    case.resolution = _clock(policies, case, "resolution", fact.at)
    _make_room(rel)
    rel.cases[data.case_id] = case
    out.append((OPENED, fact.at, 1, (), _service(case), 1))


def _make_room(rel: Relationship) -> None:
    """Forget the oldest ended cases of a relationship that has very many."""
    if len(rel.cases) >= KEPT:
        ended = [case_id for case_id, case in rel.cases.items() if case.ended]
        for case_id in ended[: len(rel.cases) - KEPT + 1]:
            del rel.cases[case_id]


def _service(case: Case) -> Labels:
    return (case.category, case.priority, case.team)


def _live(rel: Relationship, fact: Fact) -> Case | None:
    """Return the case that the event speaks of, unless it is unknown or has ended."""
    case = rel.cases.get(fact.data.case_id)
    return None if case is None or case.ended else case


def _assigned(rel: Relationship, fact: Fact, policies: Policies, _out: list[Emission]) -> None:
    case = _live(rel, fact)
    if case is None:
        return
    case.owner_id = fact.data.owner_id
    if fact.data.team is None or fact.data.team == case.team:
        return
    case.team = fact.data.team
    for kind in KINDS:
        promise: Promise | None = getattr(case, kind)
        if promise is not None:
            moved = promises.moved(policies, promise, _target(policies, case, kind), case.team, fact.at)
            setattr(case, kind, moved)


def _customer_wrote(rel: Relationship, fact: Fact, policies: Policies, _out: list[Emission]) -> None:
    data = fact.data
    if data.case_id is None or data.direction != "in" or data.automated or data.internal:
        return
    case = _live(rel, fact)
    if case is None or case.resolved_at is not None:
        return
    _turn(case, policies, fact.at)


def _turn(case: Case, policies: Policies, at: int) -> None:
    """Start the wait of a customer who has the word: for the first reply, or for the next."""
    if not case.first_done:
        if case.first is None or case.bot_held:
            case.first = _clock(policies, case, "first", at)
            case.bot_held = False
    elif case.next is None:
        case.next = _clock(policies, case, "next", at)


def _replied(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    case = rel.cases.get(fact.data.case_id)
    if case is None or (case.ended and case.first is None):
        return  # a first reply to a case that was closed unanswered is still a first reply
    if fact.data.automated:
        if not case.first_done:
            _lapse(case, "first", case.first, fact.at, out)
            case.bot_held = True
        out.append((IGNORED, fact.at, 1, ("automated",), (), 1))
        return
    if not fact.data.public:
        out.append((IGNORED, fact.at, 1, ("internal_note",), (), 1))
        return
    if not case.first_done:
        if case.first is not None and not case.bot_held:
            _responded(case, FIRST, case.first, fact.at, policies, out)
            _settle(case, "first", case.first, fact.at, out)
        else:
            out.append((IGNORED, fact.at, 1, ("after_bot",), (), 1))
        case.first, case.first_done, case.bot_held = None, True, False
    elif case.next is not None:
        _responded(case, NEXT, case.next, fact.at, policies, out)
        _settle(case, "next", case.next, fact.at, out)
        case.next = None


def _responded(
    case: Case, measure: Measure, promise: Promise, at: int, policies: Policies, out: list[Emission]
) -> None:
    by = (case.channel, case.priority, case.team)
    calendar = at - promise.since
    business = policies.calendar(case.team).elapsed(promise.since, at)
    for name, wait in (("calendar", calendar), ("business", business)):
        out.append((measure, at, wait, (name,), by, 1))
        out.append((INQUIRY, at, wait, (name,), by, 1))


def _paused(rel: Relationship, fact: Fact, policies: Policies, _out: list[Emission]) -> None:
    """Stop the resolution clock: the customer has to do something first. Replies stay due."""
    case = _live(rel, fact)
    if case is None or case.paused_at is not None or case.resolved_at is not None:
        return
    case.paused_at = fact.at
    promise = case.resolution
    if promise is not None and promise.due is not None and promise.due > fact.at:
        target = _target(policies, case, "resolution")
        if target is not None:
            case.resolution_left = policies.clock_calendar(target, case.team).elapsed(fact.at, promise.due)


def _resumed(rel: Relationship, fact: Fact, policies: Policies, _out: list[Emission]) -> None:
    case = _live(rel, fact)
    if case is not None:
        _resume(case, fact.at, policies)


def _resume(case: Case, at: int, policies: Policies) -> None:
    if case.paused_at is None:
        return
    case.paused_total += max(0, at - case.paused_at)
    case.paused_at = None
    target = _target(policies, case, "resolution")
    if case.resolution is not None and case.resolution_left is not None and target is not None:
        calendar = policies.clock_calendar(target, case.team)
        before_risk = case.resolution_left - int(target.seconds * 1000 * (1 - policies.risk_share))
        case.resolution.due = calendar.due(at, case.resolution_left)
        case.resolution.risk = calendar.due(at, before_risk) if before_risk > 0 else at
    case.resolution_left = None


def _resolved(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    case = _live(rel, fact)
    if case is None or case.resolved_at is not None:
        return
    at = fact.at
    left = case.resolution_left
    _resume(case, at, policies)
    case.resolved_at = at
    _lapse(case, "first", case.first, at, out)
    _lapse(case, "next", case.next, at, out)
    case.next = None  # a last word of thanks needs no answer
    if fact.data.automated and not case.first_done:
        case.bot_held = True
    calendar_wait = at - case.opened_at
    business_wait = policies.calendar(case.team).elapsed(case.opened_at, at)
    case.full = (at, calendar_wait, business_wait, case.team)
    _full_resolution(case, 1, out)
    if case.first_resolved_at is not None:
        return
    case.first_resolved_at, case.resolved_team = at, case.team
    by = _service(case)
    out.append((RESOLUTION, at, calendar_wait, ("first", "calendar"), by, 1))
    out.append((RESOLUTION, at, business_wait, ("first", "business"), by, 1))
    out.append((RESOLUTION, at, max(0, calendar_wait - case.paused_total), ("without_customer", "calendar"), by, 1))
    out.append((RESOLVED, at, 1, (), by, 1))
    if left is None or case.resolution is None:
        _settle(case, "resolution", case.resolution, at, out)
    else:  # resolved while paused: the promise was kept, its time stood still
        out.append((OUTCOME, at, 1, ("resolution", "met"), (case.priority, case.team), 1))
    case.resolution = None


def _full_resolution(case: Case, weight: int, out: list[Emission]) -> None:
    """Publish the full resolution, or take it back (*weight* -1) when the case opens again."""
    if case.full is not None:
        at, calendar_wait, business_wait, team = case.full
        by = (case.category, case.priority, team)
        out.append((RESOLUTION, at, calendar_wait, ("full", "calendar"), by, weight))
        out.append((RESOLUTION, at, business_wait, ("full", "business"), by, weight))


def _reopened(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    case = rel.cases.get(fact.data.case_id)
    if case is None or case.resolved_at is None:
        return
    _full_resolution(case, -1, out)
    case.full, case.resolved_at, case.ended = None, None, False
    if not case.reopened and case.first_resolved_at is not None:
        case.reopened = True
        by = (case.category, case.resolved_team, fact.data.reason)
        out.append((REOPENED, case.first_resolved_at, 1, (), by, 1))
    if not case.first_done:
        case.first = None  # the wait for a first reply starts anew
    _turn(case, policies, fact.at)


def _closed(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    case = _live(rel, fact)
    if case is not None:
        case.ended = True
        for kind in KINDS:
            _lapse(case, kind, getattr(case, kind), fact.at, out)
        case.next = None


def _merged(rel: Relationship, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    case = _live(rel, fact)
    if case is not None:
        case.ended = True
        case.first = case.next = case.resolution = None


_HANDLES: dict[str, Handler] = {
    "case.opened": _opened,
    "case.assigned": _assigned,
    "case.replied": _replied,
    "case.paused": _paused,
    "case.resumed": _resumed,
    "case.resolved": _resolved,
    "case.reopened": _reopened,
    "case.closed": _closed,
    "case.merged": _merged,
    "interaction.logged": _customer_wrote,
}


def _standing(
    rel: Relationship, _policies: Policies, key: str, _stocks: list[Holding], clocks: dict[str, OpenClock]
) -> None:
    """Hold the promises of every open case; a case without a promise holds no clock."""
    if rel.merged:
        return
    for case_id, case in rel.cases.items():
        if case.ended or case.resolved_at is not None:
            continue
        paused = case.paused_at is not None
        if case.first is not None and not case.first_done and not case.bot_held:
            _hold("first_response", case, case.first, key, case_id, clocks)
        if case.next is not None:
            _hold("next_response", case, case.next, key, case_id, clocks)
        if case.resolution is not None and case.first_resolved_at is None:
            _hold("resolution", case, case.resolution, key, case_id, clocks, paused=paused)


def _hold(
    name: str,
    case: Case,
    promise: Promise,
    key: str,
    case_id: str,
    clocks: dict[str, OpenClock],
    *,
    paused: bool = False,
) -> None:
    if promise.due is None:
        return
    clock = f"case_{name}"
    clocks[f"{clock}|{key}|{case_id}"] = OpenClock(
        clock=clock, relationship=key, item=case_id, since=promise.since,
        due=None if paused else promise.due, risk=None if paused else promise.risk,
        labels=known(
            channel=case.channel, team=case.team, owner_id=case.owner_id, priority=case.priority, category=case.category
        ),
        policy=promise.policy, imported=case.imported, paused=paused,
    )  # fmt: skip


PART = Part(
    "case",
    _HANDLES,
    _standing,
    (
        OPENED,
        FIRST,
        NEXT,
        INQUIRY,
        OUTCOME,
        RESOLUTION,
        RESOLVED,
        REOPENED,
        IGNORED,
    ),
)
