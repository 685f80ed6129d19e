"""The outbox through librdkafka: dead letters, and state record by record where a broker refuses whole batches."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any, cast

from confluent_kafka import KafkaException, Producer

from stream_app.engine.clients import confluent
from stream_app.engine.failstop import fail_stop
from stream_app.engine.stamps import tombstone_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from confluent_kafka import KafkaError, Message

    from stream_app.engine.protocol import Entry
    from stream_app.settings import Settings

logger = logging.getLogger(__name__)

MESSAGE_BYTES = 8 * 1024 * 1024
_QUEUE_MESSAGES = 1_000_000
_QUEUE_KBYTES = 512 * 1024
_LINGER_MS = 2
_POLL_SECONDS = 0.1


def producer_config(settings: Settings) -> dict[str, Any]:
    """Return librdkafka's configuration of a producer whose every record counts.

    Records never expire in the queue: while the broker is away they wait, and the watchdog
    ends a worker that waits too long.
    """
    config: dict[str, Any] = {
        **confluent(settings),
        "acks": "all",
        "partitioner": "murmur2_random",
        "message.max.bytes": MESSAGE_BYTES,
        "message.timeout.ms": 0,
        "queue.buffering.max.messages": _QUEUE_MESSAGES,
        "queue.buffering.max.kbytes": _QUEUE_KBYTES,
        "linger.ms": _LINGER_MS,
        "enable.idempotence": True,
    }
    return config


class Delivery:
    """Counts the delivery reports of one group of records; done when all have arrived.

    HOT: called once per record from the poll thread (0.3 us).
    """

    __slots__ = ("_done", "_failed", "_left", "_loop", "_written")

    def __init__(
        self,
        count: int,
        loop: asyncio.AbstractEventLoop,
        failed: Callable[[str], None],
        written: Callable[[str, int, int | None, int], None] | None = None,
    ) -> None:
        """Wait for so many reports; ``written`` is told of each: topic, partition, offset, records."""
        self._left = count
        self._written = written
        self._loop = loop
        self._failed = failed
        self._done: asyncio.Future[None] = loop.create_future()
        if count == 0:
            self._done.set_result(None)

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        """Take one delivery report."""
        if error is not None:
            self._failed(f"{message.topic()}/{message.partition()}: {error}")
        elif self._written is not None:
            self._written(cast("str", message.topic()), cast("int", message.partition()), message.offset(), 1)
        self._left -= 1
        if self._left == 0:
            self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def expect(self, acknowledged: asyncio.Future[Any], topic: str, partition: int, count: int) -> None:
        """Take the future of a whole record batch for a report."""
        where = f"{topic}/{partition}"

        def report(future: asyncio.Future[Any]) -> None:
            if future.cancelled() or future.exception() is not None:
                self._failed(f"{where}: {'given up' if future.cancelled() else repr(future.exception())}")
                return  # never done: nothing may build on it
            if self._written is not None:
                self._written(topic, partition, future.result().offset, count)
            self._left -= 1
            if self._left == 0:
                self._finish()

        acknowledged.add_done_callback(report)

    async def wait(self) -> None:
        """Return when the broker has acknowledged every record."""
        await self._done


def _failed(what: str) -> None:
    fail_stop(f"a record could not be written and must not be lost: {what}")


class Outbox:
    """One producer for all partitions of this worker."""

    def __init__(self, settings: Settings, failed: Callable[[str], None] = _failed) -> None:
        """Connect; ``failed`` is called, from any thread, with the first record that cannot be written."""
        self._settings = settings
        self._failed = failed
        # The embedded broker answers ListOffsets(latest) with the start of the last batch plus one, which is right
        # where that batch has one record. All in batches of one would be right too, but its fetches walk over every
        # batch of the partition: 20,000 of them cost it a core (600 writes/s are left of 5,000).
        self._last_alone = settings.one_record_batches
        self._producer = Producer(producer_config(settings) | {"error_cb": self._on_error}, logger=logger)
        self._ends: dict[tuple[str, int], int] = {}
        self._disturbed: set[tuple[str, int]] = set()
        self._stopping = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="outbox", daemon=True)
        self._poller.start()

    def _poll(self) -> None:
        while not self._stopping.is_set():
            self._producer.poll(_POLL_SECONDS)

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self._failed(str(error))
        logger.warning("producer: %s", error)

    def continues(self, topic: str, partition: int, end: int) -> None:
        """Note where a state partition ended when it was read: what is written from now on should lie there."""
        self._ends[topic, partition] = end
        self._disturbed.discard((topic, partition))

    def disturbed(self, topic: str, partition: int) -> bool:
        """Say, once, whether somebody else has written into a state partition since it was last asked."""
        found = (topic, partition) in self._disturbed
        self._disturbed.discard((topic, partition))
        return found

    def _written(self, topic: str, partition: int, offset: int | None, count: int) -> None:
        where = topic, partition
        if offset is None or offset < 0:  # a repeated request, which was in the log before: the next one tells
            self._ends.pop(where, None)
            return
        if self._ends.get(where, offset) != offset:
            self._disturbed.add(where)
        self._ends[where] = offset + count

    async def write(self, topic: str, partition: int, entries: Iterable[Entry], stamp: int) -> Delivery:
        """Queue changed entries of one state partition, once each; ``stamp`` dates the tombstones.

        The last, which may say something of all, leaves when the others are durable. Waits for that, and while the
        queue is full. Returns what to wait on for the last being durable.
        """
        entries = list(entries)
        if len(entries) > 1:
            await (await self._write(topic, partition, entries[:-1], stamp)).wait()
            entries = entries[-1:]
        return await self._write(topic, partition, entries, stamp)

    async def _write(self, topic: str, partition: int, entries: Sequence[Entry], stamp: int) -> Delivery:
        delivery = Delivery(len(entries), asyncio.get_running_loop(), self._failed, self._written)
        produce = self._producer.produce
        for key, value in entries:
            if value is None:
                await self._queue(topic, value, key, partition, delivery, headers=tombstone_headers(stamp))
                continue
            try:
                produce(topic, value, key, partition, delivery)
            except BufferError:
                await self._queue(topic, value, key, partition, delivery)
            except KafkaException as error:
                self._failed(f"{topic}/{partition}: {error}")
                raise
        return delivery

    async def send(
        self, topic: str, records: Iterable[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]]
    ) -> Delivery:
        """Queue records (key, value, headers) for the partition that their key hashes to."""
        records = list(records)
        if self._last_alone and len(records) > 1:  # their partitions are not known here, so each goes alone
            for record in records[:-1]:
                await (await self.send(topic, [record])).wait()
            records = records[-1:]
        delivery = Delivery(len(records), asyncio.get_running_loop(), self._failed)
        for key, value, headers in records:
            await self._queue(topic, value, key, -1, delivery, headers=headers)
        return delivery

    async def _queue(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int, delivery: Delivery, **extra: Any
    ) -> None:
        while True:
            try:
                self._producer.produce(topic, value, key, partition, delivery, **extra)
            except BufferError:
                await asyncio.sleep(0.01)  # the queue is full: the broker is slow or away
            except KafkaException as error:
                self._failed(f"{topic}/{partition}: {error}")
                raise
            else:
                return

    async def stop(self) -> None:
        """Stop, from the event loop."""
        self.close()

    def close(self) -> None:
        """Stop; nothing is waited for, because everything that counts was waited for when it was written."""
        self._stopping.set()
        self._poller.join(timeout=5)
