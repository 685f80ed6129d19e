"""A world: a broker, a group, processes and a clock; what happens next is chance with a seed, or the first in line.

Time passes only when nobody has anything to do. One step is one callback of one process, up to its next await, or one
thing that arrives somewhere.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any

from faust.types.tuples import TP

from stream_app.settings import load
from tests.faults.simulator.broker import Broker, PartitionLog
from tests.faults.simulator.group import Coordinator
from tests.faults.simulator.process import Process

BEGINNING = 1_772_445_600.0 + 112 * 86_400
"""Unix seconds of the world's beginning: after all events."""
SOURCE = "crm.relationships"
_RESTART_SECONDS = 2.0
_LATENCIES = (0.0, 0.0, 0.0, 0.001, 0.003, 0.02, 0.02, 0.3)

SETTINGS = load(
    brokers="nowhere:1",
    app_id="sim",
    relationships_topic=SOURCE,
    session_timeout=10,
    commit_interval=1,
    idle_interval=5,
    stall_timeout=60,
)
CELLS, JOURNEYS, DEAD = SETTINGS.cells_topic, SETTINGS.journeys_topic, SETTINGS.dead_letters_topic


class World:
    """One run. Without chance, everything happens at once and in order."""

    def __init__(
        self,
        open_shard: Callable[..., Any],
        *,
        partitions: int = 1,
        chance: Random | None = None,
        batch: int = 3,
        batches: int = 0,
    ) -> None:
        self.settings: Any = SETTINGS
        self.open_shard = open_shard
        self.chance = chance
        self.batch = batch
        self.batches = batches
        """Most bytes of one record batch that workers write their state in; 0 where they write record by record."""
        self.now = 0.0
        self.steps = 0
        self.turn: Process | None = None
        self.broker = Broker()
        for topic in (SOURCE, CELLS, JOURNEYS):
            self.broker.create(topic, partitions)
        self.broker.create(DEAD, 1)
        self.sources = [TP(SOURCE, number) for number in range(partitions)]
        self.group = Coordinator(lambda: self.now, self.sources, SETTINGS.session_timeout)
        self.processes: dict[str, Process] = {}
        self.dead: list[Process] = []
        self.trace: list[str] = []
        self.refused: set[str] = set()
        """Topics that refuse every record."""
        self.unavailable: dict[str, float] = {}
        """Topics that take no record, until when."""
        self.recreated: dict[str, int] = {}
        """How often topics were made again."""
        self.late_since = float("inf")
        """When a worker was first frozen, told to stop, or had to wait for a slow broker.

        From then on, what lies later in a log need not be newer.
        """
        self.repeat_chance = 0.0
        self.supervised = True
        self.all_on_wire = False
        """Without chance: whether all that a process has sent arrives when it dies, or nothing of it."""
        self.turns: dict[int, int] = {}
        """Without chance: steps at which another than the first in line goes on, and which."""
        self.forks: dict[int, int] = {}
        """Without chance: how many could have gone on, by the steps at which that was more than one."""
        self.before_step: Callable[[], None] = lambda: None
        self._queue: list[tuple[float, int, Callable[[], object]]] = []
        self._number = 0
        self._watch()

    # ---- time and chance

    def wall_clock(self) -> float:
        return BEGINNING + self.now

    def latency(self) -> float:
        return self.chance.choice(_LATENCIES) if self.chance else 0.0

    def between(self, low: float, high: float) -> float:
        return self.chance.uniform(low, high) if self.chance else low

    def toss(self, likely: float) -> bool:
        return self.chance.random() < likely if self.chance else False

    def some_of(self, number: int) -> int:
        return self.chance.randint(0, number) if self.chance else number * self.all_on_wire

    def repeats(self) -> bool:
        return bool(self.repeat_chance) and self.toss(self.repeat_chance)

    def batch_limit(self) -> int:
        return self.chance.randint(1, self.batch) if self.chance else self.batch

    def at(self, due: float, what: Callable[[], object]) -> None:
        """Let something happen at a time."""
        self._number += 1
        heapq.heappush(self._queue, (due, self._number, what))

    def later(self, what: Callable[[], object]) -> None:
        """Let something happen after a latency."""
        self.at(self.now + self.latency(), what)

    # ---- processes

    def start(self, name: str) -> None:
        """Start a worker; nothing where it runs."""
        known = self.processes.get(name)
        if known is None or known.gone:
            if known is not None:
                self.dead.append(known)
            self.processes[name] = Process(self, name)
            self.note(f"{name} starts")

    def ended(self, process: Process) -> None:
        """Hear that a process ended itself; somebody starts it again."""
        self.note(f"{process.name} ends: {process.reason}")
        if self.supervised:
            self.at(self.now + _RESTART_SECONDS, lambda: self.start(process.name))

    def kill(self, name: str) -> None:
        process = self.processes[name]
        if not process.gone:
            process.die()
            self.note(f"{name} is killed")
            self.at(self.now + _RESTART_SECONDS, lambda: self.start(name))

    def left(self, process: Process) -> None:
        """Hear that a process has stopped in order; it comes back later."""
        self.note(f"{process.name} has left")
        if self.supervised:
            self.at(self.now + _RESTART_SECONDS, lambda: self.start(process.name))

    def alive(self) -> list[Process]:
        return [process for process in self.processes.values() if not process.gone]

    def _awake(self) -> list[Process]:
        return [process for process in self.processes.values() if not (process.gone or process.frozen)]

    def whose(self) -> Process:
        assert self.turn is not None
        return self.turn

    def note(self, what: str) -> None:
        self.trace.append(f"{self.steps:6} {self.now:9.3f} {what}")

    def _watch(self) -> None:
        for process in self.alive():
            if not process.frozen:
                self.turn = process
                problem = process.app.watchdog.problem()
                self.turn = None
                if problem is not None:
                    process.fail(problem)
        self.at(self.now + 1.0, self._watch)

    # ---- state topics

    def state_partitions(self) -> list[tuple[str, int]]:
        return [where for where in self.broker.partitions if where[0] in {CELLS, JOURNEYS}]

    def show(self, where: tuple[str, int], shown: dict[tuple[str, int], PartitionLog]) -> None:
        """Show a reader what a partition holds now, behind what it has read already."""
        log = self.broker.partitions[where]
        seen = shown.get(where)
        if seen is None:
            shown[where] = PartitionLog(list(log.records), log.start, log.end)
        else:
            seen.records += [record for record in log.records if record.offset >= seen.end]
            seen.end = log.end

    def new_name(self) -> str:
        """Return a name that nobody else has."""
        self._number += 1
        return f"name-{self._number}"

    def topic_ids(self, _settings: Any, names: Any) -> dict[str, str | None]:
        """Answer as the broker does."""
        return {name: f"id-{name}-{self.recreated.get(name, 0)}" for name in names}

    def topics_seen(self, settings: Any, names: Any) -> dict[str, Any]:
        """Answer as the broker does, with the number of partitions."""
        return {
            name: SimpleNamespace(id=known, partitions=self.broker.count(name))
            for name, known in self.topic_ids(settings, names).items()
        }

    # ---- going on

    def step(self) -> None:
        """Let one thing happen, or time pass to the next one that will."""
        self.before_step()
        self.steps += 1
        while True:
            due = self._queue[0][0] <= self.now  # it is never empty: the watchdogs look every second
            awake = self._awake()
            ready = [process for process in awake if process.loop.has_work(self.now)]
            choices = due + len(ready)
            if choices:
                break
            times = [when for process in awake if (when := process.loop.next_timer()) is not None]
            self.now = max(self.now, min([self._queue[0][0], *times]))
            self.group.expire()
        if choices > 1 and self.chance is None:
            self.forks[self.steps] = choices
        choice = self.chance.randrange(choices) if self.chance and choices > 1 else self.turns.get(self.steps, 0)
        if due and choice == 0:
            heapq.heappop(self._queue)[2]()
            return
        process = ready[choice - due]
        self.turn = process
        try:
            process.loop.run_one()
        finally:
            self.turn = None

    def drained(self) -> bool:
        """Say whether everything is folded and committed, and every partition has an owner."""
        return all(
            self.group.offsets.get(tp, 0) >= self.broker.partitions[tp.topic, tp.partition].end for tp in self.sources
        )

    def owned(self) -> bool:
        """Say whether every partition is open at a worker that the group knows as its owner."""
        return all(
            any(
                process.generation == self.group.generation
                and tp in process.app.membership.assigned
                and process.app.lanes.holds(tp)
                and not process.app.in_recovery
                for process in self.alive()
            )
            for tp in self.sources
        )

    def quiet(self) -> bool:
        """Say whether every partition is open, and nothing is on its way into the state topics."""
        lanes = [lane for process in self.alive() for _, lane in process.app.lanes.items()]
        return self.owned() and all(lane.working_since is None for lane in lanes)

    def settled(self) -> bool:
        """Say whether all is quiet, and the last word in each state partition is its owner's."""
        return self.quiet() and all(
            process.app.outbox._ends.get(where) == self.broker.partitions[where].end
            and where not in process.app.outbox._disturbed
            for process in self.alive()
            for tp, _ in process.app.lanes.items()
            if tp in process.app.membership.assigned and process.generation == self.group.generation
            for where in ((CELLS, tp.partition), (JOURNEYS, tp.partition))
        )

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Go on for so many seconds, or until something holds; say whether it does."""
        end = self.now + seconds
        while self.now < end:
            if until():
                return True
            self.step()
        return until()

    def close(self) -> None:
        for process in (*self.dead, *self.processes.values()):
            process.gone = True
            process.loop.close()
            process.loop.forget()
