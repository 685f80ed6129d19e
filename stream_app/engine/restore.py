"""Reading state topics back, in bulk: partitions of any number of topics at once, to their present end.

The end of a partition is where a fetch meets its high watermark (librdkafka's partition EOF), not
what ListOffsets says: the embedded broker answers that question wrongly.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.engine.clients import confluent
from stream_app.engine.manifest import KEY as MANIFEST_KEY
from stream_app.engine.manifest import REBUILD, DamagedStateError
from stream_app.engine.stamps import Merge, tombstone_stamp

if TYPE_CHECKING:
    from collections.abc import Collection
    from threading import Event

    from stream_app.settings import Settings

    Headers = list[tuple[str, bytes]] | None

logger = logging.getLogger(__name__)

_CHUNK_RECORDS = 10_000
_CHUNK_SECONDS = 0.05
_HOPELESS = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 - the documented names
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
        KafkaError._AUTHENTICATION,  # noqa: SLF001
    }
)
"""Errors that waiting does not cure."""
_CUT = frozenset({KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE})  # noqa: SLF001
"""The position is not in the log: its head was deleted, or the broker lost its end."""


class RestoreCancelledError(Exception):
    """Another rebalance made this restore pointless."""


def restore(settings: Settings, wanted: Collection[tuple[str, int]], cancelled: Event) -> dict[tuple[str, int], Merge]:
    """Read (topic, partition) pairs from their beginning to their end; blocking, call it in a thread.

    Raises RestoreCancelledError soon after ``cancelled`` is set, LookupError for a partition that does
    not exist, DamagedStateError for one whose head was deleted, KafkaException for what the broker refuses for
    good. Waits while the broker is away.
    """
    merges = {pair: Merge() for pair in wanted}
    if not merges:
        return merges
    started = time.monotonic()
    consumer = Consumer(
        {
            **confluent(settings),
            "group.id": settings.group,  # never joined, librdkafka only wants a name
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "fetch.message.max.bytes": settings.fetch_bytes,
            "fetch.max.bytes": 64 * 1024 * 1024,
            "queued.max.messages.kbytes": 128 * 1024,
            # How long a partition rests whose queue is full. By default a second, in which this reads all that is
            # queued and waits: twice the time of a recovery.
            "fetch.queue.backoff.ms": 10,
            "fetch.wait.max.ms": 50,
        },
        logger=logger,
    )
    try:
        # From 0 and not from "the beginning": asking for that costs half a second. Compaction leaves the start at 0,
        # so that a log that begins later was cut.
        consumer.assign([TopicPartition(topic, number, 0) for topic, number in merges])
        _require(consumer, merges, cancelled)
        _read(consumer, merges, cancelled)
    finally:
        consumer.close()
    records = sum(merge.records for merge in merges.values())
    seconds = time.monotonic() - started
    logger.info(
        "restored %d records of %d state partitions in %.2f s (%.0f/s)",
        *(records, len(merges), seconds, records / max(seconds, 1e-9)),
    )
    return merges


def _cut(consumer: Consumer, topic: str, number: int) -> Exception:
    """Return what to raise for a log that does not hold the offset that was asked for."""
    start, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10.0)
    if start > 0:
        return DamagedStateError(
            f"{topic}/{number} begins at offset {start}: its first records were deleted. A state topic is compacted "
            "and must never lose records by DeleteRecords or retention.",
            REBUILD,
        )
    return RuntimeError(f"{topic}/{number} ended at {end} while it was being read: the broker has lost its end")


def _require(consumer: Consumer, wanted: Collection[tuple[str, int]], cancelled: Event) -> None:
    """Raise LookupError for a partition that does not exist: librdkafka would wait for it for ever."""
    while not cancelled.is_set():
        try:
            topics = consumer.list_topics(timeout=1.0).topics
        except KafkaException as error:
            logger.warning("while restoring: %s", error)
            continue
        for topic, number in wanted:
            if topic not in topics or number not in topics[topic].partitions:
                raise LookupError(f"there is no partition {number} of a topic {topic}")
        return
    raise RestoreCancelledError


def _read(consumer: Consumer, merges: dict[tuple[str, int], Merge], cancelled: Event) -> None:
    """HOT: 1.5 us a record, of which librdkafka's objects are two thirds."""
    unfinished = set(merges)
    while unfinished:
        if cancelled.is_set():
            raise RestoreCancelledError
        current: tuple[str, int] | None = None
        merge = None
        for message in consumer.consume(_CHUNK_RECORDS, _CHUNK_SECONDS):
            pair = cast("tuple[str, int]", (message.topic(), message.partition()))
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the documented name
                    unfinished.discard(pair)
                    merges[pair].end = cast("int", message.offset())
                elif error.code() in _CUT:
                    raise _cut(consumer, *pair)
                elif error.code() in _HOPELESS:
                    raise KafkaException(error)
                else:
                    logger.warning("while restoring: %s", error)
                continue
            if pair != current:
                current, merge = pair, merges[pair]
            assert merge is not None
            key, value = message.key(), message.value()
            if key is None:
                raise ValueError(f"{pair[0]}/{pair[1]} holds a record without a key at {message.offset()}")
            if key == MANIFEST_KEY:
                if value is not None:
                    merge.sealed(value)
            elif value is None:
                merge.tombstone(key, tombstone_stamp(cast("Headers", message.headers())))
            else:
                merge.value(key, value)
