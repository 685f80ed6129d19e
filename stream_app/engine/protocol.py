"""What the engine asks of the code it runs: a shard per source partition, and what a shard hands back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    Entry = tuple[bytes, bytes | None]
    """One change of a state topic: key, and stamped value or None for a tombstone."""

    Partition = dict[bytes, bytes]
    """All live entries of one partition of one state topic."""


class Record(Protocol):
    """One source record as it came off the wire."""

    @property
    def offset(self) -> int:
        """Position in the source partition."""

    @property
    def key(self) -> bytes | None:
        """Record key."""

    @property
    def value(self) -> bytes | None:
        """Record value."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Record headers in order."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since the epoch, as the producer or the broker set it."""


class DeadLetter(Protocol):
    """A record that cannot be used, and why."""

    @property
    def record(self) -> Record:
        """The record, whole."""

    @property
    def reason(self) -> str:
        """Reason code."""

    @property
    def field(self) -> str:
        """Path of the field at fault, or an empty string."""

    @property
    def message(self) -> str:
        """A sentence for people."""


class Changes(Protocol):
    """What one batch changed: every changed key once, with its new absolute value."""

    @property
    def cells(self) -> Sequence[Entry]:
        """Changed published entries; durable before the journeys."""

    @property
    def journeys(self) -> Sequence[Entry]:
        """Changed private entries; durable before the source offset."""

    @property
    def dead(self) -> Sequence[DeadLetter]:
        """Records that cannot be used."""

    @property
    def forwards(self) -> Sequence[tuple[bytes, bytes, list[tuple[str, bytes]]]]:
        """Records (key, value, headers) for the source topic itself; durable before the cells."""

    @property
    def applied(self) -> int:
        """Records that changed state."""

    @property
    def duplicates(self) -> int:
        """Records whose event had been seen under another offset."""

    @property
    def redelivered(self) -> int:
        """Records that a recovered state had already seen."""

    @property
    def late(self) -> int:
        """Records that came after their horizon."""

    @property
    def capped(self) -> int:
        """Sets of labels that found no place of their own."""

    @property
    def watermark(self) -> int:
        """Newest event time of the partition, ms."""


class Shard(Protocol):
    """All state of one source partition. Never called by two threads or for two batches at once."""

    def apply(self, records: Sequence[Record]) -> Changes:
        """Fold a batch in offset order. An exception ends the process: bad records are values, not errors."""

    def stored(self) -> tuple[int, int]:
        """Return how many cells and journeys are live in the state topics once the last changes are; never too many."""

    def durable(self, offset: int) -> None:
        """Learn that everything up to and including this source offset is durable."""

    def idle(self, watermark: int) -> Changes:
        """Let time pass (ms) for a partition that gets no records."""
