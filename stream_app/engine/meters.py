"""What the worker counts about itself: plain numbers, read when somebody scrapes."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream_app.engine.batch import Batch
    from stream_app.engine.protocol import Changes

BATCH_BOUNDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the batch duration histogram, seconds."""


@dataclass(slots=True)
class Meters:
    """Counts since the process started; the watchdog reads them too."""

    events: Counter[str] = field(default_factory=Counter)
    """Records by what became of them: applied, duplicate, redelivered, dead."""
    late: int = 0
    capped: int = 0
    """Sets of labels that are counted as "other", for want of a place."""
    dead_letters: Counter[str] = field(default_factory=Counter)
    """Dead letters by reason."""
    entries: Counter[str] = field(default_factory=Counter)
    """State entries written, by table."""
    batches: int = 0
    batch_seconds: float = 0.0
    batch_buckets: list[int] = field(default_factory=lambda: [0] * (len(BATCH_BOUNDS) + 1))
    skipped_offsets: int = 0
    """Source offsets without a record, in the middle of others: transaction markers, or holes of compaction."""
    lost_records: int = 0
    """Source offsets that retention deleted before they were read: an alarm can stand on it."""
    rebalances: int = 0
    recovery_seconds: float | None = None
    committed_at: float | None = None
    """Unix seconds of the last offset commit."""

    def batch(self, changes: Changes, seconds: float) -> None:
        """Count one durable batch."""
        self.batches += 1
        self.batch_seconds += seconds
        self.batch_buckets[next((i for i, bound in enumerate(BATCH_BOUNDS) if seconds <= bound), -1)] += 1
        self.events["applied"] += changes.applied
        self.events["duplicate"] += changes.duplicates
        self.events["redelivered"] += changes.redelivered
        self.events["dead"] += len(changes.dead)
        self.late += changes.late
        self.capped += changes.capped
        self.entries["cells"] += len(changes.cells)
        self.entries["journeys"] += len(changes.journeys)
        self.dead_letters.update(dead.reason for dead in changes.dead)


@dataclass(slots=True)
class PartitionMeter:
    """What is known about one partition held here; it goes when the partition goes."""

    totals: Meters
    watermark: int | None = None
    """Newest event time, ms."""
    folded_at: float | None = None
    """Unix seconds of the last durable batch."""
    wall_clock: Callable[[], float] = time.time

    def batch(self, changes: Changes, seconds: float) -> None:
        """Count one durable batch of this partition."""
        self.watermark = changes.watermark
        self.folded_at = self.wall_clock()
        self.totals.batch(changes, seconds)

    def skipped(self, batch: Batch) -> None:
        """Count the offsets of a batch that no record was found for."""
        self.totals.lost_records += batch.lost
        self.totals.skipped_offsets += batch.end - batch.start - batch.lost - len(batch.records)
