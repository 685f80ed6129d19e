"""One worker as a process: the engine's own parts, what Faust does around them, and ways to stop, freeze and die."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from aiokafka.protocol.group import SyncGroupRequest
from faust.types.tuples import TP

from stream_app.engine.agent import AgentSpec, AgentTables
from stream_app.engine.batch_outbox import BatchOutbox
from stream_app.engine.collector import Collector
from stream_app.engine.lanes import Lanes
from stream_app.engine.ledger import Ledger
from stream_app.engine.membership import Membership
from stream_app.engine.meters import Meters
from stream_app.engine.outbox import Outbox
from stream_app.engine.patches import fence_commits, hear_assignments, hear_heartbeats
from stream_app.engine.recovery import Recovery
from stream_app.engine.tables import StateTable
from stream_app.engine.watchdog import Watchdog
from tests.faults.simulator.clients import SimConsumer, SimThread
from tests.faults.simulator.loop import VirtualLoop
from tests.faults.simulator.wire import Outgoing

if TYPE_CHECKING:
    from tests.faults.simulator.broker import PartitionLog
    from tests.faults.simulator.world import World

_HEARTBEAT = 3.0
_LOOK_SECONDS = 15.0


class _Store:
    """The entries of a table by partition, as Faust's store has them."""

    def __init__(self) -> None:
        self._entries: dict[int, dict[bytes, bytes]] = {}

    def adopt(self, partition, entries):
        self._entries[partition] = entries

    def partition(self, number):
        return self._entries.get(number, {})

    def drop(self, partition):
        self._entries.pop(partition, None)


class _Table:
    """A state table without Faust's: the engine's own way of writing."""

    write = StateTable.write

    def __init__(self, app: SimApp, topic: str) -> None:
        self.app = app
        self.changelog_topic_name = topic
        self.store = _Store()


class _Signal:
    async def send(self, *_arguments: Any) -> None:
        """Nobody listens."""


class SimApp:
    """What ``EngineApp`` is to the engine's parts, with Faust's steps of a rebalance and of a stop."""

    client_only = False
    in_transaction = False
    producer = None

    def __init__(self, process: Process) -> None:
        world = process.world
        self.settings: Any = world.settings
        self.sensors = SimpleNamespace(on_message_in=None)
        self.conf = SimpleNamespace(
            broker_commit_every=1000,
            broker_commit_interval=self.settings.commit_interval,
            broker_commit_livelock_soft_timeout=300.0,
            ConsumerScheduler=lambda: None,
            stream_wait_empty=True,
        )
        self.membership = Membership(self.settings.session_timeout, clock=lambda: world.now)
        self.ledger = Ledger()
        self.meters = Meters()
        self.collector = Collector()
        spec = AgentSpec(
            "relationships",
            self.settings.relationships_topic,
            self.settings.cells_topic,
            self.settings.journeys_topic,
            world.open_shard,
        )
        cells: Any = _Table(self, spec.cells)
        journeys: Any = _Table(self, spec.journeys)
        self.agents_by_topic = {spec.source: AgentTables(spec, cells, journeys)}
        self.consumer_generation_id = 0
        self.should_stop = False
        self.rebalancing = False
        self.in_recovery = False
        self.started = True
        self.on_rebalance_complete = _Signal()
        self.flow_control = SimpleNamespace(resume=lambda: None)
        this: Any = self
        self.lanes = Lanes(this)
        self.watchdog = Watchdog(this, end=process.fail, clock=lambda: world.now, wall_clock=process.wall_clock)
        self.outbox = (BatchOutbox if world.batches else Outbox)(self.settings)
        self.tables: Any = SimpleNamespace(on_actives_ready=lambda: None, on_standbys_ready=lambda: None)
        self.tables.recovery = Recovery(this, loop=process.loop)
        self._fetcher = SimpleNamespace(maybe_start=self._start_fetching, should_stop=False)
        self._fetching: asyncio.Task[None] | None = None
        self._process = process
        self.consumer: SimConsumer

    async def deliver(self, message) -> None:
        """Pass a batch on, as Faust's conductor and the agent do."""
        self.lanes.submit(message.value)

    async def _start_fetching(self) -> None:
        if self._fetching is None:
            fetcher: Any = self._fetcher
            self._fetching = asyncio.get_running_loop().create_task(self.consumer._drain_messages(fetcher))

    def on_rebalance_end(self) -> None:
        self.rebalancing = False

    async def revoked(self, partitions: set[TP]) -> None:
        """Do what Faust does when the group takes partitions back."""
        if self.should_stop:
            return
        consumer = self.consumer
        consumer._active_partitions.difference_update(partitions)
        consumer._paused_partitions.difference_update(partitions)
        self.tables.recovery.on_partitions_revoked(partitions)
        assignment = consumer.assignment()
        if assignment:
            consumer.stop_flow()
            consumer.pause_partitions(assignment)
            await consumer.wait_empty()

    async def assigned(self, partitions: set[TP], generation: int) -> None:
        """Do what Faust does when the group gives partitions."""
        if self.should_stop:
            return
        consumer = self.consumer
        consumer._paused_partitions.intersection_update(partitions)
        consumer._set_active_tps(set(partitions))
        await asyncio.sleep(0)
        consumer.pause_partitions(partitions)
        await asyncio.sleep(0)
        await self.tables.recovery.on_rebalance(partitions, set(), set(), generation)

    async def commit_regularly(self) -> None:
        while True:
            await asyncio.sleep(self.settings.commit_interval)
            await self.consumer.commit()

    async def stop(self) -> None:
        """Do what Faust does on SIGTERM."""
        self.should_stop = True
        self.watchdog.stopping()
        consumer = self.consumer
        assignment = consumer.assignment()
        if assignment:
            self.tables.recovery.on_partitions_revoked(assignment)
            consumer.stop_flow()
            consumer.pause_partitions(assignment)
            if self._fetching is not None:
                self._fetcher.should_stop = True
                self._fetching.cancel()
            await consumer.wait_empty()
            self.tables.recovery._stopped.set()


class Process:
    """A worker process from its start to its end, whichever that is."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.gone = False
        self.reason: str | None = None
        """Why it ended itself; None while it runs, was killed or left in order."""
        self.was_member = True
        """Whether it was still a member of the group when it ended itself."""
        self.frozen = False
        self.cut = False
        """The network to the coordinator drops what it should carry."""
        self.stops_writing: Callable[[], object] | None = None
        """What happens to it as it hands over its next record."""
        self.queue_full_until = 0.0
        self.wall_offset = 0.0
        self.held: list[Callable[[], object]] = []
        self.loop = VirtualLoop(  # type: ignore[abstract]  # what touches sockets is left out
            lambda: world.now, self._read, self._unhandled
        )
        self.outgoing = Outgoing(self)
        self.shown: dict[tuple[str, int], PartitionLog] = {}
        """The state topics as they were seen by the recovery in progress."""
        self.shown_offsets: dict[int, int] = {}
        """What the group had committed before that, by partition."""
        self.member, self.generation = "", -1
        self._group_due = 0.0
        self._rejoin = asyncio.Event()
        world.turn, before = self, world.turn
        self.thread = SimThread(self)
        self.app = SimApp(self)
        self.app.consumer = SimConsumer(self, self.thread)
        hear_heartbeats(self, self.app.membership.confirm, now=lambda: world.now)
        hear_assignments(self, self.app.membership.confirm, now=lambda: world.now)
        fence_commits(self, lambda: self.app.membership.generation)
        self._main = self.loop.create_task(self._run())
        world.turn = before

    # ---- life

    async def _run(self) -> None:
        app = self.app
        loop = asyncio.get_running_loop()
        app.watchdog._ticker = loop.create_task(app.watchdog._tick())
        recovery: Any = app.tables.recovery
        await recovery.on_start()
        self._recovering = loop.create_task(type(recovery)._recover_when_wanted.fun(recovery))
        self._looking = loop.create_task(self._look(recovery))
        self._commits = loop.create_task(app.commit_regularly())
        while True:
            assigned = await self._join()
            self._rejoin.clear()
            app.consumer_generation_id = self.generation
            self.thread.assign(assigned)
            await app.assigned(assigned, self.generation)
            beating = loop.create_task(self._beat())
            await self._rejoin.wait()
            app.rebalancing = True
            await app.revoked(assigned)
            beating.cancel()

    async def _look(self, recovery: Any) -> None:
        # mode's own timer reads the real clock.
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await type(recovery)._watch_topics.__wrapped__(recovery)

    async def _join(self) -> set[TP]:
        """Join until an assignment holds: the group may have gone on before it is asked for."""
        while True:
            self.member, self.generation, assigned = await self._ask_to_join()
            request = SyncGroupRequest(self.app.settings.group, self.generation, self.member, None, [])
            if (await self._send_req(request)).error_code == 0:
                return assigned

    async def _send_req(self, _request: SyncGroupRequest) -> Any:
        member, generation = self.member, self.generation
        answer = await self.ask(lambda: self.world.group.sync(member, generation))
        if answer in {"illegal", "unknown"}:
            self.member, self.generation = "", -1
        return SimpleNamespace(error_code=int(answer != "ok"))

    async def _ask_to_join(self) -> tuple[str, int, set[TP]]:
        answer: asyncio.Future[tuple[str, int, set[TP]]] = self.loop.create_future()

        def reply(member: str, generation: int, assigned: set[TP]) -> None:
            def arrive() -> None:
                if not answer.done():
                    answer.set_result((member, generation, assigned))

            self.world.later(lambda: self.when_awake(arrive))

        member = self.member
        await self.ask(lambda: self.world.group.join(member, self.name, reply))
        return await answer

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(min(_HEARTBEAT, self.app.settings.session_timeout / 4))
            await self._do_heartbeat()

    async def _do_heartbeat(self) -> bool:
        member, generation = self.member, self.generation
        answer = await self.ask(lambda: self.world.group.heartbeat(member, generation))
        if answer == "rebalance":
            self._rejoin.set()
        elif answer in {"illegal", "unknown"}:
            if (member, generation) == (self.member, self.generation):
                self.member, self.generation = "", -1
                self._rejoin.set()
            return False
        return True

    async def _do_commit_offsets(self, _assignment: None, offsets: dict[TP, int]) -> None:
        member, generation = self.member, self.generation
        await self.ask(lambda: self.world.group.commit(member, generation, offsets))

    # ---- its place in the world

    def wall_clock(self) -> float:
        return self.world.wall_clock() + self.wall_offset

    def when_awake(self, what: Callable[[], object]) -> None:
        """Let something from outside reach the process: now, when it thaws, or never."""
        if self.frozen:
            self.held.append(lambda: self.when_awake(what))
        elif not self.gone:
            before, self.world.turn = self.world.turn, self
            try:
                what()
            except BaseException:
                if not self.gone:
                    raise
            finally:
                self.world.turn = before

    def ask(self, request: Callable[[], Any]) -> asyncio.Future[Any]:
        """Send a request; the future holds the answer. Requests arrive in order."""
        world = self.world
        answer: asyncio.Future[Any] = self.loop.create_future()

        def arrive() -> None:
            if self.gone and not world.toss(0.5):
                return
            if self.cut:
                world.at(world.now + 1.0, arrive)
                return
            try:
                result, error = request(), None
            except Exception as problem:  # noqa: BLE001 - it is the answer
                result, error = None, problem

            def take() -> None:
                if answer.done():
                    return
                if error is None:
                    answer.set_result(result)
                else:
                    answer.set_exception(error)

            self._group_due = max(self._group_due, world.now + world.latency())
            world.at(self._group_due, lambda: self.when_awake(take))

        self._group_due = max(self._group_due, world.now + world.latency())
        world.at(self._group_due, arrive)
        return answer

    def _read(self, func: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """Run a function that reads state topics; what it sees of each partition is from two moments meanwhile."""
        world = self.world
        answer: asyncio.Future[Any] = self.loop.create_future()
        shown: dict[tuple[str, int], PartitionLog] = {}
        offsets = {tp.partition: offset for tp, offset in world.group.offsets.items()}
        ends = world.now + world.latency() * 4
        for where in sorted(world.state_partitions()):
            world.at(world.between(world.now, ends), partial(world.show, where, shown))

        def done() -> None:
            if answer.done():
                return
            for where in sorted(world.state_partitions()):
                if where not in shown or world.toss(0.5):
                    world.show(where, shown)
            self.shown, self.shown_offsets = shown, offsets
            try:
                answer.set_result(func(*arguments))
            except Exception as problem:  # noqa: BLE001 - it is the answer
                answer.set_exception(problem)

        world.at(ends, lambda: self.when_awake(done))
        return answer

    def _unhandled(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not self.gone:
            self.fail(f"unhandled: {context.get('message')}", error)

    # ---- ends

    def fail(self, reason: str, error: BaseException | None = None) -> None:
        """End by itself: what ``fail_stop`` does."""
        if not self.gone:
            self.reason = reason if error is None else f"{reason}: {type(error).__name__}: {error}"
            self.was_member = self.member in self.world.group.members and (
                self.generation == self.world.group.generation
            )
            self.world.ended(self)
            self.die()

    def die(self) -> None:
        """End at once; what is on the wire still arrives."""
        if not self.gone:
            if not self.frozen:  # else the rest of what it has sent never leaves
                self.outgoing.leave_on_wire(self.world.some_of)
            self.gone = True
            self.loop.close()

    def freeze(self) -> None:
        """Stop as with SIGSTOP."""
        self.outgoing.leave_on_wire(self.world.some_of)
        self.frozen = True
        self.world.late_since = min(self.world.late_since, self.world.now)

    def thaw(self) -> None:
        """Go on as with SIGCONT."""
        if not self.frozen:
            return
        self.frozen = False
        held, self.held = self.held, []
        for what in held:
            self.world.at(self.world.now, what)

    def terminate(self) -> None:
        """Stop in order, as with SIGTERM."""

        async def stop() -> None:
            await self.app.stop()
            member = self.member
            await self.ask(lambda: self.world.group.leave(member))
            self.die()
            self.world.left(self)

        if not self.gone and not self.app.should_stop:
            # The group may give its partitions away while it finishes what it is writing.
            self.world.late_since = min(self.world.late_since, self.world.now)
            self._stopping = self.loop.create_task(stop())
