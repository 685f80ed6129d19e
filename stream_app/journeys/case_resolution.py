"""How a case ends: paused, resolved, opened again (which takes the full resolution back), closed or merged."""

from __future__ import annotations

from stream_app.journeys import case_handled as handled
from stream_app.journeys import case_promises as promised
from stream_app.journeys.part import Emission, Fact, Handler, Labels
from stream_app.journeys.state import Case, Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

RESOLUTION = Measure(
    "case_resolution",
    Kind.HISTOGRAM,
    "seconds",
    "Time from opening to resolution.",
    by=(*promised.SERVICE_BY, "agent_id"),
    dims=("form", "time"),
)
COMPLAINT = Measure(
    "complaint_resolution", Kind.HISTOGRAM, "seconds", "Time from opening to resolution of a complaint.",
    by=("priority", "team"), dims=("form", "time"),
)  # fmt: skip
RESOLVED = Measure(
    "cases_resolved", Kind.COUNT, "1", "Cases at their first resolution.", by=("category", "priority", "team")
)
REOPENED = Measure(
    "cases_reopened", Kind.COUNT, "1", "Cases opened again, in the cohort of their first resolution.",
    by=("category", "team", "reason"),
)  # fmt: skip


def _paused(rel: Relationship, fact: Fact, policies: Policies, _out: list[Emission]) -> None:
    """Stop the resolution clock: the customer has to do something first. Replies stay due."""
    case = promised.live(rel, fact)
    if case is None or case.paused_at is not None or case.resolved_at is not None:
        return
    case.paused_at = fact.at
    hold_still(case, policies)


def hold_still(case: Case, policies: Policies) -> None:
    """Note how much of the resolution target was left when a paused case was paused; a broken one is not mended."""
    promise, target = case.resolution, promised.target(policies, case, "resolution")
    case.resolution_left = None
    if case.paused_at is None or promise is None or target is None:
        return
    if promise.due is not None and promise.due >= case.paused_at:
        case.resolution_left = policies.clock_calendar(target, case.team).elapsed(case.paused_at, promise.due)


def _resumed(rel: Relationship, fact: Fact, policies: Policies, _out: list[Emission]) -> None:
    case = promised.live(rel, fact)
    if case is not None:
        _resume(case, fact.at, policies)


def _resume(case: Case, at: int, policies: Policies) -> None:
    if case.paused_at is None:
        return
    case.paused_total += max(0, at - case.paused_at)
    case.paused_at = None
    target = promised.target(policies, case, "resolution")
    if case.resolution is not None and case.resolution_left is not None and target is not None:
        calendar = policies.clock_calendar(target, case.team)
        target_ms = target.seconds * 1000
        before_risk = case.resolution_left - (target_ms - int(target_ms * policies.risk_share))
        case.resolution.due = calendar.due(at, case.resolution_left)
        case.resolution.risk = calendar.due(at, before_risk) if before_risk > 0 else at
    case.resolution_left = None


def _resolved(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    case = promised.live(rel, fact)
    if case is None or case.resolved_at is not None:
        return
    at = fact.at
    left = case.resolution_left
    _resume(case, at, policies)
    case.resolved_at = at
    promised.lapse(case, "first", case.first, at, out)
    promised.lapse(case, "next", case.next, at, out)
    case.next = None  # a last word of thanks needs no answer
    if fact.data.automated and not case.first_done:
        case.bot_held = True
    calendar_wait = at - case.opened_at
    business_wait = policies.calendar(case.team).elapsed(case.opened_at, at)
    agent = None if fact.data.automated else fact.data.user_id or case.owner_id
    case.full, case.full_by = (at, calendar_wait, business_wait, case.team), (case.priority, agent)
    _full_resolution(case, 1, out)
    handled.finish(case, at, agent, policies, out)
    if case.first_resolved_at is not None:
        return
    case.first_resolved_at, case.resolved_team = at, case.team
    by = promised.service(case)
    without_customer = max(0, calendar_wait - case.paused_total)
    for dims, wait in (
        (("first", "calendar"), calendar_wait),
        (("first", "business"), business_wait),
        (("without_customer", "calendar"), without_customer),
    ):
        _took(case.category, at, wait, dims, (*by, agent), 1, out)
    out.append((RESOLVED, at, 1, (), by, 1))
    if left is None or case.resolution is None or case.resolution.decided:
        promised.settle(case, "resolution", case.resolution, at, out)
    else:  # resolved while paused: the promise was kept, its time stood still
        out.append((promised.OUTCOME, at, 1, ("resolution", "met"), promised.outcome_by(case, case.resolution), 1))
    case.resolution = None


def _full_resolution(case: Case, weight: int, out: list[Emission]) -> None:
    """Publish the full resolution, or take it back (*weight* -1) when the case opens again."""
    if case.full is not None:
        at, calendar_wait, business_wait, team = case.full
        priority, agent = case.full_by or (case.priority, None)
        by = (case.category, priority, team, agent)
        _took(case.category, at, calendar_wait, ("full", "calendar"), by, weight, out)
        _took(case.category, at, business_wait, ("full", "business"), by, weight, out)


def _took(
    category: str, at: int, wait: int, dims: tuple[str, str], by: Labels, weight: int, out: list[Emission]
) -> None:
    """Count a resolution under ``SERVICE_BY`` and the agent, and that of a complaint once more."""
    out.append((RESOLUTION, at, wait, dims, by, weight))
    if category == "complaint":
        out.append((COMPLAINT, at, wait, dims, by[1:3], weight))


def _reopened(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    case = rel.cases.get(fact.data.case_id)
    if case is None or case.merged or not (case.ended or case.resolved_at is not None):
        return
    _full_resolution(case, -1, out)
    handled.resume(case, out)
    case.full, case.full_by, case.resolved_at, case.ended = None, None, None, False
    if not case.reopened and case.first_resolved_at is not None:
        case.reopened = True
        by = (case.category, case.resolved_team, fact.data.reason)
        out.append((REOPENED, case.first_resolved_at, 1, (), by, 1))
    if not case.first_done:
        case.first = None  # the wait for a first reply starts anew
    promised.turn(case, policies, fact.at)


def _closed(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    case = promised.live(rel, fact)
    if case is not None:
        case.ended = True
        if case.resolved_at is None:
            handled.finish(case, fact.at, case.owner_id, policies, out)
        if case.resolution is not None and case.resolution_left is not None:
            case.resolution.decided = True  # closed while its time stood still
        for kind in promised.KINDS:
            promised.lapse(case, kind, getattr(case, kind), fact.at, out)
        case.next = None


def _merged(rel: Relationship, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    case = promised.live(rel, fact)
    if case is not None:
        case.ended = case.merged = True
        case.first = case.next = case.resolution = None


HANDLES: dict[str, Handler] = {
    "case.paused": _paused,
    "case.resumed": _resumed,
    "case.resolved": _resolved,
    "case.reopened": _reopened,
    "case.closed": _closed,
    "case.merged": _merged,
}
MEASURES = (RESOLUTION, COMPLAINT, RESOLVED, REOPENED)
