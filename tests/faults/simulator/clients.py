"""What the engine has of Kafka's clients, in one process: a producer, a reader of state topics, a consumer's thread."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.record.memory_records import MemoryRecords
from confluent_kafka import KafkaError
from faust.transport.consumer import ensure_TP
from faust.types.tuples import TP

from stream_app.engine.consumer import BatchConsumer
from stream_app.engine.consumer_thread import BatchConsumerThread
from stream_app.engine.fetched import Fetched
from tests.faults.simulator.broker import Stored

if TYPE_CHECKING:
    from tests.faults.simulator.process import Process
    from tests.faults.simulator.world import World


@dataclass(frozen=True, slots=True)
class Message:
    """A record as confluent_kafka hands it over."""

    where: tuple[str, int]
    stored: Stored | None = None
    problem: KafkaError | None = None
    end: int | None = None

    def topic(self):
        return self.where[0]

    def partition(self):
        return self.where[1]

    def error(self):
        return self.problem

    def key(self):
        return self.stored and self.stored.key

    def value(self):
        return self.stored and self.stored.value

    def headers(self):
        return self.stored and (self.stored.headers or None)

    def offset(self):
        return self.end if self.stored is None else self.stored.offset

    def timestamp(self):
        return (1, self.stored.timestamp) if self.stored else (0, 0)


class SimProducer:
    """librdkafka's producer: first in, first out for each partition, reports for every record."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def produce(self, topic, value=None, key=None, partition=-1, on_delivery=None, timestamp=0, headers=None):  # noqa: ARG002
        process, world = self._process, self._process.world
        if world.now < process.queue_full_until:
            raise BufferError("queue full")
        if partition < 0:
            partition = zlib.crc32(key or b"") % world.broker.count(topic)
        process.outgoing.send(topic, partition, [(key, value, headers or ())], on_delivery)

    def poll(self, timeout=0):  # noqa: ARG002 - librdkafka's signature
        return 0


class SimBatchProducer:
    """aiokafka's producer as the outbox of batches uses it: a batch is appended whole, and is one future."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def start(self):
        await self._process.ask(lambda: None)

    async def send_batch(self, batch, topic, *, partition):
        process, world = self._process, self._process.world
        await asyncio.sleep(max(process.queue_full_until - world.now, 0.0))
        batch._set_producer_state(1, 0, 0)
        records = [(one.key, one.value, one.headers) for one in MemoryRecords(bytes(batch._build())).next_batch()]
        acknowledged = process.loop.create_future()

        def report(problem, message):
            if acknowledged.done():
                return
            if problem is None:
                acknowledged.set_result(SimpleNamespace(offset=message.offset()))
            else:
                acknowledged.set_exception(MessageSizeTooLargeError())

        process.outgoing.send(topic, partition, records, report)
        return acknowledged

    async def stop(self):
        """Nothing is waited for."""


class SimReader:
    """librdkafka's consumer as ``restore`` uses it: reads what the process has been shown of the state topics."""

    def __init__(self, process: Process) -> None:
        self._seen = process.shown
        self._left: list[Message] = []

    def assign(self, partitions):
        eof = KafkaError(KafkaError._PARTITION_EOF)
        for wanted in partitions:
            where = wanted.topic, wanted.partition
            records = [stored for stored in self._seen[where].records if stored.offset >= wanted.offset]
            self._left += [
                *(Message(where, stored) for stored in records),
                Message(where, None, eof, self._seen[where].end),
            ]

    def list_topics(self, topic=None, timeout=-1):  # noqa: ARG002 - librdkafka's signature
        names = {name for name, _ in self._seen}
        return SimpleNamespace(
            topics={
                name: SimpleNamespace(partitions={number: None for known, number in self._seen if known == name})
                for name in names
            }
        )

    def get_watermark_offsets(self, partition, timeout=None, cached=False):  # noqa: ARG002
        seen = self._seen[partition.topic, partition.partition]
        return seen.start, seen.end

    def consume(self, number=1, timeout=-1):  # noqa: ARG002
        found, self._left = self._left[:number], self._left[number:]
        return found

    def close(self):
        self._left = []


class SimThread:
    """The thread that talks to Kafka for the consumer: fetches, seeks and commits, with the engine's own commit."""

    _commit: Any = BatchConsumerThread._commit

    def __init__(self, process: Process) -> None:
        self._process = process
        self._assigned: set[TP] = set()
        self._positions: dict[TP, int] = {}
        self._ends: dict[TP, int] = {}
        self._polled: dict[TP, int] = {}

    @property
    def world(self) -> World:
        return self._process.world

    def assign(self, assigned: set[TP]) -> None:
        self._assigned = set(assigned)
        self._positions.clear()
        self._ends.clear()
        self._polled.clear()

    def assignment(self):
        return set(self._assigned)

    def seek(self, tp, offset):
        self._positions[ensure_TP(tp)] = offset

    def highwater(self, tp):
        return self._ends.get(tp)

    def last_poll_timestamp(self, tp):
        return self._polled.get(tp)

    async def seek_to_committed(self):
        offsets = self.world.group.offsets
        found = await self._process.ask(lambda: {tp: offsets.get(tp) for tp in self._assigned})
        self._positions.update({tp: offset for tp, offset in found.items() if offset is not None})
        return found

    async def earliest_offsets(self, *partitions):
        logs = self.world.broker.partitions
        return await self._process.ask(lambda: {tp: logs[tp.topic, tp.partition].start for tp in partitions})

    async def getmany(self, active_partitions, timeout):  # noqa: ASYNC109 - Faust's signature
        wanted = sorted(active_partitions)
        fetched = await self._fetch(wanted)
        if not fetched and timeout:
            await asyncio.sleep(timeout)
            fetched = await self._fetch(wanted)
        return fetched

    async def _fetch(self, wanted: list[TP]) -> dict[TP, Fetched]:
        logs, limit = self.world.broker.partitions, self.world.batch_limit()
        asked = {tp: self._positions[tp] for tp in wanted if tp in self._positions and tp in self._assigned}

        def answer() -> dict[TP, tuple[list[Stored], int, int, int]]:
            found = {}
            for tp, position in asked.items():
                log = logs[tp.topic, tp.partition]
                start = max(position, log.start)  # out of range resets to the earliest
                records, end = log.read(start, limit)
                found[tp] = records, start if start <= log.end else log.start, end, log.end
            return found

        found = await self._process.ask(answer)
        fetched = {}
        for tp, (records, start, end, highwater) in found.items():
            if tp not in self._assigned:
                continue
            self._ends[tp] = highwater
            self._polled[tp] = int(self._process.wall_clock() * 1000)
            if start > highwater or (end > start and asked[tp] <= highwater):
                fetched[tp] = Fetched(records, start, end)
                if self._positions.get(tp) == asked[tp]:
                    self._positions[tp] = end
            elif asked[tp] > highwater:
                self._positions[tp] = logs[tp.topic, tp.partition].start
        return fetched

    def _ensure_consumer(self):
        return self

    async def commit(self, offsets):
        """Serve both callers: Faust's consumer asks its thread, the engine's thread asks aiokafka."""
        if all(isinstance(offset, int) for offset in offsets.values()):
            return await self._commit(offsets)
        plain = {ensure_TP(tp): about.offset for tp, about in offsets.items()}
        return await self._process._do_commit_offsets(None, plain)


class SimConsumer(BatchConsumer):
    """The engine's consumer over such a thread."""

    def __init__(self, process: Process, thread: SimThread) -> None:
        self._given_thread = thread
        app: Any = process.app
        transport = SimpleNamespace(app=app, create_transaction_manager=lambda **_options: None)
        super().__init__(
            transport,
            callback=app.deliver,
            on_partitions_revoked=None,
            on_partitions_assigned=None,
            loop=process.loop,
        )

    def _new_consumer_thread(self):
        return self._given_thread

    def add_dependency(self, service):
        return service

    async def wait(self, *coros, timeout=None):  # noqa: ASYNC109 - mode's signature
        """Wait without the service being started."""
        return await super().wait(*coros, timeout=timeout)
