"""A journey that may turn out to be another one's: it hands over what it has, takes in what comes, or is forgotten."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from schemas import pack
from stream_app.journeys import funnel
from stream_app.journeys.journey import KEPT_IDS, Change, Journey, difference
from stream_app.journeys.machine import Plan, standing
from stream_app.journeys.part import Emission, Fact
from stream_app.journeys.stored import ID_BYTES, Link, Stored, StoredFact

KEPT_ABSORBED = 4096
"""Absorbed ids that a survivor remembers; the oldest make room."""

_encode = msgspec.msgpack.Encoder().encode


class Past(NamedTuple):
    """All that a journey knows: a settled state, the time of its newest fact (ms), and the facts over it."""

    settled: bytes
    settled_at: int
    facts: list[StoredFact]


class Merging(Journey):
    """A journey with its links to others."""

    __slots__ = ()

    @property
    def into(self) -> str:
        """Return the survivor's id where this journey is only a marker, else nothing."""
        link = self._stored.link
        return "" if link is None else link.into

    @property
    def known_as(self) -> tuple[str, ...]:
        """Return the ids that are one and the same with this one, as far as it knows."""
        link = self._stored.link
        return () if link is None else (*link.absorbed, *filter(None, (link.into,)))

    @property
    def known_until(self) -> int:
        """Return the time, ms, of the newest event that it has seen, a fact of its own or not."""
        stored = self._stored
        return max(stored.last_at, stored.settled_at, 0 if stored.link is None else stored.link.until)

    @property
    def is_new(self) -> bool:
        """Tell whether nothing is known."""
        stored = self._stored
        return not (stored.settled or stored.count or stored.ids or stored.link)

    def hand_over(self, into: str, fact: Fact, plan: Plan, fact_id: bytes) -> tuple[Change, Past]:
        """Become a marker of *into* because of *fact*; return what that changes and what is to be moved.

        What the facts of the horizon have emitted is taken back, as the survivor emits it; so is what is held.
        """
        stored, machine = self._stored, self._machine
        change, before = Change(), list[Emission]()
        facts = self._facts()
        self._moved(standing(self.current, machine.everything), ([], []), change)
        self._fold_over(stored.settled, facts, before)
        change.emissions += difference(before, [])
        settled = stored.settled
        if plan.moves and settled:  # funnels may leave out who was entered twice: what is settled they take back here
            rel = machine.unpack(settled)
            funnel.advance(rel, fact, plan.moves, change.emissions)
            settled = _encode(rel)
        if plan.type == "lead.converted":
            data = msgspec.structs.replace(fact.data, customer_id=None)  # this says it once and for all
            facts.append(StoredFact(fact.at, plan.type, fact_id, pack(data), fact.imported))
            facts.sort(key=self._order)
        past = Past(settled, stored.settled_at, facts)
        link = Link(into, {} if stored.link is None else stored.link.absorbed, self.known_until)
        self._stored = Stored(current=machine.family.begin(self.key), ids=stored.ids, link=link)
        self.note(fact_id, fact.at)
        return change, past

    def note(self, fact_id: bytes, at: int) -> None:
        """Remember an event that is no fact of this journey: its id, and its time in ms."""
        stored = self._stored
        stored.ids = (stored.ids + fact_id)[-ID_BYTES * (stored.count + KEPT_IDS) :]
        self._linked().until = max(self._linked().until, at)

    def _linked(self) -> Link:
        stored = self._stored
        if stored.link is None:
            stored.link = Link()
        return stored.link

    def revive(self) -> None:
        """Live on: the marker belongs to a circle of ids."""
        if self._stored.link is not None:
            self._stored.link.into = ""

    def heard(self, gone: str, place: tuple[int, int], at: int) -> bool:
        """Tell whether the forward of *gone* at *place*, caused at *at* (ms), has come before; remember it."""
        link = self._linked()
        link.until = max(link.until, at)
        if link.absorbed.get(gone, (-1, 0)) >= place:
            return True
        while len(link.absorbed) >= KEPT_ABSORBED and gone not in link.absorbed:
            del link.absorbed[next(iter(link.absorbed))]
        link.absorbed[gone] = place
        return False

    def absorb(self, past: Past, *, back: bool = False) -> Change:
        """Take in all that another journey knew, as if it had always been this one's.

        What is older than what either has settled each folds over its own past; then the two pasts become one.
        What comes *back*, after a circle, is not a repetition because its ids are known.
        """
        stored, machine = self._stored, self._machine
        held = standing(self.current, machine.everything)
        mine, before, after = self._facts(), list[Emission](), list[Emission]()
        present = {fact.id for fact in mine}
        theirs = [fact for fact in past.facts if fact.id not in present and (back or not self.knows(fact.id))]
        self._fold_over(stored.settled, mine, before)
        cut = max(stored.settled_at, past.settled_at)
        old = [fact for fact in theirs if fact.at <= cut] if cut else []
        settled = self._fold_over(stored.settled, [fact for fact in mine if fact.at <= cut] if cut else [], after)
        if past.settled or old:
            gone = self._fold_over(past.settled, old, after)
            for absorb in machine.absorbing:
                absorb(settled, gone)
        if cut:
            stored.settled, stored.settled_at = _encode(settled), cut
        facts = sorted((fact for fact in (*mine, *theirs) if not cut or fact.at > cut), key=self._order)
        stored.current = self._fold_over(stored.settled, facts, after)
        for fact in theirs:
            stored.ids += fact.id
        self._keep(facts)
        self._settle(stored.last_at - machine.policies.lateness_ms)
        change = Change()
        change.emissions = difference(before, after)
        self._moved(held, standing(self.current, machine.everything), change)
        return change

    def forget(self) -> Change:
        """Lose all that is known, and stop what is held; what was counted stays counted."""
        machine, change = self._machine, Change()
        for count in machine.forgetting:
            count(self.current, change.emissions)
        self._moved(standing(self.current, machine.everything), ([], []), change)
        self._stored = Stored(current=machine.family.begin(self.key))
        return change
