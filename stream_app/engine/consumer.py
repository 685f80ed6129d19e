"""Faust's consumer, fetching whole batches: each partition's records reach the agent as one event.

Differences to the consumer that it extends, all by overriding:
* a batch is one message, and records stay what the C parser made (no per-record Python object);
* offsets come from the ledger of durable batches, never from Faust's acks;
* a rebalance waits for the batches in work and commits them before partitions are given up;
* after a rebalance a partition continues at its own durable position.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, cast

from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver

from stream_app.engine.batch import Batch
from stream_app.engine.failstop import fail_stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    import aiokafka
    from faust.transport.consumer import RecordMap
    from faust.types.transports import TPorTopicSet
    from faust.types.tuples import TP
    from mode import ServiceT

    from stream_app.engine.app import EngineApp
    from stream_app.engine.protocol import Record

logger = logging.getLogger(__name__)

_FETCH_WAIT_MS = 250
_BUSY_FETCH_SECONDS = 0.02
_STOP_SECONDS = 8.0


def _as_parsed(_tp: object, record: Record) -> Record:
    """Keep the record object of aiokafka's C parser, which has all that a shard reads.

    aiokafka would copy it into a dataclass of eleven fields: 2.9 against 2.0 us a record.
    """
    return record


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that talks to Kafka: fetches without copying records, tells membership of heartbeats."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = _FETCH_WAIT_MS  # noqa: SLF001 - Faust fixes 1500 ms, a setting it lacks
        return consumer

    async def on_start(self) -> None:
        """Start the consumer and listen to its heartbeats."""
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001 - no public hook for heartbeats
        beat = coordinator._do_heartbeat  # noqa: SLF001
        membership = cast("EngineApp", self.app).membership

        async def confirming() -> bool:
            alive = bool(await beat())
            if alive:
                membership.confirm()
            return alive

        coordinator._do_heartbeat = confirming  # noqa: SLF001

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,
    ) -> Mapping[TP, list[Record]]:
        for waiting in consumer._fetcher._records.values():  # noqa: SLF001
            parsed = getattr(waiting, "_partition_records", None)
            if parsed is not None:
                parsed._consumer_record = _as_parsed  # noqa: SLF001
        return cast(
            "Mapping[TP, list[Record]]",
            await super()._fetch_records(consumer, active_partitions, timeout, max_records),
        )

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit; return False when the group has moved on or the broker cannot be reached."""
        consumer = self._ensure_consumer()
        try:
            await consumer.commit(
                {driver.ensure_aiokafka_TP(tp): driver.OffsetAndMetadata(n, "") for tp, n in offsets.items()}
            )
        except (CommitFailedError, IllegalStateError) as error:
            # Harmless: whoever owns the partition now replays from the older offset, and stamps skip.
            logger.warning("offsets not committed, the group has moved on: %s", error)
            return False
        except KafkaError as error:
            logger.warning("offsets not committed, will be tried again: %s", error)
            return False
        return True


class BatchConsumer(driver.Consumer):
    """Delivers batches and commits what the ledger says is durable."""

    _thread: BatchConsumerThread
    app: EngineApp

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._positions: MutableMapping[TP, int] = {}

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> RecordMap:  # noqa: ASYNC109
        """Fetch from the partitions whose lanes have room: a slow one holds back only itself."""
        open_partitions, all_open = self.app.lanes.with_room(active_partitions or set())
        if not open_partitions:
            await self.app.lanes.wait_for_room(timeout)
            return {}
        return await super()._getmany(open_partitions, timeout if all_open else min(timeout, _BUSY_FETCH_SECONDS))

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        """Fetch and deliver until stopped; one message per partition and fetch."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                # Read before the fetch: what a rebalance overtakes is then recognised as old.
                generation = self.app.consumer_generation_id
                records, _ = await self._wait_next_records(timeout=1.0)
                for batch in self._batches(records or {}, generation):
                    if not self.flow_active or generation != self.app.consumer_generation_id:
                        break  # positions are set again before the flow resumes
                    await self.wait_first(self.callback(batch.message()), self.suspend_flow.wait())
                await asyncio.sleep(0)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise
        except Exception as error:  # noqa: BLE001 - whatever it is, a dead fetcher would look like silence
            fail_stop("fetching records failed", error=error)

    def _batches(self, records: Mapping[TP, list[Record]], generation: int) -> Iterator[Batch]:
        for raw, found in records.items():
            tp = ensure_TP(raw)
            start = self._positions.get(tp, found[0].offset)
            self._positions[tp] = found[-1].offset + 1
            self.app.lanes.fetched(tp)
            yield Batch(tp, found, start, generation)

    async def perform_seek(self) -> None:
        """Set every assigned partition to the position after its last durable batch, or the committed offset."""
        self._positions.clear()
        committed = {ensure_TP(tp): offset for tp, offset in (await self.seek_to_committed()).items()}
        for tp, position in self.app.ledger.resume(committed).items():
            await self._seek(tp, position)
            self._positions[tp] = position

    async def wait_empty(self) -> None:
        """Wait for the batches in work, then commit. Faust calls this when partitions are revoked and at the end."""
        if not await self.app.lanes.quiesce(_STOP_SECONDS if self.app.should_stop else None):
            logger.error("the broker did not acknowledge in time; the batches in work will be read again")
        await self.force_commit()

    async def force_commit(
        self,
        topics: TPorTopicSet | None = None,  # noqa: ARG002 - Faust's signature
        start_new_transaction: bool = True,  # noqa: ARG002
    ) -> bool:
        """Commit the durable offsets that are not committed yet."""
        offsets = self.app.ledger.uncommitted(self.app.membership.assigned)
        if not offsets or not await self._commit(offsets):
            return False
        self.app.ledger.committed(offsets)
        self.app.meters.committed_at = time.time()
        return True

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: Faust's check only logs, and does not understand batches; the watchdog acts."""

    def lag(self, tp: TP) -> int | None:
        """Return the records between the durable position and the end of the partition; None when not known yet."""
        position = self.app.ledger.position(tp)
        try:
            end = self.highwater(tp)
        except IllegalStateError:
            return None
        if end is None or position is None:
            return None
        return max(0, end - position)


class BatchTransport(driver.Transport):
    """The aiokafka transport with the batch consumer."""

    Consumer = BatchConsumer
