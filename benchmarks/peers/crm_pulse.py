"""The product's worker as it runs in production, with a mark at its first batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers import mark
from stream_app.app import create_app, shard_opener
from stream_app.settings import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream_app.engine.protocol import Changes, Partition, Record, Shard


class Marked:
    """A shard that marks its first batch."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self.durable = shard.durable
        self.idle = shard.idle
        self.stored = shard.stored

    def apply(self, records: Sequence[Record]) -> Changes:
        """Fold a batch."""
        mark.first()
        return self._shard.apply(records)


def main() -> None:
    """Run until the race ends this."""
    settings = load()
    opened = shard_opener(settings)

    def open_shard(partition: int, cells: Partition, journeys: Partition) -> Shard:
        return Marked(opened(partition, cells, journeys))

    create_app(settings, open_shard).Worker(loglevel="WARNING").execute_from_commandline()


if __name__ == "__main__":
    main()
