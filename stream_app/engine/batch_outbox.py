"""The outbox of a worker: state travels as whole record batches, built in C and acknowledged as one.

librdkafka takes each record for itself and reports on each: 1,500 ns, and the report waits for the interpreter's lock.
A batch built by aiokafka's C code costs 300 ns a record and is one future. A batch is appended whole or not at all,
and leaves when the one before it is durable, so what a crash or a refusal can leave of a write is a prefix of it.
The client has one request of a partition on the wire at a time anyway.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from stream_app.engine.clients import aiokafka
from stream_app.engine.outbox import Delivery, Outbox
from stream_app.engine.patches import wait_for_leaders
from stream_app.engine.stamps import tombstone_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream_app.engine.protocol import Entry

logger = logging.getLogger(__name__)

BATCH_BYTES = 1_000_000
"""Most bytes of one record batch, unless a single record is larger: what a broker takes by default."""
_REQUEST_MS = 20_000
_RETRY_SECONDS = 0.2
_STOP_SECONDS = 2.0
_NO_HEADERS: list[tuple[str, bytes | None]] = []


class _Full:
    """A finished record batch, as aiokafka's accumulator asks for it."""

    __slots__ = ("_builder", "_bytes", "_count")

    def __init__(self, builder: DefaultRecordBatchBuilder, count: int) -> None:
        self._builder = builder
        self._count = count
        self._bytes: bytearray | None = None

    def record_count(self) -> int:
        return self._count

    def closed(self) -> bool:
        return True

    def close(self) -> None:
        """Do nothing: nobody adds to it."""

    def size(self) -> int:
        return self._builder.size() if self._bytes is None else len(self._bytes)

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._builder.set_producer_state(producer_id, producer_epoch, base_sequence)

    def _build(self) -> bytearray:
        if self._bytes is None:
            self._bytes = self._builder.build()
        return self._bytes


def record_batches(entries: Iterable[Entry], stamp: int, now: int) -> Iterator[_Full]:
    """Build the record batches of these entries, in order; ``now`` in ms dates the records.

    HOT: 300 ns an entry.
    """
    graves = tombstone_headers(stamp)
    builder, count = _builder(), 0
    for key, value in entries:
        headers = graves if value is None else _NO_HEADERS
        if builder.append(count, now, key, value, headers) is None:
            yield _Full(builder, count)
            builder, count = _builder(), 0
            builder.append(0, now, key, value, headers)  # the first record of a batch always fits
        count += 1
    if count:
        yield _Full(builder, count)


def _builder() -> DefaultRecordBatchBuilder:
    return DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, BATCH_BYTES)


class BatchOutbox(Outbox):
    """Writes state by batches; dead letters, which are few and have headers, one by one as before."""

    _starting: asyncio.Task[AIOKafkaProducer | None] | None = None

    async def write(self, topic: str, partition: int, entries: Iterable[Entry], stamp: int) -> Delivery:
        """Queue changed entries of one state partition, once each; ``stamp`` dates the tombstones.

        Waits until all batches but the last are durable. Returns what to wait on for the last.
        """
        where = f"{topic}/{partition}"
        producer = await self._started()
        if producer is None:
            return await super().write(topic, partition, entries, stamp)
        loop = asyncio.get_running_loop()
        delivery = Delivery(0, loop, self._failed)
        try:
            for batch in record_batches(entries, stamp, int(time.time() * 1000)):
                await delivery.wait()
                delivery = Delivery(1, loop, self._failed, self._written)
                acknowledged = await _queued(producer, batch, topic, partition)
                delivery.expect(acknowledged, topic, partition, batch.record_count())
        except (KafkaError, AssertionError) as error:  # aiokafka asserts that the partition exists
            self._failed(f"{where}: {error!r}")
            raise
        return delivery

    async def _started(self) -> AIOKafkaProducer | None:
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self._start(), name="state producer")
        # One lane's end must not end the start that the others wait for.
        return await asyncio.shield(self._starting)

    async def _start(self) -> AIOKafkaProducer | None:
        """Connect, however long the broker is away: the watchdog bounds it.

        Returns None when the broker refuses, as the embedded one does: librdkafka then writes record by record.
        """
        while True:
            producer = AIOKafkaProducer(
                **aiokafka(self._settings),
                enable_idempotence=True,
                request_timeout_ms=_REQUEST_MS,
                max_batch_size=BATCH_BYTES,
            )
            wait_for_leaders(producer)
            try:
                await producer.start()
            except KafkaError as error:
                await producer.stop()
                if not error.retriable:
                    logger.warning("the broker takes no batches, state is written record by record: %r", error)
                    return None
                logger.warning("the producer of state cannot connect, will be tried again: %r", error)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return producer

    async def stop(self) -> None:
        """Stop; what was not waited for when it was written does not count."""
        starting, self._starting = self._starting, None
        if starting is not None:
            if not starting.done():
                starting.cancel()
            elif (producer := starting.result()) is not None:
                try:
                    async with asyncio.timeout(_STOP_SECONDS):
                        await producer.stop()
                except TimeoutError:
                    logger.warning("the broker did not acknowledge what was still to write")
        await super().stop()


async def _queued(producer: AIOKafkaProducer, batch: _Full, topic: str, partition: int) -> asyncio.Future[object]:
    """Hand a batch over; wait while the one before it has not left, however long the broker is away."""
    while True:
        try:
            return await producer.send_batch(batch, topic, partition=partition)  # type: ignore[no-any-return]
        except KafkaTimeoutError:
            continue
