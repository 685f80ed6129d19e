"""A small shard that counts: what the engine's own tests run instead of the product's.

Cells: ``total`` holds the number of events counted. Journeys: one per key with its number of events.
It follows the stamp rule: a record at or below a value's stamp changes that value no more.
Values are the stamp in eight bytes and the count in eight bytes, big-endian.
"""

from __future__ import annotations

import os
import struct
import time
from dataclasses import dataclass, field
from typing import Any

_entry = struct.Struct(">QQ")


@dataclass
class Dead:
    record: Any
    reason: str
    field: str = ""
    message: str = ""


@dataclass
class Counted:
    cells: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    journeys: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    dead: list[Dead] = field(default_factory=list)
    applied: int = 0
    duplicates: int = 0
    redelivered: int = 0
    late: int = 0
    capped: int = 0
    forwards: list[tuple[bytes, bytes, list[tuple[str, bytes]]]] = field(default_factory=list)
    watermark: int = 0


class CountingShard:
    """Counts events in total (cell) and per key (journeys)."""

    def __init__(self, partition: int, cells: dict[bytes, bytes], journeys: dict[bytes, bytes]) -> None:
        self.partition = partition
        self.cells = cells
        self.journeys = journeys
        self.durable_to = -1
        self.delay = float(os.environ.get("COUNTING_DELAY", "0"))
        self.corrected = "COUNTING_CORRECTED" in os.environ

    def apply(self, records) -> Counted:
        changes = Counted(watermark=records[-1].timestamp or 0)
        if self.delay:
            time.sleep(self.delay)
        total_stamp, total = _entry.unpack(self.cells.get(b"total", bytes(16)))
        has_total = b"total" in self.cells
        changed: dict[bytes, bytes] = {}
        counted = total
        for record in records:
            if record.value == b"poison":
                changes.dead.append(Dead(record, "poison", "value", "a test asked for it"))
                continue
            if record.value == b"bug" and not self.corrected:
                raise ZeroDivisionError("a test asked for it")
            key = record.key or b"?"
            value = changed.get(key) or self.journeys.get(key)
            stamp, count = _entry.unpack(value) if value else (-1, 0)
            if record.offset <= stamp:
                changes.redelivered += 1
                continue
            changed[key] = _entry.pack(record.offset, count + 1)
            changes.applied += 1
            if not has_total or record.offset > total_stamp:
                counted += 1
        self.journeys.update(changed)
        changes.journeys = list(changed.items())
        if counted != total:
            self.cells[b"total"] = _entry.pack(records[-1].offset, counted)
            changes.cells = [(b"total", self.cells[b"total"])]
        return changes

    def stored(self) -> tuple[int, int]:
        return len(self.cells), len(self.journeys)

    def durable(self, offset: int) -> None:
        self.durable_to = offset

    def idle(self, watermark: int) -> Counted:
        return Counted(watermark=watermark)


def count_of(value: bytes) -> int:
    """Return the count in a stored value."""
    return int(_entry.unpack(value)[1])
