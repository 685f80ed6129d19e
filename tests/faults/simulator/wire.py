"""What is between a process and the broker: records and requests that are on their way."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError

from tests.faults.simulator.broker import Stored
from tests.faults.simulator.clients import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.simulator.process import Process


Record = tuple[bytes | None, bytes | None, Any]
"""Key, value and headers."""


@dataclass(slots=True, eq=False)
class Entry:
    """Records on their way, which arrive together or not at all."""

    topic: str
    partition: int
    records: list[Record]
    report: Callable[[KafkaError | None, Any], object] | None
    on_wire: bool = False
    """It has left the process: it arrives even when the process stops or dies."""


class Outgoing:
    """What one producer has sent, in order for each partition."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._links: dict[tuple[str, int], deque[Entry]] = {}
        self._due: dict[tuple[str, int], float] = {}
        self._refused: set[str] = set()

    def send(self, topic, partition, records: list[Record], report) -> None:
        process, world, link = self._process, self._process.world, (topic, partition)
        entry = Entry(topic, partition, records, report)
        self._links.setdefault(link, deque()).append(entry)
        due = self._due[link] = max(self._due.get(link, 0.0), world.now + world.latency())
        world.at(due, lambda: self._transmit(link))
        if process.stops_writing is not None:
            process.stops_writing()

    def leave_on_wire(self, how_many: Callable[[int], int]) -> None:
        """Let the first few of each partition be under way already: what the process does is without them."""
        for (topic, _), pending in self._links.items():
            for entry in list(pending)[: how_many(len(pending))]:
                entry.on_wire = True
                self._is_late(topic)

    def _is_late(self, topic: str) -> None:
        """Note that something waits for a slow broker: a successor's may arrive before it."""
        world = self._process.world
        if world.now < world.unavailable.get(topic, 0.0):
            world.late_since = min(world.late_since, world.now)

    def _transmit(self, where: tuple[str, int]) -> None:
        """Let the first of a partition arrive: each that was sent makes one such chance."""
        process, world = self._process, self._process.world
        pending = self._links[where]
        entry = pending[0]
        if not entry.on_wire:
            if process.gone:
                return
            if process.frozen:
                process.held.append(lambda: self._transmit(where))
                return
        until = world.unavailable.get(entry.topic, 0.0)
        if world.now < until:
            self._is_late(entry.topic)
            world.at(until, lambda: self._transmit(where))
            return
        pending.popleft()
        if entry.topic in world.refused:
            self._refused.add(entry.topic)
        if entry.topic in self._refused:  # and all that is behind it: a right that was taken away
            problem = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
            self._answer(entry, problem, Message(where))
            return
        for _ in range(2 if world.repeats() else 1):
            at = [world.broker.append(*where, *record, 0, world.now) for record in entry.records]
        key, value, _headers = entry.records[0]
        self._answer(entry, None, Message(where, Stored(at[0], key, value, [], 0)))

    def _answer(self, entry: Entry, problem: KafkaError | None, message: Message) -> None:
        process, world = self._process, self._process.world

        def arrive() -> None:
            if entry.report is not None:
                process.when_awake(lambda: entry.report and entry.report(problem, message))

        link = ("", hash_of(entry))
        due = self._due[link] = max(self._due.get(link, 0.0), world.now + world.latency())
        world.at(due, arrive)


def hash_of(entry: Entry) -> int:
    """Number the answers of a partition: they come in order too."""
    return entry.partition * 4 + len(entry.topic) % 4
