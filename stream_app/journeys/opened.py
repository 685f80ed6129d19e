"""A journey while its batch is folded, and by what names it and its events go."""

from __future__ import annotations

from typing import Final

import xxhash

from schemas import BadEvent, Event, decode
from stream_app.journeys.changes import Record
from stream_app.journeys.machine import Machine
from stream_app.journeys.merging import Merging
from stream_app.measures import stamp

LONGEST_ID: Final = 128
"""Characters of the id of a relationship, user or campaign, as in the envelope."""
HEAD_BYTES: Final = 9
"""What stands before a packed journey: eight bytes of stamp, one of state version."""


class Opened(Merging):
    """A journey while its batch is folded, with what it takes to undo half a step."""

    __slots__ = ("_before", "absorbed", "erased_at", "folded", "secured", "stamp")

    def __init__(self, name: str, machine: Machine, stored: bytes | None) -> None:
        self._before = None if stored is None else memoryview(stored)[HEAD_BYTES:]
        super().__init__(name, machine, self._before)
        self.stamp = stamp.NEVER if stored is None else stamp.stamp_of(stored)
        self.folded: list[Record] = []
        self.secured = stamp.NEVER
        self.erased_at = -1
        self.absorbed = bool(self.into)

    def secure(self, offset: int, erased_at: int) -> None:
        """Hold on to what the record at *offset* has made of it: no later failure undoes that."""
        self._before = memoryview(self.pack())
        self.folded = []
        self.secured = offset
        self.erased_at = erased_at
        self.absorbed = bool(self.into)

    def restore(self, machine: Machine) -> None:
        """Forget a step that failed half way: open the journey anew and fold again what had succeeded."""
        super().__init__(self.key, machine, self._before)
        for record in self.folded:
            event = decode(record.value, record.headers)
            self.fold(event, machine.plans[event.type], id_of(event))


def name_of(key: bytes | None) -> str:
    """Return the id that a record key is; raises BadEvent when it is none."""
    if not key:
        raise BadEvent("no_key", "key", "the record has no key; the id of what it is about must be its key")
    try:
        name = key.decode()
    except UnicodeDecodeError:
        raise BadEvent("no_key", "key", "the record key is not UTF-8 text") from None
    if len(name) > LONGEST_ID:
        raise BadEvent("bad_envelope", "key", f"the record key has {len(name)} characters, an id at most {LONGEST_ID}")
    return name


def id_of(event: Event) -> bytes:
    """Return eight bytes that stand for the event's source and id."""
    return xxhash.xxh3_64_digest(f"{event.source}|{event.id}".encode())
