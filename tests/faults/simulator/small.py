"""Small worlds without chance, to go through every moment: a few records, one or two workers, everything at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tests.faults.simulator import traffic
from tests.faults.simulator.chaos import open_shard
from tests.faults.simulator.checks import Checks
from tests.faults.simulator.outside import replaced
from tests.faults.simulator.traffic import Line
from tests.faults.simulator.world import World
from tests.oracle.histories import START, text

MINUTE = 60_000
Fault = Callable[[World], None]


def event(who: str, number: int, kind: str, minute: float, **data: object) -> bytes:
    """Return an event that the oracle and the product read."""
    import json

    return json.dumps(
        {
            "specversion": "1.0", "id": f"{who}-{number}", "source": "/small", "type": f"crm.{kind}.v1",
            "subject": who, "time": text(int(START + minute * MINUTE)), "data": data,
        }
    ).encode()  # fmt: skip


def line(who: str, number: int, kind: str, minute: float, partition: int = 0, **data: object) -> Line:
    return Line(partition, who.encode(), event(who, number, kind, minute, **data), "applied")


def again(told: Line) -> Line:
    """Return the same event once more."""
    return Line(told.partition, told.key, told.value, "duplicate")


CREATED = line("ada", 1, "lead.created", 0, channel="web", team="north")
TOUCHED = line("ada", 2, "interaction.logged", 7, direction="out", medium="call")
TRACE = (
    CREATED,
    line("bob", 1, "case.opened", 1, case_id="c1", priority="urgent"),
    TOUCHED,
    Line(0, b"bob", b"{", "dead"),
    again(CREATED),
    line("bob", 2, "case.replied", 2, case_id="c1"),
)
"""Six records of two lives, with a repetition and one that is no event."""

CANCELLING = (
    line("ada", 1, "lead.created", 0, channel="web"),
    line("bob", 1, "lead.created", 0, channel="web"),
    line("ada", 2, "interaction.logged", 5, direction="out", medium="call"),
    line("bob", 2, "interaction.logged", 5, direction="out", medium="call"),
)
"""Two lives that leave one stock in one batch: the cell is zero while a journey may be lost."""


class Small:
    """One run of a trace."""

    def __init__(
        self,
        lines: Sequence[Line] = TRACE,
        *,
        workers: Sequence[str] = ("a",),
        partitions: int = 1,
        batch: int = 2,
        shard: Callable[..., object] = open_shard,
        all_on_wire: bool = False,
        batches: int = 0,
    ) -> None:
        self.lines = lines
        self.workers = workers
        self.world = World(shard, partitions=partitions, batch=batch, batches=batches)
        self.world.all_on_wire = all_on_wire
        self.checks = Checks(self.world)

    def in_turn(self, turns: Mapping[int, int]) -> Small:
        """Let others go on than the first in line, at some steps; until then all is as without."""
        self.world.turns = dict(turns)
        return self

    def write(self, lines: Sequence[Line]) -> None:
        for one in lines:
            self.checks.lines[one.partition].append(one)
            traffic.write(self.world, one)

    def run(
        self,
        faults: Mapping[int, Fault] | None = None,
        *,
        end: bool = True,
        until: Callable[[], bool] = lambda: True,
    ) -> list[str]:
        """Run with faults before some steps, at least until something holds; return what is wrong at the end."""
        world = self.world
        due = dict(faults or {})

        def before() -> None:
            fault = due.pop(world.steps, None)
            if fault is not None:
                fault(world)

        world.before_step = before
        with replaced(world):
            for name in self.workers:
                world.start(name)
            self.write(self.lines)
            if not world.run(200.0, lambda: world.drained() and not due and until()):
                self.checks.reasons()
                self.checks.wrong(f"stuck: {world.group.offsets}, faults left: {sorted(due)}")
            elif end:
                world.run(7.0)
                self.checks.end()
            world.close()
        return self.checks.problems

    def moments(self) -> list[int]:
        """Return the steps before which the broker has just changed: after these a crash finds something else."""
        world, found, before = self.world, [0], [""]

        def look() -> None:
            ends = [log.end for log in world.broker.partitions.values()]
            now = f"{ends} {world.group.offsets} {world.group.generation}"
            if now != before[0]:
                before[0] = now
                found.append(world.steps)

        world.before_step = look
        with replaced(world):
            for name in self.workers:
                world.start(name)
            self.write(self.lines)
            world.run(200.0, world.drained)
            world.close()
        return sorted(set(found))


def kill(name: str = "a") -> Fault:
    """Return the fault of a killed worker."""

    def fault(world: World) -> None:
        if not world.processes[name].gone:
            world.kill(name)

    return fault


def freeze(name: str, seconds: float) -> Fault:
    """Return the fault of a worker that is stopped for a while."""

    def fault(world: World) -> None:
        process = world.processes[name]
        if not process.gone:
            process.freeze()
            world.at(world.now + seconds, process.thaw)

    return fault


def late_writes(write: int, *, compacted: bool = False) -> list[str]:
    """Freeze a worker as it hands over its so manieth record; what it wrote arrives after its successor's.

    Then the successor dies, and a third reads both; or what compaction leaves of both some time later.
    """
    small = Small(TRACE[:4], workers=("a", "b"), batch=4)
    over: list[bool] = []

    def begin(world: World) -> None:
        left = [write]
        process = world.processes["a"]

        def end() -> None:
            if compacted:
                for where in world.state_partitions():
                    world.broker.partitions[where].compact(world.now, tombstones=True)
            kill("b")(world)
            over.append(True)

        def stop() -> None:
            left[0] -= 1
            if not left[0]:
                process.stops_writing = None
                process.freeze()
                world.at(world.now + 14.0, lambda: small.write(TRACE[4:]))
                world.at(world.now + 18.0, process.thaw)
                world.at(world.now + (40.0 if compacted else 22.0), end)

        process.stops_writing = stop
        world.at(60.0, lambda: over.append(True))  # it has written less than that

    return small.run({0: begin}, until=lambda: bool(over))


def moved_and_back() -> list[str]:
    """Give a partition to another worker, let that fold, and give it back to one that knew it before."""
    lines = [replace(told, partition=1) for told in TRACE]
    small = Small(lines[:2], partitions=2, batch=1)
    small.world.group.rotate = True
    small.checks.all_reasons = True  # nobody has cause to end
    over: list[bool] = []

    def begin(world: World) -> None:
        for due, what in (
            (6.0, lambda: world.start("b")),  # generation 2 deals partition 1 to b
            (14.0, lambda: small.write(lines[2:4])),
            (20.0, lambda: kill("b")(world)),  # generation 3 deals it to a again
            (34.0, lambda: small.write(lines[4:])),
            (40.0, lambda: over.append(True)),
        ):
            world.at(due, what)

    return small.run({0: begin}, until=lambda: bool(over))


def late_tick(write: int) -> list[str]:
    """Freeze a worker at its so manieth record of an idle tick, whose time it has from a partition that moves too.

    The successor in the idle partition does not know that time, is told of late writes, goes on, and dies.
    """
    early = [line("ada", n, "interaction.logged", n, direction="out", medium="call") for n in range(1, 5)]
    new = line("bob", 1, "interaction.logged", 60 * 24 * 60, partition=1, direction="out", medium="call")
    small = Small((early[0], new), partitions=2, batch=1)
    over: list[bool] = []

    def begin(world: World) -> None:
        left = [write]
        process = world.processes["a"]

        def stop() -> None:
            left[0] -= 1
            if not left[0]:
                process.stops_writing = None
                process.freeze()
                after = world.now
                for due, what in (
                    (1.0, lambda: world.start("b")),
                    (1.0, lambda: world.start("c")),
                    (14.0, process.thaw),
                    (15.0, lambda: small.write(early[1:2])),
                    (16.0, lambda: small.write(early[2:3])),
                    (17.0, lambda: small.write(early[3:])),
                    (18.0, lambda: [kill(name)(world) for name in ("b", "c")]),
                    (40.0, lambda: over.append(True)),
                ):
                    world.at(after + due, what)

        def arm() -> None:
            process.stops_writing = stop

        def give_up() -> None:
            if left[0] > 0:  # the tick has written less than that
                over.append(True)

        world.at(3.0, arm)  # all is folded, the idle tick is to come
        world.at(12.0, give_up)

    return small.run({0: begin}, until=lambda: bool(over))


def late_assignment() -> list[str]:
    """Freeze a worker while its first assignment is on its way; it sees it when the partition is somebody else's.

    It must not write a manifest for what it has read then: frozen once more it would write it late, with a higher term
    than the owner's, which counts less by that time.
    """
    early = [line("ada", n, "interaction.logged", n, direction="out", medium="call") for n in range(1, 13)]
    later = line("ada", 13, "interaction.logged", 60 * 24 * 60, direction="out", medium="call")
    small = Small(early)
    over: list[bool] = []

    def begin(world: World) -> None:
        process = world.processes["a"]
        assign = world.group.sync

        def freeze_again() -> None:
            process.stops_writing = None
            process.freeze()

        def thaw() -> None:
            process.stops_writing = freeze_again
            process.thaw()

        def send_and_die() -> None:
            process.thaw()
            world.at(world.now, lambda: kill("a")(world))

        def sync(member: str, generation: int) -> str:
            world.group.sync = assign  # type: ignore[method-assign]
            process.freeze()
            for due, what in (
                (1.0, lambda: world.start("b")),
                (14.0, thaw),
                (15.0, lambda: small.write([later])),
                (18.0, send_and_die),
                (18.5, lambda: kill("b")(world)),
                (40.0, lambda: over.append(True)),
            ):
                world.at(world.now + due, what)
            return assign(member, generation)

        world.group.sync = sync  # type: ignore[method-assign]

    return small.run({0: begin}, until=lambda: bool(over))
