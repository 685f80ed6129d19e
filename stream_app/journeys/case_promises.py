"""The promises of a case: started, settled as met or breached, lapsed; what replies and resolutions share."""

from __future__ import annotations

from typing import Literal

from stream_app.journeys import promises
from stream_app.journeys.part import Emission, Fact, Labels
from stream_app.journeys.state import Case, Promise, Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies, Target

PromiseKind = Literal["first", "next", "resolution"]
KINDS: tuple[PromiseKind, ...] = ("first", "next", "resolution")
SERVICE_BY = ("category", "priority", "team")

OUTCOME = Measure(
    "case_promise", Kind.COUNT, "1", "Case promises met or breached, when that was decided.",
    by=("policy", "priority", "team"), dims=("promise", "outcome"),
)  # fmt: skip


def target(policies: Policies, case: Case, kind: PromiseKind) -> Target | None:
    """Return what the policies promise for a case, ``None`` for nothing."""
    return policies.case(kind, team=case.team, channel=case.channel, priority=case.priority)


def clock(policies: Policies, case: Case, kind: PromiseKind, since: int) -> Promise:
    """Start one of the clocks of a case at *since* ms."""
    return promises.start(policies, target(policies, case, kind), case.team, since)


def settle(case: Case, kind: PromiseKind, promise: Promise | None, at: int, out: list[Emission]) -> None:
    """Count a promise that ended at *at* ms as met, or as breached at its due time."""
    if promise is None or promise.decided:
        return
    promise.decided = True
    kept = promises.met(promise, at)
    if kept is not None:
        dims = (kind, "met" if kept else "breached")
        out.append((OUTCOME, promises.decided_at(promise, at), 1, dims, outcome_by(case, promise), 1))


def outcome_by(case: Case, promise: Promise) -> Labels:
    """Return the labels of ``OUTCOME``: a broken promise stays with the priority under which it was broken."""
    return (promise.policy, promise.priority or case.priority, case.team)


def lapse(case: Case, kind: PromiseKind, promise: Promise | None, at: int, out: list[Emission]) -> None:
    """End a promise for which nobody waits any more: breached if its due time had passed, else without an outcome."""
    if promise is None:
        return
    if promise.due is not None and promise.due < at:
        settle(case, kind, promise, at, out)
    promise.decided = True


def turn(case: Case, policies: Policies, at: int) -> None:
    """Start the wait of a customer who has the word: for the first reply, or for the next."""
    if not case.first_done:
        if case.first is None or case.bot_held:
            case.first = clock(policies, case, "first", at)
            case.bot_held = False
    elif case.next is None:
        case.next = clock(policies, case, "next", at)


def service(case: Case) -> Labels:
    """Return the labels of ``SERVICE_BY``."""
    return (case.category, case.priority, case.team)


def live(rel: Relationship, fact: Fact) -> Case | None:
    """Return the case that the event speaks of, unless it is unknown or has ended."""
    case = rel.cases.get(fact.data.case_id)
    return None if case is None or case.ended else case
