"""The promised callback: due, kept or missed, and whether somebody was reached; the first attempt stops its clock."""

from __future__ import annotations

import msgspec

from schemas import to_ms
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running
from stream_app.journeys.state import Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

CLOCK = "callback"
MOST = 20
"""Callbacks remembered of one relationship; beyond, attempted ones are forgotten first, the oldest first."""
_BY = ("queue", "team")
_CLOCK_BY = ("queue", "team", "owner_id")

PROMISED = Measure("callbacks_promised", Kind.COUNT, "1", "Callbacks promised.", by=_BY)
OUTCOME = Measure(
    "callback_promise", Kind.COUNT, "1", "Callbacks kept or missed, when that was decided.", by=_BY, dims=("outcome",)
)
REACHED = Measure("callbacks_reached", Kind.COUNT, "1", "Callbacks that reached somebody.", by=_BY)


class Callback(msgspec.Struct, array_like=True, gc=False):
    """One callback, from its promise until somebody is reached."""

    promised_at: int
    due: int
    risk: int
    queue: str | None
    team: str | None
    owner_id: str | None
    imported: bool = False
    attempted: bool = False


class Callbacks(msgspec.Struct, array_like=True, gc=False):
    """The callbacks by id, in order of their promises."""

    known: dict[str, Callback] = {}


SLOT = Slot("callbacks", Callbacks)


def _find(rel: Relationship, fact: Fact) -> Callback | None:
    callbacks = SLOT.of(rel)
    return callbacks.known.get(fact.data.callback_id) if callbacks is not None else None


def _promised(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data, at = fact.data, fact.at
    callbacks = SLOT.of(rel) or SLOT.put(rel, Callbacks())
    if data.callback_id in callbacks.known:
        return  # the first promise holds
    due = to_ms(data.due_at)
    risk = at + int(max(0, due - at) * policies.risk_share)
    callback = Callback(at, due, risk, data.queue, data.team or rel.team, data.owner_id, fact.imported)
    callbacks.known[data.callback_id] = callback
    _trim(callbacks)
    out.append((PROMISED, at, 1, (), (callback.queue, callback.team), 1))


def _trim(callbacks: Callbacks) -> None:
    known = callbacks.known
    while len(known) > MOST:
        attempted = (callback_id for callback_id, callback in known.items() if callback.attempted)
        del known[next(attempted, next(iter(known)))]


def _attempted(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    callback = _find(rel, fact)
    if callback is not None:
        _try(callback, fact.at, out)


def _try(callback: Callback, at: int, out: list[Emission]) -> None:
    """Decide the promise by the first attempt: kept then, or missed when it was due."""
    if callback.attempted:
        return
    callback.attempted = True
    kept = at <= callback.due
    by = (callback.queue, callback.team)
    out.append((OUTCOME, at if kept else callback.due, 1, ("kept" if kept else "missed",), by, 1))


def _reached(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    callback = _find(rel, fact)
    callbacks = SLOT.of(rel)
    if callback is None or callbacks is None:
        return
    _try(callback, fact.at, out)  # to reach somebody is to have tried
    out.append((REACHED, fact.at, 1, (), (callback.queue, callback.team), 1))
    del callbacks.known[fact.data.callback_id]


_HANDLES: dict[str, Handler] = {
    "callback.promised": _promised,
    "callback.attempted": _attempted,
    "callback.reached": _reached,
}


def _standing(rel: Relationship, _stocks: list[Holding], clocks: list[Running]) -> None:
    """Hold a clock for each callback that nobody has tried."""
    callbacks = SLOT.of(rel)
    if callbacks is None or rel.merged:
        return
    for name, one in callbacks.known.items():
        if not one.attempted:
            labels = (one.queue, one.team, one.owner_id)
            clocks.append(
                (CLOCK, name, one.promised_at, one.due, one.risk, _CLOCK_BY, labels, None, one.imported, False)
            )


def _absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in the callbacks that were promised to the other relationship."""
    theirs = SLOT.of(gone)
    if theirs is not None:
        ours = SLOT.of(rel) or SLOT.put(rel, Callbacks())
        ours.known = {**theirs.known, **ours.known}
        _trim(ours)


PART = Part(
    "callback",
    _HANDLES,
    _standing,
    (PROMISED, OUTCOME, REACHED),
    areas=frozenset({"service"}),
    moved_by=frozenset({"relationship.merged"}),
    absorb=_absorb,
)
