"""The reader's consumer: how it is set up, and what its answers mean."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from logging import getLogger
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from stream_app.board.progress import PartitionProgress

STATISTICS_MS = 2_000


def consumer(
    config: Mapping[str, Any], on_error: Callable[[KafkaError], None], on_statistics: Callable[[str], None]
) -> Consumer:
    """Return a consumer that joins no group and commits nothing; both functions are called inside `consume`."""
    return Consumer(
        {
            **config,
            "group.id": "crm-pulse-board",  # librdkafka wants a name
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",  # a vanished log must be noticed, not skipped
            "allow.auto.create.topics": False,
            "fetch.wait.max.ms": 100,
            "fetch.queue.backoff.ms": 10,  # a partition whose queue is full rests so long, by default for a second
            # A deleted topic is noticed in seconds; the defaults wait up to five minutes.
            "topic.metadata.propagation.max.ms": 3_000,
            "topic.metadata.refresh.interval.ms": 10_000,
            "statistics.interval.ms": STATISTICS_MS,
            "error_cb": on_error,
            "stats_cb": on_statistics,
            "logger": getLogger("librdkafka"),
            "log_level": 2,  # each attempt to connect would be a line; what matters comes through error_cb
        }
    )


def begins_later(reading: Consumer, message: Message) -> bool:
    """Say whether the log that a message speaks of has lost its first records; asks the broker."""
    place = TopicPartition(message.topic() or "", message.partition() or 0)
    begin, _ = reading.get_watermark_offsets(place, timeout=5)
    return begin > 0


def moved(reading: Consumer, before: PartitionProgress, position: int, ended: int | None) -> PartitionProgress:
    """Return *before* at its new position; the end comes from fetch answers, never from ListOffsets."""
    _, end = reading.get_watermark_offsets(TopicPartition(before.topic, before.partition), cached=True)
    known = max(end, position, ended or 0)
    return replace(before, position=position, end=known, caught_up=before.caught_up or ended is not None)
