"""The control topic: which state version and which policies are in force, followed by workers and boards.

A compacted topic of one partition with three keys. Without it, or before the first rebuild, the setting
CRM_PULSE_STATE_VERSION holds; afterwards the higher of the two. Where policies were published, they hold for
everybody, and the setting CRM_PULSE_POLICIES for nobody.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from stream_app.document import Document
from stream_app.engine.clients import confluent, no_broker
from stream_app.errors import UserError

if TYPE_CHECKING:
    from stream_app.settings import Settings

logger = logging.getLogger(__name__)

_VERSION = b"version"
_REBUILD = b"rebuild"
_POLICIES = b"policies"
_SECONDS = 5.0
MOST_BYTES = 900_000
"""Most bytes of published policies: the topic takes records of 1 MiB."""


class Switched(msgspec.Struct):
    """The version in force."""

    version: int


class Begun(msgspec.Struct):
    """A rebuild that was begun: the version that it fills, and the rules that it folds by."""

    version: int
    rules: str


class Published(msgspec.Struct):
    """Policies that were published: the text of the file, and those of the files that it names."""

    text: str
    files: dict[str, str]
    published_at: str
    """When, for people."""

    def document(self) -> Document:
        """Return what is to be read."""
        return Document(self.text, f"the policies published at {self.published_at}", self.files)


class Control:
    """The control topic, read to its end at first and then followed. For one thread; close it."""

    def __init__(self, settings: Settings, seconds: float = _SECONDS) -> None:
        """Follow the topic of *settings*, waiting so many seconds for the broker."""
        self._settings = settings
        self._seconds = seconds
        self._values: dict[bytes, bytes] = {}
        self._following = False
        self._ended = False
        self._consumer = Consumer(
            confluent(settings)
            | {
                "group.id": f"{settings.app_id}.control",  # never joined, librdkafka only wants a name
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "allow.auto.create.topics": False,
                "fetch.wait.max.ms": 100,
                "log_level": 2,
            },
            logger=logger,
        )

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def version(self) -> int:
        """Return the version in force; blocking.

        Raises KafkaException when the broker does not answer.
        """
        self._read()
        value = self._values.get(_VERSION)
        moved = 0 if value is None else msgspec.json.decode(value, type=Switched).version
        return max(moved, self._settings.state_version)

    def begun(self) -> Begun | None:
        """Return the rebuild that was begun last; blocking."""
        self._read()
        value = self._values.get(_REBUILD)
        return None if value is None else msgspec.json.decode(value, type=Begun)

    def published(self) -> Document | None:
        """Return the policies that were published last, None where there are none; blocking."""
        self._read()
        value = self._values.get(_POLICIES)
        return None if value is None else msgspec.json.decode(value, type=Published).document()

    def _read(self) -> None:
        topic = self._settings.control_topic
        if not self._following:
            if topic not in self._consumer.list_topics(timeout=self._seconds).topics:
                return
            self._consumer.assign([TopicPartition(topic, 0, 0)])
            self._following = True
        deadline = time.monotonic() + self._seconds
        while True:
            messages = self._consumer.consume(100, 0.05)
            for message in messages:
                error, key, value = message.error(), message.key(), message.value()
                if error is None:
                    if key is not None and value is not None:
                        self._values[key] = value
                    elif key is not None:
                        self._values.pop(key, None)
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the documented name
                    self._ended = True
                else:
                    logger.warning("the control topic: %s", error)
            if self._ended and not messages:
                return
            if time.monotonic() > deadline:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{topic} could not be read"))  # noqa: SLF001


def in_force(settings: Settings) -> Settings:
    """Return the settings with the state version and the policies in force.

    Raises UserError when no broker answers.
    """
    control = Control(settings)
    try:
        return settings.model_copy(update={"state_version": control.version()}).with_published(control.published())
    except KafkaException as error:
        raise no_broker(settings, error.args[0].str()) from error
    finally:
        control.close()


def begin(settings: Settings, begun: Begun) -> None:
    """Note a rebuild, so that one that was interrupted is taken up again."""
    _write(settings, _REBUILD, begun)


def switch(settings: Settings, version: int) -> None:
    """Put a version into force: workers and boards follow within seconds."""
    _write(settings, _VERSION, Switched(version))


def publish(settings: Settings, policies: Document, at: str) -> None:
    """Put policies into force for the whole installation: workers and boards follow within seconds.

    Raises UserError when they are too long for a record, or no broker answers.
    """
    value = Published(policies.text, dict(policies.files or {}), at)
    size = len(msgspec.json.encode(value))
    if size > MOST_BYTES:
        raise UserError(
            f"{policies.source} and the files that it names have {size} bytes; at most {MOST_BYTES} can be published",
            "Leave out exchange rates of days that no event falls on, such as those before the first event.",
        )
    _write(settings, _POLICIES, value)


def withdraw(settings: Settings) -> None:
    """Let every process go by its own policies file again."""
    _write(settings, _POLICIES, None)


def _write(settings: Settings, key: bytes, value: msgspec.Struct | None) -> None:
    failed: list[str] = []
    producer = Producer(confluent(settings) | {"acks": "all", "linger.ms": 0})
    producer.produce(
        settings.control_topic,
        None if value is None else msgspec.json.encode(value),
        key,
        0,
        lambda error, _: failed.append(str(error)) if error else None,
    )
    if producer.flush(_SECONDS) or failed:
        raise no_broker(settings, failed[0] if failed else f"{settings.control_topic} could not be written")
