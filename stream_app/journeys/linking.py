"""What a batch does where ids are linked: merges, conversions with a new id, erasures, and what others have sent.

None of this is hot: most relationships are never linked (ADR 14).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import xxhash

from schemas import BadEvent, pack
from stream_app.journeys import forward as forwards
from stream_app.journeys.forward import LONGEST_TRAIL, Forward
from stream_app.journeys.journey import Change
from stream_app.journeys.merging import Past
from stream_app.journeys.stored import StoredFact

if TYPE_CHECKING:
    from stream_app.journeys.changes import Changes, Sent
    from stream_app.journeys.machine import Machine, Plan
    from stream_app.journeys.merging import Merging
    from stream_app.journeys.part import Fact
    from stream_app.measures.store import CellStore


def hash_of(key: str) -> bytes:
    """Return what an erased id is known by: eight bytes that are no id."""
    return xxhash.xxh3_64_digest(key.encode())


class Step:
    """One record that links a relationship, or concerns one that is linked.

    It collects what the record changes and sends; nothing of it counts when it raises.
    """

    def __init__(self, journey: Merging, erased_at: int, machine: Machine, offset: int) -> None:
        """Begin, for the record at *offset*; *erased_at* is when the relationship was erased, ms, or -1."""
        self.journey = journey
        self.machine = machine
        self.offset = offset
        self.erased_at = erased_at
        self.erased = False
        """Whether this record has erased the relationship."""
        self.done: list[Change] = []
        self.sent: list[Sent] = []

    def event(self, fact: Fact, plan: Plan, fact_id: bytes) -> None:
        """Fold an event that links, or that is about an absorbed id.

        Raises BadEvent when it cannot be: a relationship merged into itself.
        """
        self._take(fact, plan, fact_id, (), sent_on=False)

    def forward(self, forward: Forward) -> None:
        """Take what another id has sent.

        Raises BadEvent when it has come a longer way than ids are linked.
        """
        journey = self.journey
        if forward.erased_at is not None:
            if self.erased_at < forward.erased_at:
                self._forget(forward.erased_at)
            return
        if forward.at <= self.erased_at:  # it was on its way, and is to be forgotten as well
            self._send(forward.gone, erased_at=self.erased_at, at=forward.at)
            return
        if journey.heard(forward.gone, forward.place, forward.at):
            return
        marker = bool(journey.into)
        if marker and self._sent_on(forward):
            return
        back = marker or journey.key in forward.trail  # it was here before, when this was a marker
        if forward.past:
            self.done.append(journey.absorb(Past(forward.settled, forward.settled_at, forward.facts), back=back))
            return
        for fact in forward.facts:
            if fact.at > self.erased_at and (back or not journey.knows(fact.id)):
                self._take(fact, self.machine.plan(fact.type), fact.id, forward.trail, sent_on=True)

    def _sent_on(self, forward: Forward) -> bool:
        """Send it on to the survivor, if there is one: in a circle of ids, the first of them is."""
        journey, trail = self.journey, forward.trail
        into = journey.into
        if into in trail and journey.key == min(journey.key, *trail[trail.index(into) :]):
            journey.revive()
            return False
        if len(trail) >= LONGEST_TRAIL:
            raise BadEvent("merge_chain", "", f"{forward.gone!r} was sent on by {len(trail)} relationships in a row")
        past = Past(forward.settled, forward.settled_at, forward.facts) if forward.past else None
        self._send(into, at=forward.at, past=past, facts=forward.facts, trail=trail)
        return True

    def _take(self, fact: Fact, plan: Plan, fact_id: bytes, trail: tuple[str, ...], *, sent_on: bool) -> None:
        journey = self.journey
        if plan.type == "relationship.erased":
            self._forget(fact.at)
        elif journey.into:
            stored = StoredFact(fact.at, plan.type, fact_id, pack(fact.data), fact.imported)
            journey.note(fact_id, fact.at)
            self._send(journey.into, at=fact.at, facts=[stored], trail=trail)
        else:
            into = _target(fact, plan)
            if into is not None and into != journey.key:
                change, past = journey.hand_over(into, fact, plan, fact_id)
                self.done.append(change)
                self._send(into, at=fact.at, past=past, facts=past.facts, trail=trail)
            elif plan.type != "relationship.merged":
                self.done.append(journey.fold(fact, plan, fact_id))
            elif sent_on:
                journey.note(fact_id, fact.at)  # what it says is so already
            else:
                raise BadEvent("merged_into_itself", "data.into", f"{into!r} is the relationship itself")

    def _forget(self, at: int) -> None:
        """Forget the relationship, and ask the same of all that are one with it.

        Everything that it has seen counts as before the erasure: a repetition of it must find nothing new.
        """
        at = max(at, self.journey.known_until)
        for name in self.journey.known_as:
            self._send(name, at=at, erased_at=at)
        self.done.append(self.journey.forget())
        self._remember(at)

    def _remember(self, at: int) -> None:
        self.erased = True
        self.erased_at = max(at, self.erased_at)

    def _send(
        self,
        target: str,
        *,
        at: int,
        past: Past | None = None,
        facts: list[StoredFact] | None = None,
        trail: tuple[str, ...] = (),
        erased_at: int | None = None,
    ) -> None:
        gone = self.journey.key
        for piece in forwards.pieces(facts or []):
            forward = Forward(
                gone,
                at,
                self.offset,
                len(self.sent),
                piece,
                past=past is not None,
                settled=b"" if past is None else past.settled,
                settled_at=0 if past is None else past.settled_at,
                trail=(*trail, gone),
                erased_at=erased_at,
            )
            self.sent.append(forwards.write(forward, target))
            past = None  # it goes with the first

    def keep(self, cells: CellStore, changes: Changes) -> None:
        """Hand what the record changes to the cells, and what it sends to the batch."""
        for change in self.done:
            cells.emit(change.emissions, self.offset)
            for clock, packed in change.clocks:
                cells.clock(clock, packed, self.offset)
        if self.erased:
            cells.erase(hash_of(self.journey.key), self.erased_at, self.offset)
        changes.forwards += self.sent


def _target(fact: Fact, plan: Plan) -> str | None:
    """Return the id that the relationship is one with from now on, if the event names one."""
    data = fact.data
    named: str | None = data.into if plan.type == "relationship.merged" else getattr(data, "customer_id", None)
    return named
