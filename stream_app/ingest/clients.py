"""librdkafka settings of the producer and of the reader that tools use."""

from __future__ import annotations

from typing import Any

from stream_app.engine.clients import confluent, no_broker
from stream_app.errors import UserError
from stream_app.settings import Settings

CONNECT_SECONDS = 5.0
"""Time in which a broker has to answer at the start."""

LARGEST_RECORD = 4 * 1024 * 1024
"""Bytes; a dead letter may be larger than an event may be."""


def producer_config(settings: Settings) -> dict[str, Any]:
    """Return the settings of a producer that loses nothing and puts a key where Java clients put it."""
    config = confluent(settings) | {
        "log_level": 2,  # what matters comes back as an error, with its place
        "partitioner": "murmur2_random",
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 5,
        "queue.buffering.max.messages": 100_000,
        "message.max.bytes": LARGEST_RECORD,
    }
    if settings.one_record_batches:
        return config | {"batch.num.messages": 1}
    return config | {"compression.type": "lz4"}


def reader_config(settings: Settings) -> dict[str, Any]:
    """Return the settings of a consumer that only looks: it joins no group and commits nothing."""
    return confluent(settings) | {
        "log_level": 2,
        "group.id": f"{settings.app_id}.look",  # librdkafka wants a name even where none is used
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
    }


def unreachable(settings: Settings, error: Any) -> UserError:
    """Return what to tell the user of the ``KafkaException`` *error* of a first connection."""
    from confluent_kafka import KafkaError

    told: Any = error.args[0]
    silent = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}  # noqa: SLF001  public, odd as it is
    return no_broker(settings, "" if told.code() in silent else told.str())
