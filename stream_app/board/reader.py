"""Reads the compacted state topics, all partitions from the beginning, into the `LiveModel`."""

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from stream_app.board.endings import END_OF_PARTITION, LOG_IS_GONE, NO_BROKER
from stream_app.board.live import Entry, LiveModel, wall_ms
from stream_app.board.progress import PartitionProgress

log = structlog.get_logger(__name__)

BATCH = 2_000
"""Records per call: some 10 ms of work under the model's lock, so a scrape never waits long for it."""
POLL_SECONDS = 0.25
STATISTICS_MS = 2_000
RETRY_SECONDS = 1.0


class StartOver(Exception):
    """The state topics changed under the reader; everything must be read again: a turn of the loop, no error."""


class Reader(threading.Thread):
    """The thread that owns the consumer.

    It assigns partitions itself and joins no group: every board reads everything. "Caught up" comes from
    partition end marks in fetch answers, because ListOffsets is wrong on the embedded broker.

    Args:
        config: librdkafka connection settings (`bootstrap.servers`, security).
        topics: The state topics.
        model: Where the records go.
    """

    def __init__(self, config: Mapping[str, Any], topics: Sequence[str], model: LiveModel) -> None:
        super().__init__(name="state-reader", daemon=True)
        self._config = {
            **config,
            "group.id": "crm-pulse-board",  # librdkafka wants a name; no group is joined, nothing committed
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",  # a vanished log must be noticed, not skipped
            "allow.auto.create.topics": False,
            "fetch.wait.max.ms": 100,
            # A deleted topic is noticed in seconds; the defaults wait up to five minutes.
            "topic.metadata.propagation.max.ms": 3_000,
            "topic.metadata.refresh.interval.ms": 10_000,
            "statistics.interval.ms": STATISTICS_MS,
            "error_cb": self._on_error,
            "stats_cb": self._on_statistics,
            "logger": logging.getLogger("librdkafka"),
            "log_level": 2,  # each attempt to connect would be a line; what matters comes through error_cb
        }
        self._topics = tuple(topics)
        self._model = model
        self._stopping = threading.Event()
        self._gone = ""

    def stop(self, timeout: float = 5.0) -> None:
        """End the thread and wait for it, *timeout* seconds at most."""
        self._stopping.set()
        if self.is_alive():
            self.join(timeout)

    def run(self) -> None:
        """Read until stopped; start over when the log under the position is gone."""
        while not self._stopping.is_set():
            consumer = Consumer(self._config)
            try:
                self._read(consumer)
            except StartOver as reason:
                log.warning("reading the state topics anew", reason=str(reason))
                self._start_over()
            except Exception:
                # A reader that ended would leave figures that look alive and never move again.
                log.exception("reading failed; reading the state topics anew")
                self._start_over()
            finally:
                consumer.close()
                self._gone = ""

    def _start_over(self) -> None:
        before = self._model.progress
        self._model.progress = replace(before, partitions=(), rebuilds=before.rebuilds + 1)
        self._model.restart()
        self._stopping.wait(RETRY_SECONDS)

    def _read(self, consumer: Consumer) -> None:
        sources = self._discover(consumer)
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for topic, number in sources])
        self._publish(partitions=tuple(PartitionProgress(topic, number) for topic, number in sources))
        index = {source: i for i, source in enumerate(sources)}
        while not self._stopping.is_set():
            messages = consumer.consume(BATCH, POLL_SECONDS)
            if self._gone:
                raise StartOver(self._gone)
            if messages:
                self._take(consumer, messages, index)

    def _discover(self, consumer: Consumer) -> list[tuple[str, int]]:
        """Wait until every state topic exists and return all (topic, partition), topic by topic."""
        while not self._stopping.is_set():
            found, missing = [], []
            try:
                for topic in self._topics:
                    described = consumer.list_topics(topic, timeout=5).topics[topic]
                    if described.error is None and described.partitions:
                        found += [(topic, number) for number in sorted(described.partitions)]
                    else:
                        missing.append(topic)
            except KafkaException as error:
                self._publish(trouble=f"the broker does not answer: {error.args[0].str()}")
            else:
                self._publish(missing=tuple(missing), trouble="")
                if not missing:
                    return found
            consumer.poll(0)  # serves the error callback
            self._stopping.wait(RETRY_SECONDS)
        return []

    def _take(self, consumer: Consumer, messages: Sequence[Message], index: Mapping[tuple[str, int], int]) -> None:
        """Merge one batch, then move the positions: progress never promises what the model lacks."""
        entries: list[Entry] = []
        positions: dict[int, int] = {}
        ended: dict[int, int] = {}
        for message in messages:
            source = index.get((message.topic() or "", message.partition() or 0), -1)
            error = message.error()
            offset = message.offset() or 0
            if error is None:
                positions[source] = offset + 1
                key = message.key()
                if isinstance(key, bytes):
                    value = message.value()
                    entries.append((source, key, value if isinstance(value, bytes) else None))
            elif error.code() == END_OF_PARTITION:
                positions[source] = ended[source] = offset
            elif error.code() in LOG_IS_GONE:
                raise StartOver(f"{message.topic()}[{message.partition()}]: {error.str()}")
            else:
                self._publish(trouble=error.str())
        rejected = self._model.apply(entries) if entries else 0
        partitions = list(self._model.progress.partitions)
        for source, position in positions.items():
            partitions[source] = _moved(consumer, partitions[source], position, ended.get(source))
        before = self._model.progress
        self._publish(
            partitions=tuple(partitions),
            records=before.records + len(entries),
            rejected=before.rejected + rejected,
            last_record_at=wall_ms() if entries else before.last_record_at,
            **({"trouble": ""} if positions else {}),
        )

    def _publish(self, **changes: Any) -> None:
        before = self._model.progress
        self._model.progress = after = replace(before, **changes)
        if after.ready and not before.ready:
            log.info("caught up with the state topics", partitions=len(after.partitions), records=after.records)
        if after.trouble and after.trouble != before.trouble:
            log.warning("broker trouble", trouble=after.trouble)

    def _on_error(self, error: KafkaError) -> None:
        """Note what librdkafka tells beside the records; runs inside `consume` and `poll`, in this thread."""
        if error.code() in LOG_IS_GONE:
            self._gone = error.str()
        if error.code() in NO_BROKER:
            self._publish(trouble=f"the broker does not answer: {error.str()}")

    def _on_statistics(self, text: str) -> None:
        """Notice a broker that went away or came back while no record moves."""
        brokers = [b for b in json.loads(text)["brokers"].values() if b["toppars"]]
        down = [b["name"] for b in brokers if b["state"] != "UP"]
        if down:
            self._publish(trouble=f"no connection to {', '.join(sorted(down))}")
        elif brokers:
            self._publish(trouble="")


def _moved(consumer: Consumer, before: PartitionProgress, position: int, ended: int | None) -> PartitionProgress:
    """Return *before* at its new position; the end comes from fetch answers, never from ListOffsets."""
    _, end = consumer.get_watermark_offsets(TopicPartition(before.topic, before.partition), cached=True)
    known = max(end, position, ended or 0)
    return replace(before, position=position, end=known, caught_up=before.caught_up or ended is not None)
