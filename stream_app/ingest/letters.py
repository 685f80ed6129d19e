"""Dead letters as people need them: which record, why it was refused, what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from schemas import REASONS, BadEvent, decode
from stream_app.engine.dead_letters import ORIGINAL
from stream_app.errors import UserError
from stream_app.ingest.clients import CONNECT_SECONDS, reader_config, unreachable
from stream_app.settings import Settings

Headers = Sequence[tuple[str, bytes | None]]

LOOK = "`crm-pulse doctor` looks closer."

READ_SECONDS = 20.0
"""Longest wait for the next dead letter of a topic that has more."""

HINTS = {
    "empty": "The source sent nothing. Give the value with --value FILE, or leave it.",
    "tombstone": "The source deleted a record. Events are facts: leave it, or send an event that corrects the fact.",
    "too_large": "Cut it at the source; a redrive with --value FILE takes a smaller one.",
    "not_utf8": "The source writes another encoding. Give the mended value with --value FILE.",
    "bad_json": "The text breaks off or is no JSON. Give the mended value with --value FILE.",
    "too_deep": "Nobody writes that by hand: look at the source.",
    "unknown_type": "Is the worker older than the source? Update it and redrive; or mend it with --set type=...",
    "missing_field": "Redrive with --set FIELD=VALUE.",
    "invalid_field": "Redrive with --set FIELD=VALUE.",
    "bad_time": "Redrive with --set time=2026-03-02T09:15:00Z, the time with its zone.",
    "bad_envelope": "Redrive with --set FIELD=VALUE.",
    "no_key": "Say whom it is about: redrive with --key RELATIONSHIP.",
    "key_mismatch": "Say whom it is about: redrive with --key RELATIONSHIP --set subject=RELATIONSHIP.",
    "wrong_topic": "The source writes into the wrong topic: set it right. A redrive sends it into the right one.",
    "future_time": "Is the source's clock wrong? Redrive once its time has passed, or with --set time=...",
    "merged_into_itself": "Say into which it was merged: redrive with --set data.into=RELATIONSHIP.",
    "merge_chain": "Merge these into the last of them at the source, then redrive.",
    "unfoldable": "This is a defect of crm-pulse: please report it with this letter, then redrive after the update.",
}
"""Reason code to what a person can do."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One record that could not be used, whole, with its reason.

    Attributes:
        source: Where it was read, such as ``crm.relationships/2/1234``; names the letter.
        reason: Reason code.
        field: Field at fault, or empty.
        message: What was wrong.
        dead_at: When it was refused, ms.
        key: Key of the record.
        value: Value of the record, byte for byte.
        headers: Headers of the record.
    """

    source: str
    reason: str
    field: str
    message: str
    dead_at: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def topic(self) -> str:
        """Return the topic that the record was read from."""
        return self.source.rsplit("/", 2)[0]

    @property
    def hint(self) -> str:
        """Return what a person can do about it."""
        hint = HINTS.get(self.reason, "")
        return hint.replace("FIELD", self.field) if self.field else hint

    @property
    def meaning(self) -> str:
        """Return what the reason code means."""
        return REASONS.get(self.reason, "a reason that this release does not know")

    def text(self) -> str:
        """Return the value for reading: JSON indented, other bytes escaped."""
        if self.value is None:
            return "(null)"
        plain = self.value.decode("utf-8", "backslashreplace")
        try:
            return json.dumps(json.loads(plain), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return plain

    def type(self) -> str:
        """Return the event type that the record claims, or nothing."""
        if claimed := dict(self.headers).get("ce_type"):
            return claimed.decode("utf-8", "replace")
        try:
            event = json.loads(self.value or b"")
        except (ValueError, RecursionError):
            return ""
        return str(event.get("type", "")) if isinstance(event, dict) else ""


def refusal(key: bytes | None, value: bytes | None, headers: Headers) -> str:
    """Return why such a record would be refused again, as far as its bytes show; nothing if it is well formed."""
    try:
        event = decode(value, headers)
    except BadEvent as bad:
        return str(bad)
    if not key and event.subject is None:
        return f"no_key: {REASONS['no_key']}"
    if key and event.subject is not None and event.subject.encode() != key:
        return f"key_mismatch: {REASONS['key_mismatch']}"
    return ""


def parse(key: bytes | None, value: bytes | None, headers: Headers) -> Letter:
    """Return the letter that a record of the dead-letter topic is."""
    about = {name: content or b"" for name, content in headers}

    def text(name: str) -> str:
        return about.get(name, b"").decode("utf-8", "replace")

    original = [(name.removeprefix(ORIGINAL), content) for name, content in headers if name.startswith(ORIGINAL)]
    source = "/".join((text("source-topic"), text("source-partition"), text("source-offset")))
    at = text("dead-at")
    return Letter(
        source, text("reason"), text("field"), text("message"), int(at) if at.isdigit() else 0, key, value, original
    )


def read(settings: Settings) -> Iterator[Letter]:
    """Yield the dead letters that are in the topic now, each record once.

    A worker that starts again may refuse a record a second time; the copies share source position and bytes.

    Raises:
        UserError: No broker answers, there is no such topic, or the broker stops answering.
    """
    from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

    topic = settings.dead_letters_topic
    consumer: Any = Consumer(reader_config(settings))
    try:
        partitions = _partitions(consumer, settings)
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        seen: set[bytes] = set()
        left = len(partitions)
        while left:
            message = consumer.poll(READ_SECONDS)
            if message is None:
                raise UserError(
                    f"the broker at {settings.brokers} stopped answering", "`crm-pulse doctor` looks closer."
                )
            if (error := message.error()) is not None:
                if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  its public name, odd as it is
                    raise UserError(f"cannot read {topic}: {error.str()}", LOOK)
                left -= 1
                continue
            letter = parse(message.key(), message.value(), message.headers() or ())
            same = blake2b(repr((letter.source, letter.key, letter.value)).encode(), digest_size=16).digest()
            if same not in seen:
                seen.add(same)
                yield letter
    except KafkaException as error:
        raise UserError(f"cannot read {topic}: {error.args[0].str()}", LOOK) from None
    finally:
        consumer.close()


def _partitions(consumer: Any, settings: Settings) -> list[int]:
    from confluent_kafka import KafkaException

    try:
        topics = consumer.list_topics(timeout=CONNECT_SECONDS).topics
    except KafkaException as error:
        raise unreachable(settings, error) from None
    if settings.dead_letters_topic not in topics:
        fix = "Run `crm-pulse topics apply` first."
        raise UserError(f"the broker at {settings.brokers} has no topic {settings.dead_letters_topic}", fix)
    return list(topics[settings.dead_letters_topic].partitions)
