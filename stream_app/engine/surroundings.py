"""What a worker has to know beside its state to believe it: the ids of the topics, and what the group has committed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from stream_app.engine.clients import confluent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from stream_app.settings import Settings

logger = logging.getLogger(__name__)
T = TypeVar("T")

_SECONDS = 5.0
_GONE = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC})  # noqa: SLF001 - the documented name
_HOPELESS = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.UNSUPPORTED_VERSION,
        KafkaError._AUTHENTICATION,  # noqa: SLF001
    }
)
"""Errors that waiting does not cure."""
_NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
"""Sixteen zero bytes: what a broker without topic ids answers."""


class Cancelled(Protocol):
    """What tells a question that nobody waits for its answer any more."""

    def is_set(self) -> bool:
        """Say whether that is so."""


class QuestionCancelledError(Exception):
    """Nobody waits for the answer any more."""


class Seen(NamedTuple):
    """What the broker says of a topic."""

    id: str
    """Its id, "" where the broker gives none."""
    partitions: int


def topics_seen(settings: Settings, names: Collection[str]) -> dict[str, Seen | None]:
    """Return what the broker says of each topic, None where there is no such topic; blocking.

    Raises KafkaException when the broker does not answer.
    """
    client = AdminClient(confluent(settings) | {"log_level": 2}, logger=logger)
    found: dict[str, Seen | None] = {}
    for name, answer in client.describe_topics(TopicCollection(list(names)), request_timeout=_SECONDS).items():
        try:
            topic = answer.result()
        except KafkaException as error:
            if error.args[0].code() not in _GONE:
                raise
            found[name] = None
        else:
            shown = str(topic.topic_id)
            found[name] = Seen("" if shown == _NO_ID else shown, len(topic.partitions))
    return found


def committed(settings: Settings, topic: str, numbers: Collection[int]) -> dict[int, int]:
    """Return what the group has committed for partitions of a topic, below 0 where nothing; blocking.

    Raises KafkaException when the broker does not answer.
    """
    config = confluent(settings) | {"group.id": settings.group, "enable.auto.commit": False}
    consumer = Consumer(config, logger=logger)
    try:
        places = consumer.committed([TopicPartition(topic, number) for number in numbers], timeout=_SECONDS)
    finally:
        consumer.close()
    for place in places:
        if place.error is not None:
            raise KafkaException(place.error)
    return {place.partition: place.offset for place in places}


def patiently(ask: Callable[[], T], cancelled: Cancelled) -> T:
    """Ask again while the broker is away.

    Raises QuestionCancelledError soon after ``cancelled`` is set, KafkaException for what is refused for good.
    """
    while not cancelled.is_set():
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() in _HOPELESS:
                raise
            logger.warning("while recovering: %s", error)
    raise QuestionCancelledError
