"""Calls, callbacks and what service sells: the rest of the area service.

Rules beyond the formulas of the catalogue:

* A call is what its first call.queued with direction in says; being queued again, it is the same call. It arrived at
  arrived_at if that is before. Outbound calls do not count, nor do events of a call that never was queued.
* How the wait ended: the first of answered, abandoned or promised a callback; but a callback that is promised to
  somebody who hung up takes the place of that, and an answer takes the place of a callback. A call that ends without an
  answer is abandoned. Abandoned in less than 5 s is a short one.
* A call is handled when it ends, or when it is wrapped without having ended; its time is that until the end, and until
  the wrap-up once that is known. After the wrap-up the call is forgotten: the same id is another call.
* A callback is what its first promise says; what is not promised is nothing. The first attempt, or reaching somebody,
  decides. After somebody was reached, the same id is another promise.
* Contacts: calls to us, and inbound human interactions of the medium call that name no call. The latest is the one
  that arrived last, of those told before.
* What service sells: see sales.py.
"""

from dataclasses import dataclass
from typing import Any

from tests.oracle import promises
from tests.oracle.contract import moment
from tests.oracle.identity import erased
from tests.oracle.windows import DAY, Row, cuts, distribution, key, ratio, tally

OUTCOMES = ("answered", "abandoned", "short_abandon", "callback")
BY = ("queue", "team")


@dataclass
class Call:
    """One call to us."""

    arrived: int
    queued: int
    by: dict[str, Any]
    imported: bool
    outcome: str | None = None
    answered: int | None = None
    agent: str | None = None
    until: int | None = None


def collect(events, labels, lists):
    """Add the calls and callbacks of one relationship to the lists."""
    calls: dict[str, Call] = {}
    callbacks: dict[str, dict[str, Any]] = {}
    last: list[int] = []
    about: dict[str, str | None] = {}
    for event, by in zip(events, labels, strict=True):
        call = calls.get(event.get("call_id"))
        if event.type == "call.queued" and event.get("direction", "in") == "in" and call is None:
            arrived = min(event.at, moment(event.data["arrived_at"])) if event.get("arrived_at") else event.at
            named = {"queue": event.get("queue"), "team": event.get("team") or by["team"]}
            calls[event.data["call_id"]] = Call(arrived, event.at, named, event.imported)
            by["arrived"] = Row(arrived, 1, {}, named)
            lists["arrived"].append(by["arrived"])
            contact(arrived, named["team"], last, lists)
        elif call is not None:
            happened(call, event, calls, lists)
        if event.type == "interaction.logged" and a_call(event):
            contact(event.at, event.get("team") or by["team"], last, lists)
        if event.type == "call.queued" and event.get("direction", "in") == "in" and event.get("deal_id"):
            about.setdefault(event.data["deal_id"], event.get("team") or by["team"])
        by["called_about"] = dict(about)
        if event.type.startswith("callback."):
            callback(event, by, callbacks, lists)
    for call in calls.values():
        call_rows(call, lists)
        if call.outcome is None and not erased(events):
            lists["waiting"].append(promises.Running("call", call.queued, None, None, call.by, call.imported))
    for one in callbacks.values():
        if one["tried"] is None and not erased(events):
            lists["callbacks_open"].append(one["clock"])


def a_call(event):
    """Tell whether an interaction is a call to us that no queue reports."""
    inbound = event.data["medium"] == "call" and event.data["direction"] == "in"
    return inbound and not event.get("call_id") and not event.get("automated") and not event.get("internal")


def contact(at, team, last, lists):
    """Add a contact, and whether it is a repeated one."""
    lists["contact"].append(Row(at, 1, {}, {"team": team}))
    if last and at - max(last) <= 7 * DAY:
        lists["repeated"].append(Row(at, 1, {}, {"team": team}))
    last.append(at)


def happened(call, event, calls, lists):
    """Let something happen to a known call."""
    match event.type:
        case "call.answered" if call.outcome in (None, "callback"):
            call.outcome, call.answered, call.agent = "answered", event.at, event.get("agent_id")
        case "call.abandoned" if call.outcome is None:
            hung_up(call, event.at)
        case "call.ended" if call.answered is None and call.outcome is None:
            hung_up(call, event.at)
        case "call.ended" if call.answered is not None and call.until is None:
            handled(call, event.at, lists)
        case "callback.promised" if call.outcome not in ("answered", "callback"):
            call.outcome = "callback"
        case "call.wrapped" if call.answered is not None:
            if call.until is None:
                handled(call, event.at, lists)
            call.until = event.at
            call_rows(calls.pop(event.data["call_id"]), lists)


def hung_up(call, at):
    """End the wait of a call that nobody answered."""
    call.outcome = "short_abandon" if at - call.queued < 5_000 else "abandoned"


def handled(call, at, lists):
    """Note that a call was handled."""
    call.until = at
    lists["handled"].append(Row(at, 1, {}, {"agent_id": call.agent}))


def call_rows(call, lists):
    """Add what became of a call."""
    by = {**call.by, "agent_id": call.agent}
    if call.outcome is not None:
        lists["outcome"].append(Row(call.arrived, 1, {"outcome": call.outcome}, by))
    if call.answered is not None:
        wait = call.answered - call.queued
        lists["answer"].append(Row(call.arrived, wait, {}, by))
        if wait <= 20_000:
            lists["in_time"].append(Row(call.arrived, 1, {}, by))
    if call.until is not None:
        lists["handle"].append(Row(call.arrived, call.until - call.answered, {}, by))


def callback(event, by, known, lists):
    """Fold one event of a callback."""
    name = event.data["callback_id"]
    one = known.get(name)
    if event.type == "callback.promised":
        if one is None:
            due = moment(event.data["due_at"])
            risk = event.at + max(0, due - event.at) * 8 // 10
            named = {"queue": event.get("queue"), "team": event.get("team") or by["team"]}
            clock = promises.Running("callback", event.at, due, risk, named, event.imported)
            known[name] = {"clock": clock, "tried": None}
            lists["promised"].append(Row(event.at, 1, {}, named))
        return
    if one is None:
        return
    clock = one["clock"]
    if one["tried"] is None:
        one["tried"] = event.at
        kept = event.at <= clock.due
        lists["kept" if kept else "missed"].append(Row(min(event.at, clock.due), 1, {}, clock.by))
    if event.type == "callback.reached":
        lists["reached"].append(Row(event.at, 1, {}, clock.by))
        del known[name]


def numbers(lists, now):
    """Return every number of calls and callbacks."""
    found = {
        **tally("service_calls", lists["arrived"], ("queue",), now),
        **tally("call_outcomes", lists["outcome"], ("queue",), now, tuple({"outcome": name} for name in OUTCOMES)),
        **distribution("call_answer_seconds", lists["answer"], ("queue",), now),
        **distribution("call_handle_seconds", lists["handle"], ("queue", "agent_id"), now),
        **tally("calls_handled", lists["handled"], ("agent_id",), now),
        **promises.count("calls_waiting", lists["waiting"], BY),
        **ratio("repeat_contact_ratio", lists["repeated"], lists["contact"], ("team",), now, {"horizon": "7d"}),
        **tally("callbacks_promised", lists["promised"], BY, now),
        **tally("callbacks_reached", lists["reached"], BY, now),
        **tally("callbacks_kept", lists["kept"], BY, now),
        **promises.count("callbacks_waiting", lists["callbacks_open"], BY),
    }
    ended = {name: [row for row in lists["outcome"] if row.fixed["outcome"] == name] for name in OUTCOMES}
    long = ended["answered"] + ended["abandoned"]
    found.update(ratio("service_level_ratio", lists["in_time"], long, ("queue",), now, {"within": "20s"}))
    found.update(ratio("call_abandon_ratio", ended["abandoned"], long + ended["callback"], ("queue",), now, {}))
    over = [one for one in lists["callbacks_open"] if promises.overdue(one, now)]
    found.update(promises.count("callbacks_overdue", over, BY))
    broken = [Row(one.due, 1, {}, one.by) for one in lists["callbacks_open"] if promises.broken(one, now)]
    due = lists["kept"] + lists["missed"] + broken
    found.update(tally("callbacks_due", due, BY, now))
    found.update(ratio("callback_kept_ratio", lists["kept"], due, BY, now, {}))
    for cut in {tuple(cut.items()) for one in lists["waiting"] for cut in cuts(one.by, BY)}:
        waits = [now - one.since for one in lists["waiting"] if dict(cut).items() <= one.by.items()]
        found[key("calls_waiting_oldest_seconds", "", None, dict(cut))] = max(waits) / 1000
    return found
