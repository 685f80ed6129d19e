"""The thread that a worker talks to Kafka in: whole fetches as they came, membership, commits of one generation."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING, cast

from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver

from stream_app.engine.failstop import fail_stop
from stream_app.engine.fetched import Fetched, take
from stream_app.engine.patches import (
    fence_commits,
    hear_assignments,
    hear_expulsion,
    hear_heartbeats,
    keep_fetched_bytes,
    only_committed,
    wait_for_records,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiokafka
    from faust.types.tuples import TP

    from stream_app.engine.app import EngineApp

logger = logging.getLogger(__name__)

_FETCH_WAIT_MS = 250
_NOT_OURS = (AssertionError, IllegalStateError)
"""How aiokafka says that a partition is not assigned now."""


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that talks to Kafka: fetches without copying records, tells membership of heartbeats."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        keep_fetched_bytes()
        wait_for_records(consumer, _FETCH_WAIT_MS)
        only_committed(consumer)
        return consumer

    async def on_start(self) -> None:
        """Start the consumer and listen to its heartbeats."""
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001 - there is no other way to it
        member = cast("EngineApp", self.app).membership
        hear_heartbeats(coordinator, member.confirm)
        hear_assignments(coordinator, member.confirm)
        fence_commits(coordinator, lambda: member.generation)
        hear_expulsion(coordinator, self._expelled)

    def _expelled(self) -> None:
        """End when somebody else has this worker's fixed name: within its session nothing else can expel it."""
        app = cast("EngineApp", self.app)
        settings, member = app.settings, app.membership
        within = member.assigned and member.silence < settings.session_timeout
        if settings.instance_id and within and not (self.should_stop or app.should_stop):
            fail_stop(
                f"another worker runs under the name {settings.instance_id!r}: "
                "give every worker a CRM_PULSE_INSTANCE_ID of its own"
            )

    async def _fetch_records(  # type: ignore[override]  # our own getmany reads the answer
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,
    ) -> dict[TP, Fetched]:
        """Take what has been fetched for these partitions; wait up to ``timeout`` seconds for something."""
        fetcher = consumer._fetcher  # noqa: SLF001
        if not self.consumer.flow_active:
            return {}
        if consumer._closed or fetcher._closed:  # noqa: SLF001
            raise ConsumerStoppedError
        limit = max_records or sys.maxsize
        with fetcher._subscriptions.fetch_context():  # noqa: SLF001 - resets the idle time of max.poll.interval
            found = take(fetcher, active_partitions, limit)
            if not found and timeout:
                waiter = fetcher._create_fetch_waiter()  # noqa: SLF001
                done, _ = await asyncio.wait([waiter], timeout=timeout)
                if not done:
                    waiter.cancel()
                    return {}
                waiter.result()  # raises what the broker refuses for good
                found = take(fetcher, active_partitions, limit)
        return found

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit; return False when the group has moved on or the broker cannot be reached."""
        consumer = self._ensure_consumer()
        try:
            await consumer.commit(
                {driver.ensure_aiokafka_TP(tp): OffsetAndMetadata(n, "") for tp, n in offsets.items()}
            )
        except (CommitFailedError, IllegalStateError) as error:
            # Harmless: whoever owns the partition now replays from the older offset, and stamps skip.
            logger.warning("offsets not committed, the group has moved on: %s", error)
            return False
        except KafkaError as error:
            logger.warning("offsets not committed, will be tried again: %s", error)
            return False
        return True

    def highwater(self, tp: TP) -> int | None:  # type: ignore[override]  # Faust says int, and passes None on as well
        """Return the end of what can be read: it lies before the first transaction that is still open.

        None before the first fetch, and for a partition that is not assigned now: a rebalance may have taken it.
        """
        consumer = self._ensure_consumer()
        try:
            stable = cast("int | None", consumer.last_stable_offset(tp))
            return cast("int | None", consumer.highwater(tp) if stable is None or stable < 0 else stable)
        except _NOT_OURS:
            return None

    def last_poll_timestamp(self, tp: TP) -> int | None:
        """Return when the broker last answered a fetch of the partition, ms; None as with `highwater`."""
        try:
            return cast("int | None", self._ensure_consumer().last_poll_timestamp(tp))
        except _NOT_OURS:
            return None
