"""Reads the compacted state topics, all partitions from the beginning, into the `LiveModel`."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from stream_app.board import consuming
from stream_app.board.endings import END_OF_PARTITION, LOG_IS_CUT, LOG_IS_GONE, NO_BROKER
from stream_app.board.live import Entry, LiveModel, wall_ms
from stream_app.board.progress import PartitionProgress
from stream_app.board.soundness import Judge, Tally
from stream_app.engine.manifest import KEY as MANIFEST
from stream_app.engine.manifest import REBUILD, read, refuse_newer
from stream_app.errors import UserError

log = structlog.get_logger(__name__)

BATCH = 2_000
"""Records per call: some 10 ms of work under the model's lock, so a scrape never waits long for it."""
POLL_SECONDS = 0.25
RETRY_SECONDS = 1.0
DAMAGED_SECONDS = 5.0
"""Between two looks at damaged state: somebody has to act before it can be whole."""


class StartOver(Exception):
    """The state topics changed under the reader; everything must be read again: a turn of the loop, no error."""


class Damaged(Exception):
    """The state topics hold what must not be believed; figures of it would be wrong."""


class Reader(threading.Thread):
    """The thread that owns the consumer.

    It assigns partitions itself and joins no group: every board reads everything. "Caught up" comes from
    partition end marks in fetch answers, because ListOffsets is wrong on the embedded broker.

    Args:
        config: librdkafka connection settings (`bootstrap.servers`, security).
        topics: The state topics.
        model: Where the records go.
        judge: Looks over what was read, once it all is; without one, everything is believed.
        schema: Highest version of the state that this program reads.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        topics: Sequence[str],
        model: LiveModel,
        judge: Judge | None = None,
        schema: int = 1,
    ) -> None:
        super().__init__(name="state-reader", daemon=True)
        self._config = config
        self._topics = tuple(topics)
        self._model = model
        self._judge = judge
        self._schema = schema
        self._tallies: dict[tuple[str, int], Tally] = {}
        """What is counted until the state is judged; empty afterwards."""
        self._heir: LiveModel | None = None
        self._stopping = threading.Event()
        self._gone = ""

    def stop(self, timeout: float = 5.0) -> None:
        """End the thread and wait for it, *timeout* seconds at most."""
        self._stopping.set()
        if self.is_alive():
            self.join(timeout)

    def move_to(self, model: LiveModel) -> None:
        """Let *model* take over what was read into the present one; it is fed from then on, by this thread alone."""
        self._heir = model

    def run(self) -> None:
        """Read until stopped; start over when the log under the position is gone."""
        while not self._stopping.is_set():
            consumer = consuming.consumer(self._config, self._on_error, self._on_statistics)
            try:
                self._read(consumer)
            except StartOver as reason:
                log.warning("reading the state topics anew", reason=str(reason))
                self._start_over()
            except (Damaged, UserError) as found:
                self._refuse(str(found))
            except Exception:
                # A reader that ended would leave figures that look alive and never move again.
                log.exception("reading failed; reading the state topics anew")
                self._start_over()
            finally:
                consumer.close()
                self._gone = ""

    def _refuse(self, why: str) -> None:
        """Show no figure until the state is whole: it is read again now and then."""
        sentences = tuple(why.splitlines())
        if sentences != self._model.progress.damage:
            log.error("the stored state is damaged", damage=sentences)
        self._model.progress = replace(self._model.progress, damage=sentences)
        self._start_over()
        self._stopping.wait(DAMAGED_SECONDS)

    def _start_over(self) -> None:
        before = self._model.progress
        self._model.progress = replace(before, partitions=(), rebuilds=before.rebuilds + 1)
        self._model.restart()
        self._stopping.wait(RETRY_SECONDS)

    def _read(self, consumer: Consumer) -> None:
        sources = self._discover(consumer)
        # From 0 and not from "the beginning": compaction leaves it at 0, so that a log that begins later was cut.
        consumer.assign([TopicPartition(topic, number, 0) for topic, number in sources])
        self._tallies = {} if self._judge is None else {source: Tally() for source in sources}
        self._publish(partitions=tuple(PartitionProgress(topic, number) for topic, number in sources))
        index = {source: i for i, source in enumerate(sources)}
        while not self._stopping.is_set():
            messages = consumer.consume(BATCH, POLL_SECONDS)
            if self._heir is not None:
                self._heir.adopt(self._model)
                self._model, self._heir = self._heir, None
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
                    entry = (source, key, value if isinstance(value, bytes) else None)
                    if key == MANIFEST:
                        self._sealed(message, entry[2])
                    else:
                        entries.append(entry)
                    if self._tallies:
                        self._tallies[message.topic() or "", message.partition() or 0].add(*entry[1:])
            elif error.code() == END_OF_PARTITION:
                positions[source] = ended[source] = offset
            elif error.code() in LOG_IS_CUT and consuming.begins_later(consumer, message):
                raise Damaged(
                    f"{message.topic()}[{message.partition()}] has lost its first records (DeleteRecords, or a cleanup "
                    f"policy other than compact). {REBUILD}"
                )
            elif error.code() in LOG_IS_GONE:
                raise StartOver(f"{message.topic()}[{message.partition()}]: {error.str()}")
            else:
                self._publish(trouble=error.str())
        rejected = self._model.apply(entries) if entries else 0
        partitions = list(self._model.progress.partitions)
        for source, position in positions.items():
            partitions[source] = consuming.moved(consumer, partitions[source], position, ended.get(source))
        before = self._model.progress
        if self._tallies and all(one.caught_up for one in partitions):
            self._judge_once()
        self._publish(
            damage=() if all(one.caught_up for one in partitions) else before.damage,
            partitions=tuple(partitions),
            records=before.records + len(entries),
            rejected=before.rejected + rejected,
            last_record_at=wall_ms() if entries else before.last_record_at,
            **({"trouble": ""} if positions else {}),
        )

    def _sealed(self, message: Message, value: bytes | None) -> None:
        """Refuse state that a newer program writes, at any time."""
        if value is not None:
            refuse_newer(read(value), self._schema, f"{message.topic()}[{message.partition()}]")

    def _judge_once(self) -> None:
        """Look over all that was read; what comes later is written by workers that look for themselves."""
        assert self._judge is not None
        try:
            found = self._judge(self._tallies)
        except KafkaException as error:
            raise StartOver(f"the state could not be looked over: {error}") from error
        if found:
            raise Damaged("\n".join(found))
        self._tallies = {}

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
