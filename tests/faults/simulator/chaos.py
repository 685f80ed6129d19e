"""Random faults from a seed: what a run does is a function of the seed and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, partial
from random import Random

from stream_app.journeys.shard import Shard
from stream_app.policies import Policies
from tests.faults.simulator import traffic
from tests.faults.simulator.checks import Checks
from tests.faults.simulator.outside import replaced
from tests.faults.simulator.world import CELLS, DEAD, JOURNEYS, World

_MOST_STEPS = 60_000

FAULTS = {
    "kill": 5,
    "freeze": 3,
    "freeze at a write": 6,
    "cut": 2,
    "start": 2,
    "terminate": 2,
    "compact": 4,
    "compact all": 1,
    "broker slow": 2,
    "dead letters down": 1,
    "refuse": 1,
    "queue full": 1,
    "wall clock": 1,
    "broker quick": 2,
}


@dataclass(frozen=True)
class Plan:
    """What a seed stands for."""

    seed: int
    faults: tuple[tuple[int, str, int], ...]
    """(step, fault, a number to choose by)."""


@dataclass
class Outcome:
    """How a run ended."""

    plan: Plan
    problems: list[str]
    trace: list[str] = field(repr=False)
    steps: int = 0

    def __str__(self) -> str:
        head = [f"seed {self.plan.seed}: {len(self.plan.faults)} faults"]
        return "\n".join([*head, *self.problems[:8], "what happened:", *self.trace[-60:]])


@cache
def policies() -> Policies:
    return Policies()


def open_shard(number, cells, journeys):
    return Shard(number, policies(), cells, journeys)


def plan(seed: int) -> Plan:
    """Return the plan of a seed."""
    chance = Random(f"plan {seed}")
    kinds = [kind for kind, weight in FAULTS.items() for _ in range(weight)]
    faults, step = [], 0
    for _ in range(chance.randint(0, 14)):
        step += int(chance.expovariate(1 / chance.choice((5, 40, 300)))) + 1
        faults.append((step, chance.choice(kinds), chance.randrange(1 << 30)))
    return Plan(seed, tuple(faults))


def run(a_plan: Plan) -> Outcome:
    """Run a plan to its end and check everything."""
    chance = Random(f"traffic {a_plan.seed}")
    partitions, names = chance.randint(1, 3), ["a", "b", "c"][: chance.randint(1, 3)]
    lines = traffic.lines(chance, partitions, chance.randint(1, 4), chance.choice((2, 4, 8)))
    world = World(
        open_shard,
        partitions=partitions,
        chance=Random(f"schedule {a_plan.seed}"),
        batch=chance.choice((1, 2, 3, 50)),
        batches=chance.choice((0, 0, 1, 1_000, 100_000)),
    )
    world.group.rotate = chance.random() < 0.5
    world.repeat_chance = chance.choice((0.0, 0.0, 0.1))
    checks = Checks(world)
    with replaced(world):
        _Run(world, checks, lines, names, a_plan).go()
        world.close()
    return Outcome(a_plan, checks.problems, world.trace, world.steps)


class _Run:
    def __init__(self, world, checks, lines, names, a_plan) -> None:
        self.world: World = world
        self.checks: Checks = checks
        self.lines = list(lines)
        self.names = names
        self.due = dict[int, list[tuple[str, int]]]()
        for step, kind, number in a_plan.faults:
            self.due.setdefault(step, []).append((kind, number))
        self.last = max(self.due, default=0)
        self.arrivals = Random(f"arrivals {a_plan.seed}")

    def go(self) -> None:
        world = self.world
        for name in self.names:
            if name == "a" or self.arrivals.random() < 0.6:
                world.start(name)
        gap = self.arrivals.choice((0.0, 0.01, 0.5))
        due = 0.0
        for line in self.lines:
            due += self.arrivals.uniform(0, gap)
            world.at(due, partial(self._write, line))
        world.before_step = self._step
        while world.steps <= self.last and world.steps < _MOST_STEPS:
            world.step()
        self._drain(due)

    def _write(self, line) -> None:
        self.checks.lines[line.partition].append(line)
        traffic.write(self.world, line)

    def _step(self) -> None:
        for kind, number in self.due.pop(self.world.steps, ()):
            self._fault(kind, Random(number))

    def _fault(self, kind: str, chance: Random) -> None:
        world = self.world
        world.note(kind)
        alive = world.alive()
        if kind == "start":
            world.start(chance.choice(self.names))
        elif kind in {"compact", "compact all"}:
            where = chance.choice(sorted(world.state_partitions()))
            # What a frozen worker writes late is repaired at a recovery; min.compaction.lag.ms gives that an hour.
            clean = min(world.now - chance.choice((0.0, 1.0, 10.0)), world.late_since)
            world.broker.partitions[where].compact(clean, tombstones=False)
        elif kind == "broker slow":
            for topic in (CELLS, JOURNEYS):
                if chance.random() < 0.7:
                    world.unavailable[topic] = world.now + chance.choice((0.1, 3.0, 15.0))
        elif kind == "dead letters down":
            world.unavailable[DEAD] = world.now + chance.choice((1.0, 20.0))
        elif kind == "refuse":
            topic = chance.choice((CELLS, JOURNEYS, DEAD))
            world.refused.add(topic)
            world.at(world.now + chance.choice((0.5, 5.0)), lambda: world.refused.discard(topic))
        elif kind == "broker quick":
            world.unavailable.clear()
        elif alive:
            self._upon(chance.choice(alive), kind, chance)

    def _upon(self, process, kind: str, chance: Random) -> None:
        world = self.world
        world.note(f"{kind} {process.name}")
        if kind == "kill":
            world.kill(process.name)
        elif kind == "freeze":
            process.freeze()
            world.at(world.now + chance.choice((0.5, 5.0, 12.0, 25.0)), process.thaw)
        elif kind == "freeze at a write":
            seconds = chance.choice((11.0, 14.0, 25.0))

            def stop() -> None:
                process.stops_writing = None
                process.freeze()
                world.at(world.now + seconds, process.thaw)

            process.stops_writing = stop
        elif kind == "cut":
            process.cut = True

            def mend() -> None:
                process.cut = False

            world.at(world.now + chance.choice((2.0, 12.0, 30.0)), mend)
        elif kind == "terminate":
            process.terminate()
        elif kind == "queue full":
            process.queue_full_until = world.now + chance.choice((0.05, 2.0))
        elif kind == "wall clock":
            process.wall_offset += chance.choice((-3600.0, 3600.0))

    def _drain(self, written: float) -> None:
        """Let everything heal, and wait until all is folded."""
        world = self.world
        world.before_step = lambda: None
        world.note("everything heals")
        for process in world.alive():
            process.thaw()
            process.cut = False
            process.stops_writing = None
        world.refused.clear()
        for name in self.names:
            world.start(name)
        world.run(max(written - world.now, 0.0) + 0.001)
        if not world.run(400.0, world.drained):
            self.checks.reasons()
            self.checks.wrong(f"stuck: committed {world.group.offsets}")
            return
        if not world.run(200.0, world.owned):
            self.checks.wrong("partitions without an owner")
        world.run(12.0)  # what was read again is folded, idle partitions are told the time
        if not world.run(60.0, world.settled):
            self.checks.wrong("what somebody wrote late is not mended")
        self.checks.end()
        if not self.checks.problems:
            self._restart()

    def _restart(self) -> None:
        """Stop everybody, compact all there is, and read everything back: it must be the same."""
        world = self.world
        world.supervised = False
        for process in world.alive():
            process.die()
        for where in world.state_partitions():
            world.broker.partitions[where].compact(world.now, tombstones=True)
        world.run(1.0)
        world.supervised = True
        world.start("z")
        world.run(25.0, lambda: bool(world.processes["z"].app.lanes.items()))
        world.run(1.0)
        self.checks.end()


def smaller(outcome: Outcome, tries: int = 120) -> Outcome:
    """Leave out faults and lines as long as something is still wrong."""
    best, used = outcome, 0
    progress = True
    while progress and used < tries:
        progress = False
        for number in reversed(range(len(best.plan.faults))):
            faults = best.plan.faults[:number] + best.plan.faults[number + 1 :]
            attempt, used = run(Plan(best.plan.seed, faults)), used + 1
            if attempt.problems:
                best, progress = attempt, True
            if used >= tries:
                break
    return best
