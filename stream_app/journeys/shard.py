"""All state of one source partition: records in, changed table entries out, and nothing else.

A record is folded into its journey; what the journey emits is added to the cells. Every stored value carries the
offset that last changed it, so a record that comes again after a crash changes nothing twice. The result is a
function of the stored state, the records and the policies alone.
"""

from __future__ import annotations

import gc
import struct
from collections.abc import Sequence
from operator import sub
from typing import Final

import xxhash

from schemas import BadEvent, Event, decode, pack
from stream_app.journeys.changes import Changes, DeadLetter, Record
from stream_app.journeys.journey import Journey, StoredFact
from stream_app.journeys.part import Fact
from stream_app.journeys.relationship import MEASURES
from stream_app.measures import stamp
from stream_app.measures.store import CellStore
from stream_app.measures.window import Window
from stream_app.policies import Policies

STATE_VERSION: Final = b"\x01"
LONGEST_ID: Final = 128
"""Characters of a relationship id, as in the envelope."""
_HEAD: Final = 9  # eight bytes of stamp, one of state version
_head = struct.Struct(">Qc").pack
_PREFIX: Final = len("crm.")
_SUFFIX: Final = -len(".v1")


class NewerState(RuntimeError):
    """The stored state was written by a newer program than this one."""


class Shard:
    """The journeys and cells of one source partition."""

    def __init__(
        self, partition: int, policies: Policies, cells: dict[bytes, bytes], journeys: dict[bytes, bytes]
    ) -> None:
        """Open the partition from its recovered entries and take ownership of both dicts.

        Raises:
            NewerState: An entry has a state version that this program does not know.
        """
        self.partition = partition
        self.policies = policies
        self.journeys = journeys
        self.cells = CellStore(MEASURES, map(Window.parse, policies.windows), policies.lateness_ms, policies.label_cap)
        self.cells.load(cells)
        cells.clear()  # the store keeps them in its own form
        for key, value in journeys.items():
            if value[8:_HEAD] != STATE_VERSION:
                msg = f"journey {key!r} of partition {partition} has state version {value[8]}; this program reads 1"
                raise NewerState(msg)

    def apply(self, records: Sequence[Record]) -> Changes:
        """Fold *records* of this partition, in order of offset, and return what they changed."""
        # No garbage collection on the way: what a batch allocates lives until its end, and to walk it once for each
        # 50,000 objects took 6 of 34 us an event. Nothing here makes cycles.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return self._apply(records)
        finally:
            if collecting:
                gc.enable()

    def _apply(self, records: Sequence[Record]) -> Changes:
        changes = Changes()
        batch = _Batch(self, changes)
        for record in records:
            batch.add(record)
            if record.offset <= batch.accounted:
                batch.accounted_before()
        batch.close()
        return changes

    def stored(self) -> tuple[int, int]:
        """Return how many cells and journeys are live in the state topics once the last changes are; never too many."""
        return len(self.cells), len(self.journeys)

    def durable(self, offset: int) -> None:
        """Learn that all that records up to *offset* changed is durable, journeys included."""
        self.cells.durable(offset)

    def idle(self, watermark: int) -> Changes:
        """Let old panes leave when the partition gets no events but time goes on elsewhere (*watermark* in ms)."""
        self.cells.expire(watermark)
        return Changes(cells=self.cells.drain(), watermark=self.cells.watermark)


class _Batch:
    """The journeys that one batch touches, opened once and packed once."""

    def __init__(self, shard: Shard, changes: Changes) -> None:
        self.shard = shard
        self.policies = shard.policies
        self.cells = shard.cells
        self.changes = changes
        self.open: dict[bytes, _Open] = {}
        self.watermark = shard.cells.watermark
        self.skew = shard.policies.future_skew_ms
        self.accounted = shard.cells.accounted
        self.last = stamp.NEVER
        self.before = (0, 0, 0, 0)

    def add(self, record: Record) -> None:
        self.last = record.offset
        try:
            event = decode(record.value, record.headers)
            entry = self._entry(record, event)
        except BadEvent as bad:
            self._bury(record, bad.reason, bad.field, bad.message)
            return
        if record.offset <= entry.stamp:
            self.changes.redelivered += 1
            return
        if event.at > self.watermark:
            self.watermark = event.at
        self._fold(record, event, entry)

    def _entry(self, record: Record, event: Event) -> _Open:
        """Return the open journey that the event belongs to; BadEvent if its key or time cannot be."""
        if event.at > record.timestamp + self.skew:
            seconds = self.skew / 1000
            raise BadEvent("future_time", "time", f"the event lies more than {seconds:g} s in the future of its record")
        key = record.key
        entry = None if key is None else self.open.get(key)
        if entry is None:
            name = _name(key)
        elif event.subject is None or event.subject == entry.name:
            return entry
        else:
            name = entry.name
        if event.subject is not None and event.subject != name:
            raise BadEvent("key_mismatch", "subject", f"subject {event.subject!r} is not the record key {name!r}")
        assert key is not None  # _name has refused a missing one
        entry = self.open[key] = _Open(name, self.shard.journeys.get(key))
        return entry

    def _fold(self, record: Record, event: Event, entry: _Open) -> None:
        stored, fact = _facts(event)
        journey = entry.journey
        if journey.knows(stored.id):
            self.changes.duplicates += 1
            return
        try:
            change = journey.fold(stored, fact, self.policies)
        except Exception as error:  # noqa: BLE001  one record may not stop the others; it is kept whole, with the reason
            entry.restore(self.policies)
            self._bury(record, "unfoldable", "", f"{type(error).__name__}: {error}")
            return
        entry.folded.append(record)
        entry.last = offset = record.offset
        contribute = self.cells.contribute
        for measure, when, value, dims, labels, weight in change.emissions:
            contribute(measure, when, value, dims, labels, offset, weight)
        for name, clock in change.clocks:
            self.cells.clock(name, None if clock is None else clock.pack(), offset)
        self.changes.applied += 1
        if change.late:
            self.changes.late += 1

    def _bury(self, record: Record, reason: str, field: str, message: str) -> None:
        self.changes.dead.append(DeadLetter(record, reason, field, message))

    def _fates(self) -> tuple[int, int, int, int]:
        changes = self.changes
        return changes.applied, changes.duplicates, len(changes.dead), changes.late

    def accounted_before(self) -> None:
        """Leave the fates so far out of the books: they were counted before the crash."""
        self.before = self._fates()

    def close(self) -> None:
        """Pack every changed journey and drain every changed cell."""
        changes, journeys = self.changes, self.shard.journeys
        for key, entry in self.open.items():
            if entry.folded:
                value = _head(entry.last, STATE_VERSION) + entry.journey.pack()
                journeys[key] = value
                changes.journeys.append((key, value))
        applied, duplicates, dead, late = map(sub, self._fates(), self.before)
        self.cells.account(applied, duplicates, dead, late, changes.redelivered, self.watermark, self.last)
        self.cells.expire(self.watermark)
        changes.cells = self.cells.drain()
        changes.watermark = self.watermark


class _Open:
    """A journey while its batch is folded, with what it takes to undo half a step."""

    __slots__ = ("folded", "journey", "last", "name", "packed", "stamp")

    def __init__(self, name: str, stored: bytes | None) -> None:
        self.name = name
        self.packed = stored
        self.stamp = stamp.NEVER if stored is None else stamp.stamp_of(stored)
        self.folded: list[Record] = []
        self.last = self.stamp
        self.journey = self._opened()

    def _opened(self) -> Journey:
        return Journey(self.name, None if self.packed is None else memoryview(self.packed)[_HEAD:])

    def restore(self, policies: Policies) -> None:
        """Forget a step that failed half way: open the journey anew and fold again what had succeeded."""
        self.journey = self._opened()
        for record in self.folded:
            self.journey.fold(*_facts(decode(record.value, record.headers)), policies)


def _name(key: bytes | None) -> str:
    if not key:
        raise BadEvent("no_key", "key", "the record has no key; the relationship id must be its key")
    try:
        name = key.decode()
    except UnicodeDecodeError:
        raise BadEvent("no_key", "key", "the record key is not UTF-8 text") from None
    if len(name) > LONGEST_ID:
        raise BadEvent("bad_envelope", "key", f"the record key has {len(name)} characters, an id at most {LONGEST_ID}")
    return name


def _facts(event: Event) -> tuple[StoredFact, Fact]:
    """Return the event as a journey keeps it and as it folds it."""
    fact_id = xxhash.xxh3_64_digest(f"{event.source}|{event.id}".encode())
    at, data, imported = event.at, event.data, event.imported
    short = event.type[_PREFIX:_SUFFIX]
    return StoredFact(at, short, fact_id, pack(data), imported), Fact(at, short, data, imported)
