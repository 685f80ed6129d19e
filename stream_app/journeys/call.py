"""The call to the service team: how long it waits, whether it is answered in time, given up, called back or handled.

A call counts in the window in which it arrived, with all that becomes of it. Calls of the company to somebody are not
service calls.
"""

from __future__ import annotations

from schemas import to_ms
from stream_app.journeys import repeat_contact
from stream_app.journeys.call_state import SLOT, Call, absorb, call_of, calls_of, trim
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running
from stream_app.journeys.state import Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

CLOCK = "call_answer"
"""The open clocks of calls that wait in a queue."""
_BY = ("queue", "team")

ARRIVED = Measure("service_calls", Kind.COUNT, "1", "Calls to the service team that entered a queue.", by=_BY)
OUTCOME = Measure(
    "call_outcomes", Kind.COUNT, "1", "Calls by how their wait ended.", by=("queue",), dims=("outcome",)
)  # fmt: skip
ANSWERED = Measure("call_answer", Kind.HISTOGRAM, "seconds", "Wait of an answered call in its queue.", by=("queue",))
IN_TIME = Measure(
    "calls_answered_in_time", Kind.COUNT, "1", "Calls answered within the service level.",
    by=("queue",), dims=("within",),
)  # fmt: skip
HANDLE = Measure(
    "call_handle", Kind.HISTOGRAM, "seconds", "Time of an agent for a call: talk, hold and wrap-up.",
    by=("queue", "agent_id"),
)  # fmt: skip
HANDLED = Measure("calls_handled", Kind.COUNT, "1", "Calls whose conversation ended, when it did.", by=("agent_id",))
IGNORED = Measure("service_calls_ignored", Kind.COUNT, "1", "What call ratios leave out, by reason.", dims=("reason",))


def _queued(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data, at = fact.data, fact.at
    if data.direction != "in":
        out.append((IGNORED, at, 1, ("outbound",), (), 1))
        return
    calls = calls_of(rel)
    if data.call_id in calls.known:
        return  # put through to another queue: the caller has waited since the first
    arrived = at if data.arrived_at is None else min(at, to_ms(data.arrived_at))
    team = data.team or rel.team
    calls.known[data.call_id] = Call(arrived, at, data.queue, team, fact.imported)
    trim(calls)
    out.append((ARRIVED, arrived, 1, (), (data.queue, team), 1))
    repeat_contact.contact(rel, arrived, team, policies, out)


def _outcome(call: Call, outcome: str, out: list[Emission]) -> None:
    """Say how the wait of a call ended, in the place of what was said before."""
    for said, weight in ((call.outcome, -1), (outcome, 1)):
        if said is not None:
            out.append((OUTCOME, call.arrived_at, 1, (said,), (call.queue,), weight))
            if said in {"short_abandon", "callback"}:
                out.append((IGNORED, call.arrived_at, 1, (said,), (), weight))
    call.outcome = outcome


def _answered(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    call, at = call_of(rel, fact.data.call_id), fact.at
    if call is None or call.outcome not in {None, "callback"}:
        return
    call.answered_at, call.agent_id = at, fact.data.agent_id
    _outcome(call, "answered", out)
    wait, by = at - call.queued_at, (call.queue,)
    out.append((ANSWERED, call.arrived_at, wait, (), by, 1))
    for name, level in policies.calls.service_levels.items():
        if wait <= level:
            out.append((IN_TIME, call.arrived_at, 1, (name,), by, 1))


def _abandoned(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    call = call_of(rel, fact.data.call_id)
    if call is not None and call.outcome is None:
        short = fact.at - call.queued_at < policies.calls.short_abandon_ms
        _outcome(call, "short_abandon" if short else "abandoned", out)


def _promised(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """A promised callback takes the place of the wait, before the caller hangs up or after."""
    call = call_of(rel, fact.data.call_id)
    if call is not None and call.outcome not in {"answered", "callback"}:
        _outcome(call, "callback", out)


def _ended(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    call = call_of(rel, fact.data.call_id)
    if call is None:
        return
    if call.answered_at is None:
        _abandoned(rel, fact, policies, out)  # it ended, and nobody had answered
    elif call.handled is None:
        _handled(call, fact.at, out)


def _wrapped(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    call = call_of(rel, fact.data.call_id)
    if call is None or call.answered_at is None:
        return
    _handled(call, fact.at, out)
    del calls_of(rel).known[fact.data.call_id]


def _handled(call: Call, at: int, out: list[Emission]) -> None:
    """Count the time of the agent up to *at* ms, in the place of what was counted before."""
    by = (call.queue, call.agent_id)
    if call.handled is None:
        out.append((HANDLED, at, 1, (), (call.agent_id,), 1))
    else:
        out.append((HANDLE, call.arrived_at, call.handled, (), by, -1))
    call.handled = at - (call.answered_at or at)
    out.append((HANDLE, call.arrived_at, call.handled, (), by, 1))


_HANDLES: dict[str, Handler] = {
    "call.queued": _queued,
    "call.answered": _answered,
    "call.abandoned": _abandoned,
    "callback.promised": _promised,
    "call.ended": _ended,
    "call.wrapped": _wrapped,
}


def _standing(rel: Relationship, _stocks: list[Holding], clocks: list[Running]) -> None:
    """Hold a clock for each call that waits."""
    calls = SLOT.of(rel)
    if calls is None or rel.merged:
        return
    for call_id, call in calls.known.items():
        if call.outcome is None:
            labels = (call.queue, call.team)
            clocks.append((CLOCK, call_id, call.queued_at, None, None, _BY, labels, None, call.imported, False))


PART = Part(
    "call",
    _HANDLES,
    _standing,
    (ARRIVED, OUTCOME, ANSWERED, IN_TIME, HANDLE, HANDLED, IGNORED),
    areas=frozenset({"service"}),
    moved_by=frozenset({"relationship.merged"}),
    absorb=absorb,
)
