"""The product's worker on a broker, with a stopwatch: ``python -m stream_app.bench.whole_worker RECORDS FILE``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stream_app.app import create_app, shard_opener
from stream_app.bench.stopwatch import Stopwatch
from stream_app.settings import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream_app.engine.protocol import Changes, Partition, Record, Shard


class Timed:
    """A shard that tells the stopwatch what is durable."""

    def __init__(self, shard: Shard, watch: Stopwatch) -> None:
        self._shard = shard
        self._watch = watch
        self._pending = 0

    def apply(self, records: Sequence[Record]) -> Changes:
        """Fold a batch."""
        self._watch.start()
        self._pending += len(records)
        return self._shard.apply(records)

    def stored(self) -> tuple[int, int]:
        """Tell what is stored."""
        return self._shard.stored()

    def durable(self, offset: int) -> None:
        """Count the batch once it is durable."""
        self._shard.durable(offset)
        counted, self._pending = self._pending, 0
        self._watch.count(counted)

    def idle(self, watermark: int) -> Changes:
        """Let time pass."""
        return self._shard.idle(watermark)


def main() -> None:
    """Run a worker until it has folded so many records."""
    records, report = int(sys.argv[1]), Path(sys.argv[2])
    settings = load()
    watch = Stopwatch(records, report)
    opened = shard_opener(settings)

    def open_shard(partition: int, cells: Partition, journeys: Partition) -> Shard:
        return Timed(opened(partition, cells, journeys), watch)

    create_app(settings, open_shard).Worker(loglevel="WARNING").execute_from_commandline()


if __name__ == "__main__":
    main()
