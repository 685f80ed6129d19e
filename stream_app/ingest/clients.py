"""librdkafka settings of a producer and of a reader, from the settings of this installation."""

from __future__ import annotations

from typing import Any

from stream_app.settings import Settings


def producer_config(settings: Settings) -> dict[str, Any]:
    """Return the settings of a producer that loses nothing and puts a key where Java clients put it."""
    config = _connection(settings) | {
        "partitioner": "murmur2_random",
        "acks": "all",
        "enable.idempotence": not settings.one_record_batches,
        "compression.type": "none" if settings.one_record_batches else "lz4",
        "linger.ms": 5,
        "queue.buffering.max.messages": 100_000,
        "message.max.bytes": 4 * 1024 * 1024,  # dead letters may be larger than an event may be
    }
    if settings.one_record_batches:
        config["batch.num.messages"] = 1
    return config


def reader_config(settings: Settings) -> dict[str, Any]:
    """Return the settings of a consumer that only looks: it joins no group and commits nothing."""
    return _connection(settings) | {
        "group.id": f"{settings.app_id}.look",  # librdkafka wants a name even where none is used
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        "isolation.level": "read_uncommitted" if settings.one_record_batches else "read_committed",
    }


def _connection(settings: Settings) -> dict[str, Any]:
    config: dict[str, Any] = {
        "bootstrap.servers": settings.brokers,
        "security.protocol": settings.security_protocol,
        "log_level": 2,  # what matters comes back as an error, with its place
    }
    if settings.security_protocol.startswith("SASL"):
        config["sasl.mechanism"] = settings.sasl_mechanism
        config["sasl.username"] = settings.sasl_username
        config["sasl.password"] = settings.sasl_password and settings.sasl_password.get_secret_value()
    if settings.ssl_cafile is not None:
        config["ssl.ca.location"] = str(settings.ssl_cafile)
    return config
