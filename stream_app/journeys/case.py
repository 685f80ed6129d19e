"""The case: first and next response, resolution and reopening, each promise with its own clock."""

from __future__ import annotations

from stream_app.journeys import case_handled as handled
from stream_app.journeys import case_promises as promised
from stream_app.journeys import case_resolution as resolution
from stream_app.journeys import promises
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running
from stream_app.journeys.state import Case, Promise, Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

KEPT = 50
"""Cases remembered for one relationship; the oldest ended ones make room, open ones never."""
_RESPONSE_BY = ("channel", "priority", "team")
_CLOCK_BY = ("channel", "team", "owner_id", "priority", "category")

OPENED = Measure("cases_opened", Kind.COUNT, "1", "Cases opened.", by=promised.SERVICE_BY)
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
    by=(*_RESPONSE_BY, "agent_id"), dims=("time",),
)  # fmt: skip
IGNORED = Measure(
    "case_response_ignored", Kind.COUNT, "1", "What case responses leave out, by reason.", dims=("reason",)
)


def _opened(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    if data.case_id in rel.cases:
        return
    case = Case(
        fact.at, data.category, data.priority, data.channel or rel.channel, data.team or rel.team, data.owner_id,
        imported=fact.imported,
    )  # fmt: skip
    case.opened_team = case.team
    case.first = promised.clock(policies, case, "first", fact.at)
    case.resolution = promised.clock(policies, case, "resolution", fact.at)
    _make_room(rel)
    rel.cases[data.case_id] = case
    out.append((OPENED, fact.at, 1, (), promised.service(case), 1))


def _make_room(rel: Relationship) -> None:
    """Forget the oldest ended cases of a relationship that has very many."""
    if len(rel.cases) >= KEPT:
        ended = [case_id for case_id, case in rel.cases.items() if case.ended]
        for case_id in ended[: len(rel.cases) - KEPT + 1]:
            del rel.cases[case_id]


def _assigned(rel: Relationship, fact: Fact, policies: Policies, _out: list[Emission]) -> None:
    case = promised.live(rel, fact)
    if case is None:
        return
    data = fact.data
    before, case.owner_id = case.priority, data.owner_id
    team, priority = data.team or case.team, data.priority or before
    if (team, priority) == (case.team, before):
        return
    case.team, case.priority = team, priority
    for kind in promised.KINDS:
        promise: Promise | None = getattr(case, kind)
        if promise is not None:
            if promise.due is not None and promise.due < fact.at and promise.priority is None:
                promise.priority = before
            target = promised.target(policies, case, kind)
            if kind == "resolution":
                at = fact.at if case.resolution_left is None or case.paused_at is None else case.paused_at
                case.resolution = promises.moved(policies, promise, target, case.team, at, case.paused_total)
                resolution.hold_still(case, policies)
            else:
                setattr(case, kind, promises.moved(policies, promise, target, case.team, fact.at))


def _customer_wrote(rel: Relationship, fact: Fact, policies: Policies, _out: list[Emission]) -> None:
    data = fact.data
    if data.case_id is None or data.direction != "in" or data.automated or data.internal:
        return
    case = promised.live(rel, fact)
    if case is None or case.resolved_at is not None:
        return
    promised.turn(case, policies, fact.at)


def _replied(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    case = rel.cases.get(fact.data.case_id)
    if case is None or (case.ended and case.first is None):
        return  # a first reply to a case that was closed unanswered is still a first reply
    if fact.data.automated:
        if not case.first_done:
            promised.lapse(case, "first", case.first, fact.at, out)
            case.bot_held = True
        out.append((IGNORED, fact.at, 1, ("automated",), (), 1))
        return
    if not fact.data.public:
        out.append((IGNORED, fact.at, 1, ("internal_note",), (), 1))
        return
    if not case.first_done:
        if case.first is not None and not case.bot_held:
            _responded(case, FIRST, case.first, fact, policies, out)
            promised.settle(case, "first", case.first, fact.at, out)
        else:
            out.append((IGNORED, fact.at, 1, ("after_bot",), (), 1))
        case.first, case.first_done, case.bot_held = None, True, False
    elif case.next is not None:
        _responded(case, NEXT, case.next, fact, policies, out)
        promised.settle(case, "next", case.next, fact.at, out)
        case.next = None


def _responded(
    case: Case, measure: Measure, promise: Promise, fact: Fact, policies: Policies, out: list[Emission]
) -> None:
    at = fact.at
    by = (case.channel, case.priority, case.team)
    agent = fact.data.user_id or case.owner_id
    calendar = at - promise.since
    business = policies.calendar(case.team).elapsed(promise.since, at)
    for name, wait in (("calendar", calendar), ("business", business)):
        out.append((measure, at, wait, (name,), by, 1))
        out.append((INQUIRY, at, wait, (name,), (*by, agent), 1))


_HANDLES: dict[str, Handler] = {
    "case.opened": _opened,
    **resolution.HANDLES,
    "case.assigned": _assigned,
    "case.replied": _replied,
    "interaction.logged": _customer_wrote,
}


def _standing(rel: Relationship, stocks: list[Holding], clocks: list[Running]) -> None:
    """Hold every open case and its promises; a case without a promise holds no clock."""
    if rel.merged:
        return
    handled.hold(rel.cases.values(), stocks)
    for case_id, case in rel.cases.items():
        if case.ended or case.resolved_at is not None:
            continue
        if case.first is not None and not case.first_done and not case.bot_held:
            _hold("case_first_response", case_id, case, case.first, clocks)
        if case.next is not None:
            _hold("case_next_response", case_id, case, case.next, clocks)
        if case.resolution is not None and case.first_resolved_at is None:
            stopped = case.resolution_left is not None
            _hold("case_resolution", case_id, case, case.resolution, clocks, stopped=stopped)


def _hold(
    clock: str, case_id: str, case: Case, promise: Promise, clocks: list[Running], *, stopped: bool = False
) -> None:
    if promise.due is None or promise.decided:
        return
    due, risk = (None, None) if stopped else (promise.due, promise.risk)
    labels = (case.channel, case.team, case.owner_id, promise.priority or case.priority, case.category)
    clocks.append((clock, case_id, promise.since, due, risk, _CLOCK_BY, labels, promise.policy, case.imported, stopped))


def _absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in the cases of another relationship; of one that both know, the survivor's is kept."""
    for case_id, case in gone.cases.items():
        rel.cases.setdefault(case_id, case)


PART = Part(
    "case",
    _HANDLES,
    _standing,
    (OPENED, FIRST, NEXT, INQUIRY, IGNORED, promised.OUTCOME, *resolution.MEASURES, *handled.MEASURES),
    areas=frozenset({"service"}),
    moved_by=frozenset({"relationship.merged"}),
    absorb=_absorb,
)
