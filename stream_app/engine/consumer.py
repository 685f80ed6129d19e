"""Faust's consumer, fetching whole batches: each partition's records reach the agent as one event.

Differences to the consumer that it extends, all by overriding:
* a batch is one message, and records stay what the C parser made (`unpack`);
* offsets come from the ledger of durable batches, never from Faust's acks;
* a rebalance waits for the batches in work and commits them before partitions are given up;
* after a rebalance a partition continues at its own durable position.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, cast

from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver

from stream_app.engine.batch import Batch
from stream_app.engine.consumer_thread import BatchConsumerThread
from stream_app.engine.failstop import fail_stop
from stream_app.engine.manifest import REBUILD
from stream_app.engine.restore import RestoreCancelledError

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from faust.transport.consumer import RecordMap
    from faust.types.transports import TPorTopicSet
    from faust.types.tuples import TP
    from mode import ServiceT

    from stream_app.engine.app import EngineApp
    from stream_app.engine.fetched import Fetched

logger = logging.getLogger(__name__)

_BUSY_FETCH_SECONDS = 0.02
_STOP_SECONDS = 8.0


class BatchConsumer(driver.Consumer):
    """Delivers batches and commits what the ledger says is durable."""

    _thread: BatchConsumerThread
    app: EngineApp

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._positions: MutableMapping[TP, int] = {}
        self._sought_again: set[TP] = set()

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
                fetched, _ = await self._wait_next_records(timeout=1.0)
                for tp, found in cast("Mapping[TP, Fetched]", fetched or {}).items():
                    if not self.flow_active:
                        break  # positions are set again before the flow resumes
                    await self._deliver(tp, found)
                await asyncio.sleep(0)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise
        except Exception as error:  # noqa: BLE001 - whatever it is, a dead fetcher would look like silence
            fail_stop(f"fetching records failed: {error}", error=error)

    async def _deliver(self, tp: TP, found: Fetched) -> None:
        expected = self._positions.get(tp)
        if expected is None:
            return  # not sought yet; it will be before the flow resumes
        if found.start != expected and tp not in self._sought_again:
            # A fetch that a rebalance has overtaken: taken before the position was set, or twice.
            self._sought_again.add(tp)
            await self._seek(tp, expected)
            return
        self._sought_again.discard(tp)
        known = max(expected - 1, self.app.lanes.stamp(tp))
        end: int | None = self.highwater(tp)  # Faust says int
        if end is None:
            return  # taken away while its records were on their way; it is sought again if it comes back
        if found.start < expected or known >= end:
            fail_stop(
                f"{tp.topic}/{tp.partition} ends at {end} while its state knows offset {known}: was the topic "
                f"deleted and made again? {REBUILD}"
            )
        if found.start > expected:
            logger.error(
                "%s/%d: records %d to %d were deleted before they were folded; is the retention too short?",
                *(tp.topic, tp.partition, expected, found.start - 1),
            )
        self._positions[tp] = found.end
        self.app.lanes.fetched(tp)
        batch = Batch(tp, found.records, expected, found.end, self.app.consumer_generation_id, found.start - expected)
        await self.wait_first(self.callback(batch.message()), self.suspend_flow.wait())

    async def perform_seek(self) -> None:
        """Set every assigned partition to a known position.

        That is the one after its last durable batch, else the committed one, else the beginning; never one
        past what its state has seen. Raises RestoreCancelledError when another assignment has come meanwhile: what
        the answers are about may be somebody else's.
        """
        generation = self.app.membership.generation
        self._positions.clear()
        self._sought_again.clear()
        committed = {ensure_TP(tp): offset for tp, offset in (await self.seek_to_committed()).items()}
        self._require(generation)
        positions = self.app.ledger.resume(committed, {tp: self.app.lanes.complete(tp) for tp in committed})
        unknown = committed.keys() - positions.keys()
        if unknown:
            earliest = {ensure_TP(tp): n for tp, n in (await self.earliest_offsets(*unknown)).items()}
            self._require(generation)
            positions |= self.app.ledger.begin(earliest)
        for tp, position in positions.items():
            await self._seek(tp, position)
        self._positions.update(positions)

    def _require(self, generation: int) -> None:
        if self.app.membership.generation != generation:
            raise RestoreCancelledError

    async def wait_empty(self) -> None:
        """Wait for the batches in work, then commit. Faust calls this when partitions are revoked and at the end."""
        if not self.app.should_stop:
            self.app.membership.leave()
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
        end: int | None = self.highwater(tp)  # Faust says int
        if position is None or end is None:
            return None
        return max(0, end - position)

    def heard_at(self, tp: TP) -> float | None:
        """Return when the broker last answered a fetch of the partition, Unix seconds; None when never."""
        at = self._thread.last_poll_timestamp(tp)
        return None if at is None else at / 1000


class BatchTransport(driver.Transport):
    """The aiokafka transport with the batch consumer."""

    Consumer = BatchConsumer
