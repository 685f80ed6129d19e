"""The two tables of an agent, as Faust tables whose entries come from and go to state topics in bulk.

Faust sees tables with a store and a changelog topic. What it would do one record at a time while
events flow is done here once per batch: writing by the outbox, reading back by ``restore``.
Partition n of a table belongs to partition n of its source topic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import faust
from faust.stores.base import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from faust.types.stores import StoreT
    from faust.types.tables import CollectionT
    from faust.types.tuples import TP

    from stream_app.engine.app import EngineApp
    from stream_app.engine.outbox import Delivery
    from stream_app.engine.protocol import Entry, Partition

STORE_URL = "shards://"


class ShardStore(Store[bytes, bytes]):
    """The entries that this worker holds, by partition; the dicts are shared with the shards."""

    def __post_init__(self) -> None:
        """Start empty."""
        self._partitions: dict[int, Partition] = {}

    def adopt(self, partition: int, entries: Partition) -> None:
        """Hold the recovered entries of a partition."""
        self._partitions[partition] = entries

    def partition(self, number: int) -> Partition:
        """Return the entries of a partition; empty when it is not held here."""
        return self._partitions.get(number, {})

    def drop(self, partition: int) -> None:
        """Let go of a partition that was given up."""
        self._partitions.pop(partition, None)

    def persisted_offset(self, tp: TP) -> int | None:  # noqa: ARG002 - Faust's signature
        """Return None: nothing is kept on disk."""
        return None

    def apply_changelog_batch(self, *_arguments: Any, **_options: Any) -> None:
        """Refuse: entries are read back by ``restore`` only."""
        raise NotImplementedError("state topics are not read through Faust")

    def reset_state(self) -> None:
        """Do nothing: there are no local files."""

    async def backup_partition(self, *_arguments: Any, **_options: Any) -> None:
        """Do nothing: the state topic is the backup."""

    def restore_backup(self, *_arguments: Any, **_options: Any) -> None:
        """Do nothing: the state topic is the backup."""

    def __getitem__(self, key: bytes) -> bytes:
        for entries in self._partitions.values():
            if key in entries:
                return entries[key]
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return any(key in entries for entries in self._partitions.values())

    def __iter__(self) -> Iterator[bytes]:
        for entries in self._partitions.values():
            yield from entries

    def __len__(self) -> int:
        return sum(map(len, self._partitions.values()))

    def __setitem__(self, key: bytes, value: bytes) -> None:
        raise TypeError("a state table is written per batch, with write()")

    def __delitem__(self, key: bytes) -> None:
        raise TypeError("a state table is written per batch, with write()")


class StateTable(faust.Table[bytes, bytes]):
    """A table whose changes are written once per key and batch, to the partition of the batch."""

    def _new_store(self) -> StoreT[bytes, bytes]:
        return cast(
            "StoreT[bytes, bytes]",
            ShardStore(STORE_URL, self.app, self, table_name=self.name, loop=self.loop),
        )

    @property
    def store(self) -> ShardStore:
        """The store with its own type."""
        return cast("ShardStore", self.data)

    async def write(self, partition: int, entries: Iterable[Entry], stamp: int) -> Delivery:
        """Queue changed entries; return what to wait on for their being durable."""
        return await cast("EngineApp", self.app).outbox.write(self.changelog_topic_name, partition, entries, stamp)

    async def on_start(self) -> None:
        """Start the store; the topic is made by `crm-pulse topics apply`, never by a worker."""
        await self.add_runtime_dependency(self.data)


def state_table(app: EngineApp, name: str, topic: str, partitions: int) -> StateTable:
    """Make a state table with its topic and register it with the app."""
    table = StateTable(
        app,
        name=name,
        key_type=bytes,
        value_type=bytes,
        partitions=partitions,
        changelog_topic=app.topic(
            topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        ),
    )
    app.tables.add(cast("CollectionT", table))
    return table
