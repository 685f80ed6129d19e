"""What a batch of records changes: entries for the two state tables, dead letters, and the books that must balance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

Sent = tuple[bytes, bytes, list[tuple[str, bytes]]]
"""Key, value and headers of a record to be written into the source topic."""


class Record(Protocol):
    """One record of a source partition; the consumer's own records have this shape."""

    @property
    def offset(self) -> int:
        """Position in the partition."""

    @property
    def key(self) -> bytes | None:
        """Relationship id, UTF-8."""

    @property
    def value(self) -> bytes | None:
        """The CloudEvent."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Kafka headers."""

    @property
    def timestamp(self) -> int:
        """Time of the record in ms; events may not lie further in its future than the allowed skew."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be folded, with a reason that a program and a person can read."""

    record: Record
    reason: str
    field: str
    message: str


@dataclass(slots=True)
class Changes:
    """Everything that one batch of one partition changed.

    ``forwards``, records for the source topic, must be durable before ``cells``, these before ``journeys``, and all
    before the offset is committed. A ``None`` value is a tombstone. ``applied + duplicates + forwarded + len(dead) +
    redelivered`` is the number of records of the batch.
    """

    cells: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    journeys: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    forwards: list[Sent] = field(default_factory=list)
    applied: int = 0
    duplicates: int = 0
    redelivered: int = 0
    late: int = 0
    capped: int = 0
    forwarded: int = 0
    watermark: int = 0
