"""Recovery after a rebalance: read the state of partitions that are new here, keep what is still current.

Takes the place of Faust's recovery, which reads one record at a time, logs and skips records that
it cannot apply, and trusts the broker about where a topic ends.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, cast

from aiokafka.errors import IllegalStateError
from confluent_kafka import KafkaException
from faust.tables.manager import TableManager
from faust.types.tuples import TP
from mode import Service

from stream_app.engine.failstop import fail_stop
from stream_app.engine.manifest import COPY, DamagedStateError
from stream_app.engine.recovered import recover
from stream_app.engine.restore import RestoreCancelledError
from stream_app.engine.soundness import examine
from stream_app.engine.surroundings import topics_seen
from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from stream_app.engine.app import EngineApp
    from stream_app.engine.manifest import Seal
    from stream_app.engine.soundness import Expected, Found

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 15.0


class Recovery(Service):
    """Opens a shard for every partition that a rebalance brings, then lets the batches flow."""

    def __init__(self, app: EngineApp, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.app = app
        self.completed = asyncio.Event()
        self.joining_since: float | None = None
        """Monotonic time since when this worker waits for its partitions; None when it has them."""
        self.started_at: float | None = None
        """Monotonic time that the recovery in progress began; None when there is none."""
        self._wanted = asyncio.Event()
        self._generation = -1
        self._relied_on: dict[str, str] = {}
        """Ids of the topics that the state held here was judged by."""
        self._partitions: dict[str, int] = {}
        """Their numbers of partitions, when they were first looked at."""

    async def on_start(self) -> None:
        """Wait for the first assignment."""
        self.joining_since = time.monotonic()

    def on_partitions_revoked(self, revoked: set[TP]) -> None:  # noqa: ARG002 - Faust's signature
        """Wait for the next assignment; shards are dropped when it is known which partitions do not come back."""
        self.joining_since = time.monotonic()

    async def on_rebalance(
        self,
        assigned: set[TP],
        revoked: set[TP],  # noqa: ARG002 - Faust's signature; the lanes know what they hold
        newly_assigned: set[TP],  # noqa: ARG002
        generation_id: int = 0,
    ) -> None:
        """Take the new assignment; reading goes on in the background, so that heartbeats go on too."""
        self._generation = generation_id
        continuous = self.app.membership.join(generation_id, assigned)
        self.app.lanes.keep(assigned if continuous else set())
        self.app.meters.rebalances += 1
        self.joining_since = None
        self.started_at = time.monotonic()
        self.app.in_recovery = True
        self._wanted.set()

    @Service.task
    async def _recover_when_wanted(self) -> None:
        while not self.should_stop:
            if await self.wait_for_stopped(self._wanted):  # type: ignore[arg-type]  # mode means asyncio's event
                return
            self._wanted.clear()
            try:
                await self._recover(self._generation)
            except (RestoreCancelledError, IllegalStateError):
                # The group may have taken a partition away that moment; the call for the new assignment is on its way.
                logger.info("another rebalance came during recovery")
            except asyncio.CancelledError:
                raise
            except UserError as error:
                fail_stop(f"{error.message} {error.hint}")
            except Exception as error:  # noqa: BLE001 - without its state this worker must not count
                if not self.should_stop:
                    fail_stop("recovery failed", error=error)

    def _overtaken(self, generation: int) -> bool:
        return self.should_stop or generation != self.app.consumer_generation_id or self._wanted.is_set()

    async def _recover(self, generation: int) -> None:
        app = self.app
        missing = [tp for tp in sorted(app.membership.assigned) if not app.lanes.holds(tp)]
        if missing:
            await self._open(missing, generation)
        if self._overtaken(generation):
            raise RestoreCancelledError
        await app.on_rebalance_complete.send()
        consumer = app.consumer
        assignment = consumer.assignment()
        if assignment:
            await consumer.perform_seek()
        if self._overtaken(generation):
            raise RestoreCancelledError
        app.lanes.resume()
        consumer.resume_partitions(assignment)
        app.flow_control.resume()
        consumer.resume_flow()
        app.in_recovery = False
        await app._fetcher.maybe_start()  # noqa: SLF001 - as Faust's own recovery does
        app.tables.on_actives_ready()
        app.tables.on_standbys_ready()
        app.on_rebalance_end()
        if self.started_at is not None:
            app.meters.recovery_seconds = time.monotonic() - self.started_at
            self.started_at = None
        self.completed.set()
        logger.info("generation %d: %d partitions, %d of them restored", generation, len(assignment), len(missing))

    async def _open(self, missing: list[TP], generation: int) -> None:
        app = self.app
        try:
            judged = self._judged(await self._read_back(missing, generation))
        except DamagedStateError as error:
            # A worker that was frozen while it read may have seen two moments, or what somebody else has half written.
            logger.warning("state is read again before it is refused: %s", error)
            await self._reassured(generation)
            judged = self._judged(await self._read_back(missing, generation))
        for tp, (expected, found, seal) in judged.items():
            if self._overtaken(generation):
                raise RestoreCancelledError
            self._rely_on(expected.topics())
            await app.lanes.open(tp, generation, found.cells, found.journeys, seal)
            await asyncio.sleep(0)  # opening a shard may take a while; let heartbeats and /healthz through

    @staticmethod
    def _judged(recovered: dict[TP, tuple[Expected, Found]]) -> dict[TP, tuple[Expected, Found, Seal]]:
        return {tp: (expected, found, examine(expected, found)) for tp, (expected, found) in recovered.items()}

    async def _reassured(self, generation: int) -> None:
        """Return when the group has said, after this call, that the partitions are still this worker's."""
        member = self.app.membership
        now = member.confirmed_at + member.silence
        while member.confirmed_at <= now:
            if self._overtaken(generation):
                raise RestoreCancelledError
            await asyncio.sleep(0.1)

    async def _read_back(self, missing: list[TP], generation: int) -> dict[TP, tuple[Expected, Found]]:
        """Read in a thread, so that heartbeats go on; raises RestoreCancelledError when it has become pointless."""
        cancelled = threading.Event()
        reading = asyncio.get_running_loop().run_in_executor(None, self._read, missing, cancelled)
        try:
            while not reading.done():
                await asyncio.wait([reading], timeout=0.1)
                if self._overtaken(generation):
                    cancelled.set()
        except asyncio.CancelledError:
            cancelled.set()
            # Nobody waits for the thread any more; asyncio would log its exception as one that nobody has heard of.
            reading.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise
        return await reading

    def _read(self, missing: list[TP], cancelled: threading.Event) -> dict[TP, tuple[Expected, Found]]:
        """Read the state of partitions and all that it is judged by; blocking."""
        settings, agents = self.app.settings, self.app.agents_by_topic
        recovered: dict[TP, tuple[Expected, Found]] = {}
        for source in sorted({tp.topic for tp in missing}):
            spec = agents[source].spec
            numbers = [tp.partition for tp in missing if tp.topic == source]
            for number, pair in recover(settings, spec, numbers, cancelled).items():
                recovered[TP(source, number)] = pair
        return recovered

    @Service.timer(_LOOK_SECONDS)
    async def _watch_topics(self) -> None:
        """End the worker when a topic was made again or given partitions under it.

        What it writes from then on would look whole; and a key would move away from its state.
        """
        if not self._relied_on or self.app.in_recovery:
            return
        try:
            seen = await asyncio.to_thread(topics_seen, self.app.settings, sorted(self._relied_on))
        except KafkaException as error:
            logger.warning("the topics could not be looked at: %s", error)
            return
        self._rely_on({name: topic and topic.id for name, topic in seen.items()})
        counts = {name: topic.partitions for name, topic in seen.items() if topic}
        if len(set(counts.values())) > 1 or counts != {**counts, **self._partitions}:
            fail_stop(f"the partitions of topics have changed, from {self._partitions or 'equal'} to {counts}. {COPY}")
        self._partitions = counts

    def _rely_on(self, ids: Mapping[str, str | None]) -> None:
        for name, found in ids.items():
            known = self._relied_on.get(name)
            if found and known and found != known:
                fail_stop(f"topic {name} was deleted and made again while this worker used it")
            self._relied_on[name] = found or known or ""


class StateTables(TableManager):
    """Faust's table manager, with this recovery and without consuming state topics as streams."""

    app: EngineApp
    _restoring: Recovery | None = None

    @property
    def recovery(self) -> Recovery:  # type: ignore[override]  # another service with the same duties
        """The recovery service."""
        if self._restoring is None:
            self._restoring = Recovery(self.app, beacon=self.beacon, loop=self.loop)
        return self._restoring

    async def on_start(self) -> None:
        """Start tables and recovery."""
        await self._update_channels()
        await self.recovery.start()

    async def on_stop(self) -> None:
        """Stop fetching, recovery and tables."""
        await super().on_stop()
        await self.recovery.stop()

    async def _update_channels(self) -> None:
        self._tables_finalized.set()
        for table in self.values():
            await cast("Service", table).maybe_start()
        self._tables_registered.set()
