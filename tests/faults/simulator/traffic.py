"""Small histories of events in a log: lives out of order, the same event twice, and what is no event."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from schemas import decode
from stream_app.journeys.families import RELATIONSHIPS
from stream_app.journeys.family import short
from stream_app.journeys.relationship import LINKING
from stream_app.policies import Policies
from tests.faults.simulator.world import BEGINNING, SOURCE, World
from tests.oracle.histories import crowd
from tests.oracle.reading import read

POISON = (b"", b"{", b"\xff\xfe", b'{"specversion": "1.0"}', b"[" * 200, b"1e999999")


@dataclass(frozen=True)
class Line:
    """One record to be: its partition, key, value, and what becomes of it."""

    partition: int
    key: bytes
    value: bytes
    fate: str
    """applied, duplicate or dead."""


def _of_one(value: bytes) -> bool:
    """Tell whether an event is of a relationship, and makes no two of them one: the world has no such partition."""
    type_ = decode(value).type
    return type_ in RELATIONSHIPS.types and short(type_) not in LINKING


def lines(chance: Random, partitions: int, people: int, most: int) -> list[Line]:
    """Return the lines of a few lives, each in the partition of its relationship."""
    home: dict[bytes, int] = {}
    lives: list[tuple[bytes, bytes]] = []
    while not lives:
        lives = [line for line in crowd(chance.randrange(1 << 30), people, most) if _of_one(line[1])]
    hot = chance.random() < 0.3
    found: list[Line] = []
    jitter = Policies().lateness_ms // 2
    told_at = {line: read(*line).at + chance.choice((0, 0, jitter)) * chance.random() for line in lives}
    for key, value in sorted(lives, key=told_at.__getitem__):
        place = home.setdefault(key, 0 if hot and chance.random() < 0.8 else chance.randrange(partitions))
        found.append(Line(place, key, value, "applied"))
        if chance.random() < 0.05:
            found.append(Line(place, key, chance.choice(POISON), "dead"))
    for number in range(len(found)):
        if chance.random() < 0.15:  # the same event again, somewhere behind
            line = found[number]
            fate = "dead" if line.fate == "dead" else "duplicate"
            at = chance.randint(number + 1, len(found))
            found.insert(at, Line(line.partition, line.key, line.value, fate))
    seen: set[tuple[int, bytes, bytes]] = set()
    told = []
    for line in found:
        name = line.partition, line.key, line.value
        fate = line.fate if line.fate == "dead" else "duplicate" if name in seen else "applied"
        seen.add(name)
        told.append(Line(line.partition, line.key, line.value, fate))
    if chance.random() < 0.2:  # a producer that sends a whole batch again
        start = chance.randrange(len(told))
        again = told[start : start + chance.randint(1, 4)]
        told += [Line(x.partition, x.key, x.value, "dead" if x.fate == "dead" else "duplicate") for x in again]
    return told


def write(world: World, line: Line) -> None:
    """Write a line into the source topic."""
    world.broker.append(SOURCE, line.partition, line.key, line.value, (), int(BEGINNING * 1000), world.now)
