"""The history of one relationship, user or campaign that may still change: facts in time order over a settled past.

Sources deliver late. The facts of the lateness horizon are kept in order of time, so that an event that comes
out of order lands where it belongs: everything since the last settled point is folded again, and what changes in
the measures is emitted as a signed difference. The state so depends on the set of events, not on their order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import Any, Final, NamedTuple

import msgspec

from schemas import pack
from stream_app.journeys.machine import Machine, Plan, Standings, standing
from stream_app.journeys.part import Emission, Fact, Holding, Running, State
from stream_app.journeys.stored import ID_BYTES, Stored, StoredFact
from stream_app.measures.clock import SOURCE

KEPT_IDS: Final = 4096
"""Ids of settled events that a journey remembers (8 bytes each), to know a repeated delivery when it sees one."""
KEPT_FACTS: Final = 256
"""Most facts kept unsettled: a relationship with more events within the horizon settles its oldest early."""
KEPT_BYTES: Final = 1 << 20
"""Most bytes of facts kept unsettled: a journey has to fit into a record of its state topic, with room to spare."""
_SLACK: Final = 4
"""Facts settle together, once the oldest is a quarter of the horizon behind it: each is so folded twice at most."""
_ARRAY_32: Final = b"\xdd"  # head of a msgpack array whose length follows in four bytes


class _Read(NamedTuple):
    """A fact that is folded again: its data is unpacked once, whatever reads it."""

    at: int
    data: Any
    imported: bool
    source: str | None = None  # as of a StoredFact


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Stored).decode
_decode_fact = msgspec.msgpack.Decoder(StoredFact).decode
_decode_facts = msgspec.msgpack.Decoder(list[StoredFact]).decode


ClockChange = tuple[str, bytes | None]
"""The name of a clock, and the packed ``OpenClock`` as it runs now, ``None`` where it has stopped."""


class Change:
    """What events change, added up until the caller takes it: emissions for the cells, clocks put or removed."""

    __slots__ = ("clocks", "emissions", "late")

    def __init__(self) -> None:
        self.emissions: list[Emission] = []
        self.clocks: list[ClockChange] = []
        self.late = False


class Journey:
    """One relationship, user or campaign in memory while a batch is folded."""

    __slots__ = ("_machine", "_stored", "key")

    def __init__(self, key: str, machine: Machine, packed: bytes | memoryview | None = None) -> None:
        """Open the journey of *key*, from its packed form or at its beginning."""
        self.key = key
        self._machine = machine
        if packed is None:
            self._stored = Stored(current=machine.family.begin(key), rules=machine.rules)
        else:
            self._stored = _decode(packed)
            if self._stored.rules != machine.rules:
                self._seal()

    @property
    def current(self) -> State:
        """Return the state after all events so far."""
        held: Any = self._stored.current
        if type(held) is msgspec.Raw:
            held = self._stored.current = self._machine.unpack(held)
        return held

    def pack(self) -> bytes:
        """Return the packed form, which the constructor takes."""
        return _encode(self._stored)

    def knows(self, fact_id: bytes) -> bool:
        """Tell whether an event with this id was folded before."""
        ids = self._stored.ids
        start = ids.find(fact_id)
        while start >= 0:
            if start % ID_BYTES == 0:
                return True
            start = ids.find(fact_id, start + 1)
        return False

    def fold(self, event: Fact, plan: Plan, fact_id: bytes) -> Change:
        """Fold one new event, with the plan of its type, and return what changed.

        The caller has checked that it is new.
        """
        stored, at, machine = self._stored, event.at, self._machine
        if not stored.count:
            stored.first_at = at
        elif at < stored.last_at or (at == stored.last_at and (plan.rank, fact_id) < self._last()):
            fact = StoredFact(at, plan.type, fact_id, _packed(event, plan), event.imported)
            return self._insert(fact, event.source)
        else:
            self._settle(at - machine.policies.lateness_ms)
        change = Change()
        if plan.standing:
            rel = self.current
            held = standing(rel, plan.standing)
            plan.fold(rel, event, machine.policies, change.emissions)
            self._moved(held, standing(rel, plan.standing), change, event.source)
        elif plan.handlers or plan.moves:
            plan.fold(self.current, event, machine.policies, change.emissions)
        facts = stored.facts
        stored.count += 1
        stored.last_at = at
        stored.last_place = len(facts)
        stored.facts = facts + _encode((at, plan.type, fact_id, _packed(event, plan), event.imported))  # a StoredFact
        stored.ids += fact_id
        return change

    def _seal(self) -> None:
        """Settle what was folded by other policies: to fold it again by these would promise something else afterwards.

        What comes late for that time is folded behind it, as what is later than the horizon is.
        """
        stored = self._stored
        if stored.count and stored.rules:
            stored.settled = _encode(self.current)
            stored.settled_at = stored.last_at
            self._keep([])
        stored.rules = self._machine.rules

    def _order(self, fact: StoredFact) -> tuple[int, int, bytes]:
        return fact.at, self._machine.plan(fact.type).rank, fact.id

    def _last(self) -> tuple[int, bytes]:
        return self._order(_decode_fact(self._stored.facts[self._stored.last_place :]))[1:]

    def _moved(self, held: Standings, now: Standings, change: Change, source: str | None = None) -> None:
        """Add to *change* what the stocks gained and lost, and the clocks that differ, by an event of *source*."""
        if held == now:
            return
        stocks_before, clocks_before = held
        stocks_now, clocks_now = now
        if stocks_before != stocks_now:
            change.emissions += _moved(stocks_before, stocks_now)
        started = [clock for clock in clocks_now if clock not in clocks_before]
        going_on = {clock[:2] for clock in clocks_now}
        change.clocks += [(self._name(clock), None) for clock in clocks_before if clock[:2] not in going_on]
        change.clocks += [(self._name(clock), self._pack(clock, source)) for clock in started]

    def _name(self, clock: Running) -> str:
        name, item = clock[:2]
        return f"{name}|{self.key}|{item}" if item else f"{name}|{self.key}"

    def _pack(self, running: Running, source: str | None) -> bytes:
        """Pack a clock as an ``OpenClock``: an array of the same fields, without making one first."""
        clock, item, since, due, risk, names, labels, policy, imported, paused = running
        known = {name: label for name, label in zip(names, labels, strict=True) if label is not None}
        if source is not None:
            known[SOURCE] = source
        return _encode((clock, self.key, item, since, due, risk, known, policy, imported, paused))

    def _insert(self, fact: StoredFact, source: str | None) -> Change:
        """Fold an event of *source* that comes out of order: all since the settled past again, with it and without."""
        stored, everything = self._stored, self._machine.everything
        held = standing(self.current, everything)
        horizon = stored.last_at - self._machine.policies.lateness_ms
        facts = self._facts()
        place = bisect_left(facts, self._order(fact), key=self._order)
        # What comes before it says the same with it and without: it is folded once.
        past = _encode(self._fold_over(stored.settled, facts[:place], [])) if place else stored.settled
        before: list[Emission] = []
        self._fold_over(past, facts[place:], before)
        facts.insert(place, fact)
        after: list[Emission] = []
        stored.current = self._fold_over(past, facts[place:], after)
        stored.ids += fact.id
        self._keep(facts)
        self._settle(horizon)
        change = Change()
        change.emissions = difference(before, after)
        change.late = fact.at < horizon
        self._moved(held, standing(self.current, everything), change, source)
        return change

    def _facts(self) -> list[StoredFact]:
        stored = self._stored
        return _decode_facts(_ARRAY_32 + stored.count.to_bytes(4, "big") + stored.facts)

    def _keep(self, facts: list[StoredFact]) -> None:
        stored = self._stored
        stored.count = len(facts)
        packed = [_encode(fact) for fact in facts]
        stored.facts = b"".join(packed)
        if facts:
            stored.first_at, stored.last_at = facts[0].at, facts[-1].at
            stored.last_place = len(stored.facts) - len(packed[-1])

    def _fold_over(self, settled: bytes, facts: list[StoredFact], out: list[Emission]) -> State:
        """Fold *facts* over a packed state, nothing where nothing happened before, and return what comes of it."""
        machine = self._machine
        rel = machine.unpack(settled) if settled else machine.family.begin(self.key)
        for fact in facts:
            machine.plan(fact.type).fold(rel, _Read(fact.at, fact.data, fact.imported), machine.policies, out)
        return rel

    def _settle(self, horizon: int) -> None:
        """Fold the facts before *horizon* ms for good, once it is worth the while or there are too many."""
        stored = self._stored
        many = stored.count >= KEPT_FACTS or len(stored.facts) >= KEPT_BYTES
        if not many and stored.first_at >= horizon - self._machine.policies.lateness_ms // _SLACK:
            return
        facts = self._facts()
        count = len(facts) // _SLACK + 1 if stored.count >= KEPT_FACTS else 0
        size = sum(len(fact.packed) for fact in facts[count:])
        while count < len(facts) and (facts[count].at < horizon or size > KEPT_BYTES // 2):
            size -= len(facts[count].packed)
            count += 1
        settled = self.current if count == len(facts) else self._fold_over(stored.settled, facts[:count], [])
        if count:
            stored.settled_at = facts[count - 1].at
        stored.settled = _encode(settled)
        self._keep(facts[count:])
        stored.ids = stored.ids[-ID_BYTES * (stored.count + KEPT_IDS) :]


def _moved(before: list[Holding], now: list[Holding]) -> list[Emission]:
    """Return the emissions that turn the holdings *before* into those of *now*; two alike are two."""
    held: dict[tuple[Any, ...], int] = {}
    for holdings, sign in ((before, -1), (now, 1)):
        for holding in holdings:
            what = holding[:4]
            held[what] = held.get(what, 0) + (sign if len(holding) == 4 else sign * holding[4])
    return [(*what[:2], 1, *what[2:], weight) for what, weight in held.items() if weight]


def _packed(event: Fact, plan: Plan) -> bytes:
    """Pack what is kept of an event."""
    data = event.data
    return pack(msgspec.structs.replace(data, **dict.fromkeys(plan.others)) if plan.others else data)


def difference(before: list[Emission], after: list[Emission]) -> list[Emission]:
    """Return the emissions that turn *before* into *after*, each at most once per kind, with their signed weights."""
    counts: Counter[tuple[object, ...]] = Counter()
    for emissions, sign in ((after, 1), (before, -1)):
        for emission in emissions:
            counts[emission[:5]] += sign * emission[5]
    return [(*emission, weight) for emission, weight in counts.items() if weight]  # type: ignore[misc]
