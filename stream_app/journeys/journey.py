"""The history of one relationship that may still change: facts in time order over a settled past.

Sources deliver late. The facts of the lateness horizon are kept in order of time, so that an event that comes
out of order lands where it belongs: everything since the last settled point is folded again, and what changes in
the measures is emitted as a signed difference. The state so depends on the set of events, not on their order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import Final

import msgspec

from schemas import unpack
from stream_app.journeys.part import Emission, Fact, Holding
from stream_app.journeys.relationship import LAST, PARTS, RANK, fold, parts_of, standing
from stream_app.journeys.state import Relationship
from stream_app.measures.clock import OpenClock
from stream_app.policies import Policies

KEPT_IDS: Final = 128
"""Ids of settled events that a journey remembers, to know a repeated delivery when it sees one."""
KEPT_FACTS: Final = 256
"""Most facts kept unsettled: a relationship with more events within the horizon settles its oldest early."""
_ID_BYTES: Final = 8


class StoredFact(msgspec.Struct, array_like=True, frozen=True):
    """One event of the horizon: its time (ms), short type, id hash and packed data."""

    at: int
    type: str
    id: bytes
    data: bytes
    imported: bool = False


def _order(fact: StoredFact) -> tuple[int, int, bytes]:
    return fact.at, RANK.get(fact.type, LAST), fact.id


class _Stored(msgspec.Struct, array_like=True):
    settled: bytes  # the packed relationship before the first of the facts; empty = nothing happened before
    facts: list[StoredFact]
    seen: bytes  # ids of settled events, eight bytes each, oldest first
    current: Relationship


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Stored).decode
_decode_relationship = msgspec.msgpack.Decoder(Relationship).decode


class Journey:
    """One relationship in memory while a batch is folded."""

    __slots__ = ("current", "facts", "key", "seen", "settled")

    def __init__(self, key: str, packed: bytes | memoryview | None = None) -> None:
        """Open the journey of the relationship *key*, from its packed form or at its beginning."""
        self.key = key
        if packed is None:
            self.settled, self.seen = b"", b""
            self.facts: list[StoredFact] = []
            self.current = Relationship()
        else:
            stored = _decode(packed)
            self.settled, self.facts, self.seen = stored.settled, stored.facts, stored.seen
            self.current = stored.current

    def pack(self) -> bytes:
        """Return the packed form, which the constructor takes."""
        return _encode((self.settled, self.facts, self.seen, self.current))

    def knows(self, fact_id: bytes) -> bool:
        """Tell whether an event with this id was folded before."""
        for fact in self.facts:
            if fact.id == fact_id:
                return True
        seen, start = self.seen, -1
        while (start := seen.find(fact_id, start + 1)) >= 0:
            if start % _ID_BYTES == 0:
                return True
        return False

    def fold(self, stored: StoredFact, fact: Fact, policies: Policies) -> Change:
        """Fold one new event and return what changed; the caller has checked that it is new."""
        facts = self.facts
        if not facts or _order(stored) > _order(facts[-1]):
            parts = parts_of(fact.type)
            held = standing(self.current, policies, self.key, parts)
            if facts:
                self._settle(stored.at - policies.lateness_ms, policies, room=1)
            out: list[Emission] = []
            fold(self.current, fact, policies, out)
            self.facts.append(stored)
            return Change(out, held, standing(self.current, policies, self.key, parts), late=False)
        return self._insert(stored, policies)

    def _insert(self, stored: StoredFact, policies: Policies) -> Change:
        held = standing(self.current, policies, self.key, PARTS)
        horizon = self.facts[-1].at - policies.lateness_ms
        before: list[Emission] = []
        self._replay(self.facts, policies, before)
        place = 0 if stored.at < horizon else bisect_left(self.facts, _order(stored), key=_order)
        self.facts.insert(place, stored)
        after: list[Emission] = []
        self.current = self._replay(self.facts, policies, after)
        self._settle(horizon, policies, room=0)
        now = standing(self.current, policies, self.key, PARTS)
        return Change(_difference(before, after), held, now, late=stored.at < horizon)

    def _replay(self, facts: list[StoredFact], policies: Policies, out: list[Emission]) -> Relationship:
        rel = _decode_relationship(self.settled) if self.settled else Relationship()
        for fact in facts:
            data = unpack(f"crm.{fact.type}.v1", fact.data)
            fold(rel, Fact(fact.at, fact.type, data, fact.imported), policies, out)
        return rel

    def _settle(self, horizon: int, policies: Policies, room: int) -> None:
        """Fold the facts before *horizon* ms for good, and more where over ``KEPT_FACTS`` would be kept."""
        facts = self.facts
        count = max(0, len(facts) + room - KEPT_FACTS)
        while count < len(facts) and facts[count].at < horizon:
            count += 1
        if count == 0:
            return
        settled = self.current if count == len(facts) else self._replay(facts[:count], policies, [])
        self.settled = _encode(settled)
        self.seen = (self.seen + b"".join(fact.id for fact in facts[:count]))[-KEPT_IDS * _ID_BYTES :]
        self.facts = facts[count:]


class Change:
    """What one event changed: emissions for the cells, and open clocks put or removed."""

    __slots__ = ("clocks", "emissions", "late")

    def __init__(
        self,
        emissions: list[Emission],
        held: tuple[list[Holding], dict[str, OpenClock]],
        now: tuple[list[Holding], dict[str, OpenClock]],
        *,
        late: bool,
    ) -> None:
        """Turn the difference between what was held and what is held *now* into emissions and clock changes."""
        self.late = late
        self.emissions = emissions
        self.clocks: dict[str, OpenClock | None] = {}
        stocks_before, clocks_before = held
        stocks_now, clocks_now = now
        if stocks_before != stocks_now:
            for measure, at, dims, labels in stocks_before:
                emissions.append((measure, at, 1, dims, labels, -1))
            for measure, at, dims, labels in stocks_now:
                emissions.append((measure, at, 1, dims, labels, 1))
        if clocks_before != clocks_now:
            for name in clocks_before.keys() - clocks_now.keys():
                self.clocks[name] = None
            for name, clock in clocks_now.items():
                if clocks_before.get(name) != clock:
                    self.clocks[name] = clock


def _difference(before: list[Emission], after: list[Emission]) -> list[Emission]:
    """Return the emissions that turn *before* into *after*, each at most once per kind, with their signed weights."""
    counts: Counter[tuple[object, ...]] = Counter()
    for emissions, sign in ((after, 1), (before, -1)):
        for emission in emissions:
            counts[emission[:5]] += sign * emission[5]
    return [(*emission, weight) for emission, weight in counts.items() if weight]  # type: ignore[misc]
