"""The calls of one relationship to the service team: those that go on, and the latest that are over."""

from __future__ import annotations

import msgspec

from stream_app.journeys.state import Relationship, Slot

MOST = 20
"""Calls remembered of one relationship; beyond, the oldest is forgotten, though it never ended."""
MOST_OVER = 3
"""Calls that are over and remembered: wrap-up may follow, or a callback that takes the place of an abandoned call."""


class Call(msgspec.Struct, array_like=True, gc=False):
    """One call, from the moment it was queued until its wrap-up is done.

    It counts in the window in which it arrived, whatever becomes of it later.
    """

    arrived_at: int
    queued_at: int
    queue: str | None
    team: str | None
    imported: bool = False
    outcome: str | None = None  # answered, abandoned, short_abandon or callback; None while it waits
    answered_at: int | None = None
    agent_id: str | None = None
    handled: int | None = None  # ms of talk, hold and wrap-up as counted, to count it anew after the wrap-up

    @property
    def over(self) -> bool:
        """Tell whether nobody waits or talks any more."""
        return self.handled is not None or self.outcome not in {None, "answered"}


class Calls(msgspec.Struct, array_like=True, gc=False):
    """The calls by id, in order of their first event, and when somebody called last."""

    known: dict[str, Call] = {}
    last_contact: int | None = None


SLOT = Slot("calls", Calls)


def call_of(rel: Relationship, call_id: str | None) -> Call | None:
    """Return a call that is remembered."""
    calls = SLOT.of(rel)
    return calls.known.get(call_id) if calls is not None and call_id is not None else None


def calls_of(rel: Relationship) -> Calls:
    """Return the calls of a relationship, none at first."""
    return SLOT.of(rel) or SLOT.put(rel, Calls())


def trim(calls: Calls) -> None:
    """Forget the oldest calls that are over beyond what is kept, and then the oldest of all."""
    known = calls.known
    if len(known) <= MOST_OVER:
        return
    over = [call_id for call_id, call in known.items() if call.over]
    for call_id in over[: max(len(over) - MOST_OVER, 0)]:
        del known[call_id]
    while len(known) > MOST:
        del known[next(iter(known))]


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in the calls of another relationship, and the later of the last contacts."""
    theirs = SLOT.of(gone)
    if theirs is None:
        return
    ours = calls_of(rel)
    ours.known = {**theirs.known, **ours.known}
    contacts = [at for at in (ours.last_contact, theirs.last_contact) if at is not None]
    ours.last_contact = max(contacts, default=None)
    trim(ours)
