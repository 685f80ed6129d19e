"""The broker in one process: partitions with offsets, compaction and retention, and who is told of what is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Stored:
    """One record of a partition; it is also what a shard gets."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int
    written_at: float = 0.0


@dataclass
class PartitionLog:
    """One partition: records in offset order, with holes where compaction or retention has been."""

    records: list[Stored] = field(default_factory=list)
    start: int = 0
    end: int = 0

    def append(self, key, value, headers=(), timestamp=0, now=0.0) -> Stored:
        stored = Stored(self.end, key, value, list(headers), timestamp, now)
        self.records.append(stored)
        self.end += 1
        return stored

    def skip(self) -> None:
        """Take an offset without a record, as the marker of a transaction does."""
        self.end += 1

    def read(self, position: int, limit: int) -> tuple[list[Stored], int]:
        """Return records from a position on, and the position after them."""
        found = [record for record in self.records if record.offset >= position][:limit]
        if len(found) < limit:
            return found, self.end
        return found, found[-1].offset + 1

    def delete_before(self, offset: int) -> None:
        """Let retention take the head."""
        self.start = max(self.start, offset)
        self.records = [record for record in self.records if record.offset >= self.start]

    def compact(self, older_than: float, *, tombstones: bool) -> None:
        """Keep the last record of each key among those written before a moment; drop their tombstones too if told."""
        clean = [record for record in self.records if record.written_at <= older_than]
        last = {record.key: record.offset for record in clean}
        kept = [
            record
            for record in clean
            if last[record.key] == record.offset and not (tombstones and record.value is None)
        ]
        self.records = kept + self.records[len(clean) :]


class Broker:
    """All partitions by (topic, number)."""

    def __init__(self) -> None:
        self.partitions: dict[tuple[str, int], PartitionLog] = {}
        self.appended: Callable[[str, int, Stored], None] = lambda _topic, _number, _stored: None
        """Told of every record that is written."""

    def create(self, topic: str, partitions: int) -> None:
        for number in range(partitions):
            self.partitions[topic, number] = PartitionLog()

    def count(self, topic: str) -> int:
        return sum(name == topic for name, _ in self.partitions)

    def append(self, topic: str, number: int, key, value, headers=(), timestamp=0, now=0.0) -> int:
        """Append a record and return its offset."""
        stored = self.partitions[topic, number].append(key, value, headers, timestamp, now)
        self.appended(topic, number, stored)
        return stored.offset
