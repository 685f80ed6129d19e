"""Where events go: Kafka, a JSON Lines file, or standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from stream_app.errors import UserError
from stream_app.ingest.clients import CONNECT_SECONDS, producer_config, unreachable
from stream_app.ingest.destination import Destinations

if TYPE_CHECKING:
    from stream_app.settings import Settings

Headers = Sequence[tuple[str, bytes | None]]

FLUSH_SECONDS = 60.0


class Sink(Protocol):
    """Takes records one by one and makes sure of them at the end."""

    sent: int

    def send(self, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        """Take one record; it may still be on its way when this returns."""

    def close(self) -> None:
        """Return when every record has arrived.

        Raises:
            UserError: Some did not; the message says how many and why.
        """


def open_sink(to: str) -> Sink:
    """Return the sink that ``--to`` names: kafka (each event into the topic of its family), a file, or -."""
    if to != "kafka":
        return FileSink(to)
    from stream_app import settings

    loaded = settings.load()
    return KafkaSink(loaded, Destinations(loaded.sources))


class FileSink:
    """Writes the values to a file, one a line; the name ``-`` is standard output."""

    def __init__(self, path: str) -> None:
        self.sent = 0
        self._path = path
        try:
            self._file: IO[bytes] = sys.stdout.buffer if path == "-" else Path(path).open("wb")  # noqa: SIM115
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}", "Check the folder.") from error

    def send(self, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:  # noqa: ARG002
        """Write *value*; a file of events needs no key, it is the event's subject."""
        self._file.write((value or b"") + b"\n")
        self.sent += 1

    def close(self) -> None:
        """Write out what is buffered."""
        if self._path == "-":
            self._file.flush()
        else:
            self._file.close()


class KafkaSink:
    """Produces events with acks from all replicas; a key goes to the partition that Java clients use."""

    def __init__(self, settings: Settings, destinations: Destinations) -> None:
        from confluent_kafka import Producer

        self.sent = 0
        self._destinations = destinations
        self._settings = settings
        self._failed = 0
        self._failure = ""
        self._producer: Any = Producer(producer_config(settings))
        self._check()

    def send(self, key: bytes | None, value: bytes | None, headers: Headers = (), *, otherwise: str = "") -> None:
        """Queue one record, for the topic of its family, or *otherwise* where that is unknown; waits while full."""
        topic = self._destinations.of(value, headers) or otherwise or self._destinations.first
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._delivered, headers=list(headers) or None)
            except BufferError:
                self._producer.poll(0.1)
            else:
                self.sent += 1
                if self.sent % 64 == 0:
                    self._producer.poll(0)
                return

    def flush(self) -> None:
        """Wait for what is on its way, at most a minute."""
        self._producer.flush(FLUSH_SECONDS)

    def close(self) -> None:
        """Wait until the broker has every record."""
        left = self._producer.flush(FLUSH_SECONDS)
        if lost := left + self._failed:
            why = self._failure or "no answer from the broker"
            fix = "Run the command again: event ids make a second import harmless."
            raise UserError(f"{lost} of {self.sent} events did not reach their topics: {why}", fix)

    def _delivered(self, error: Any, _message: Any) -> None:
        if error is not None:
            self._failed += 1
            self._failure = str(error)

    def _check(self) -> None:
        """Stop early, with the address, where no broker answers or the topic is missing."""
        from confluent_kafka import KafkaException

        try:
            topics = self._producer.list_topics(timeout=CONNECT_SECONDS).topics
        except KafkaException as error:
            raise unreachable(self._settings, error) from None
        if missing := [topic for topic in self._destinations.topics if topic not in topics]:
            fix = "Run `crm-pulse topics apply` first."
            raise UserError(f"the broker at {self._settings.brokers} has no topic {', '.join(missing)}", fix)
