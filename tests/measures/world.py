"""A world in one process: a source log, two state topics, workers that crash, and what must come out."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from stream_app.engine.stamps import Merge
from stream_app.measures import (
    Accounting,
    CellStore,
    Kind,
    Measure,
    OpenClock,
    ReadModel,
    Window,
    keys,
    registry,
    stamp,
)
from stream_app.measures.window import retentions

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_700_006_400_000  # a whole hour
SIZES = {"m": MINUTE, "h": HOUR, "d": DAY}
WINDOWS = tuple(map(Window.parse, ("15m", "24h", "30d")))
LATENESS = HOUR
BY = ("channel",)
MEASURES = registry(
    [
        Measure("touches", Kind.COUNT, "1", "two of each record", by=BY),
        Measure("balance", Kind.COUNT, "1", "goes up and down across relationships", by=BY),
        Measure("amounts", Kind.SUM, "minor", "the last amount of each relationship", by=BY),
        Measure("seconds", Kind.HISTOGRAM, "seconds", "the same as a distribution", by=BY),
        Measure("people", Kind.DISTINCT, "1", "who was there", by=BY),
        Measure("places", Kind.STOCK, "1", "where each relationship is", by=BY, bucket="d"),
    ]
)


@dataclass(frozen=True)
class Event:
    """A record: its relationship was seen at a time, in a channel, with a value."""

    relationship: int
    at: int
    channel: str | None
    value: int


Emission = tuple[str, int, int, str | None, int]
"""Measure, at, value, channel, weight."""
Entry = tuple[bytes, bytes | None]


def fold(before: Event | None, event: Event) -> list[Emission]:
    """Return what a journey emits: the event counts, and takes back what its predecessor said."""
    out: list[Emission] = [
        ("touches", event.at, 1, event.channel, 1),
        ("touches", event.at, 1, event.channel, 1),
        ("balance", event.at, 1, event.channel, 1 if event.value % 2 else -1),
        ("people", event.at, event.relationship, event.channel, 1),
    ]
    for name in ("amounts", "seconds", "places"):
        if before is not None:
            out.append((name, before.at, before.value, before.channel, -1))
        out.append((name, event.at, event.value, event.channel, 1))
    return out


def tick(before: Event | None, event: Event) -> list[Emission]:
    """Return the least that a journey can emit: so few entries that a crash hits each gap between them."""
    del before
    return [("touches", event.at, 1, event.channel, 1)]


Fold = Callable[[Event | None, Event], list[Emission]]


def clock_of(event: Event) -> OpenClock | None:
    """Return the clock that a relationship has after an event: one event in three closes it."""
    if event.value % 3 == 0:
        return None
    return OpenClock("reply", str(event.relationship), "", event.at, None, None, {}, None)


@dataclass
class World:
    """What outlives a worker: the log, the state topics in order, the committed offset."""

    log: list[Event]
    label_cap: int = 100
    fold: Fold = fold
    cells: list[tuple[bytes, bytes | None, int]] = field(default_factory=list)
    journeys: list[tuple[bytes, bytes | None, int]] = field(default_factory=list)
    committed: int = 0

    def write(self, writes: "list[Write]") -> None:
        for topic, (key, value), dated in writes:
            (self.cells if topic == "cells" else self.journeys).append((key, value, dated))


def merged(topic: list[tuple[bytes, bytes | None, int]]) -> dict[bytes, bytes]:
    """Recover a state topic as the engine does."""
    merge = Merge()
    for key, value, dated in topic:
        if value is None:
            merge.tombstone(key, dated)
        else:
            merge.value(key, value)
    return merge.live


class Worker:
    """Recovers, folds batches, and says what to write."""

    def __init__(self, world: World) -> None:
        self.store = CellStore(MEASURES, WINDOWS, LATENESS, world.label_cap)
        self.store.load(merged(world.cells))
        self.store.durable(world.committed - 1)
        self.journeys = merged(world.journeys)
        self.emissions = world.fold

    def fold(self, batch: list[tuple[int, Event]]) -> "list[Write]":
        touched: dict[bytes, bytes] = {}
        accounted, fates = self.store.accounted, Counter[str]()
        self.store.begin(batch[0][0])
        # One relationship after the other, as a shard does: offsets go up within one, and down to the next.
        for offset, event in sorted(batch, key=lambda record: -record[1].relationship):
            key = str(event.relationship).encode()
            known = self.journeys.get(key)
            if known is not None and offset <= stamp.stamp_of(known):
                fates["redelivered"] += 1
                continue
            before = None if known is None else Event(*json.loads(stamp.payload_of(known)))
            for name, at, value, channel, weight in self.emissions(before, event):
                self.store.contribute(MEASURES[name], at, value, (), (channel,), offset, weight)
            clock = clock_of(event)
            self.store.clock(str(event.relationship), None if clock is None else clock.pack(), offset)
            fates["applied"] += offset > accounted
            packed = json.dumps([event.relationship, event.at, event.channel, event.value]).encode()
            self.journeys[key] = touched[key] = stamp.pack(offset, packed)
        last = batch[-1][0]
        watermark = max(event.at for _, event in batch)
        self.store.account(fates["applied"], 0, 0, 0, fates["redelivered"], watermark, last)
        cells = [("cells", entry, last) for entry in self.store.drain()]
        return [*cells, *[("journeys", (key, value), last) for key, value in touched.items()]]


Write = tuple[str, Entry, int]
"""Topic, entry, and the last offset of the batch that it is of."""
CELLS_ONLY = -1.0
"""Crash at the worst place: all cells written, no journey."""


@dataclass(frozen=True)
class Life:
    """A worker's life: where it starts, its batches, and how much of the last one it still writes.

    A `hasty` worker writes the cells of its next batch before the journeys of this one.
    """

    rewind: int
    batches: tuple[int, ...]
    written: float
    hasty: bool = False
    zombie: tuple[int, float] | None = None
    """After how many batches of its successor the dead worker writes on, and how much of the rest."""


def live(world: World, life: Life, leftover: list[Write], delay: int) -> list[Write]:
    """Run a worker until it crashes in its last batch; return what it had not written."""
    worker = Worker(world)
    position = max(0, world.committed - life.rewind)
    owed: list[Write] = []
    for number, size in enumerate(life.batches):
        if number == delay:
            world.write(leftover)
        batch = list(enumerate(world.log))[position : position + size]
        if not batch:
            break
        writes = worker.fold(batch)
        cells = [write for write in writes if write[0] == "cells"]
        journeys = [write for write in writes if write[0] == "journeys"]
        if number == len(life.batches) - 1:
            writes = [*cells, *owed, *journeys]
            kept = len(cells) if life.written == CELLS_ONLY else round(life.written * len(writes))
            world.write(writes[:kept])
            return writes[kept:]
        world.write(cells)
        world.write(owed)
        if not life.hasty:
            world.write(journeys)
            position += len(batch)
            settle(world, worker, position)
            continue
        if owed:
            settle(world, worker, position)
        position += len(batch)
        owed = journeys
    world.write(owed)
    if owed:
        settle(world, worker, position)
    return []


def settle(world: World, worker: Worker, position: int) -> None:
    """Commit: all journeys before `position` are durable."""
    world.committed = max(world.committed, position)
    worker.store.durable(position - 1)


def history(world: World, lives: list[Life]) -> Worker:
    """Run all lives, then one that reads to the end; return its worker."""
    leftover: list[Write] = []
    delay = -1
    for life in lives:
        rest = live(world, life, leftover, delay)
        delay, share = life.zombie or (-1, 0.0)
        leftover = rest[: round(share * len(rest))]
    worker = Worker(world)
    for offset in range(world.committed, len(world.log)):
        world.write(worker.fold([(offset, world.log[offset])]))
        worker.store.durable(offset)
    worker.store.durable(len(world.log) - 1)
    world.write([("cells", entry, len(world.log) - 1) for entry in worker.store.drain()])
    return worker


Place = tuple[str, str, str, str, int]
"""Measure, label, value, pane, index."""


class Oracle:
    """The same, by reading the log once, in plain Python."""

    def __init__(self, log: list[Event], fold: Fold = fold) -> None:
        self.values: dict[Place, Counter[int]] = {}
        self.stamps: dict[Place, int] = {}
        self.clocks: dict[str, OpenClock] = {}
        self.watermark = max((event.at for event in log), default=-1)
        self.oldest = {kept.pane.code: kept.oldest(self.watermark) for kept in retentions(WINDOWS, LATENESS)}
        last: dict[int, Event] = {}
        for offset, event in enumerate(log):
            for emission in fold(last.get(event.relationship), event):
                self._add(offset, emission)
            last[event.relationship] = event
        for event in last.values():
            clock = clock_of(event)
            if clock is not None:
                self.clocks[str(event.relationship)] = clock

    def _add(self, offset: int, emission: Emission) -> None:
        name, at, value, channel, weight = emission
        codes = ["d"] if name == "places" else ["m", "h", "d"]
        for code in codes:
            index = at // SIZES[code]
            if name != "places" and index < self.oldest[code]:
                continue
            for label, word in (("", ""), ("channel", channel)):
                if word is not None:
                    place = name, label, word, code, index
                    self.values.setdefault(place, Counter())[value] += weight
                    self.stamps[place] = offset

    def figures(self) -> dict[Place, dict[int, int]]:
        """Return what each cell that is not empty holds: value -> net times, as its measure sees values."""
        return {place: seen for place in self.values if (seen := self.figure(place))}

    def figure(self, place: Place) -> dict[int, int]:
        return seen_by(place[0], self.values[place])


def seen_by(name: str, values: Counter[int]) -> dict[int, int]:
    """Reduce a multiset to what the measure tells of it: counts do not see values."""
    if name in {"touches", "balance", "places"}:
        total = sum(values.values())
        return {1: total} if total else {}
    return {value: times for value, times in values.items() if times}


def stored(entries: dict[bytes, bytes]) -> dict[Place, tuple[int, bytes]]:
    """Return the stored cells by place: stamp and payload."""
    found: dict[Place, tuple[int, bytes]] = {}
    for key, value in entries.items():
        if keys.family(key) in {keys.CELL, keys.STOCK}:
            start, index = keys.split(key)
            path = keys.path(start)
            place = path.measure, path.label, path.value, path.pane, index
            found[place] = stamp.stamp_of(value), stamp.payload_of(value)
    return found


def accounting(entries: dict[bytes, bytes]) -> Accounting:
    """Return the stored accounting."""
    return Accounting.read(entries[keys.ACCOUNTING])


def board(world: World) -> ReadModel:
    """Return a reader that has read the state topic from its start."""
    model = ReadModel(WINDOWS, MEASURES)
    for key, value, _ in world.cells:
        model.update(0, key, value)
    return model


def clocks(entries: dict[bytes, bytes]) -> Iterator[tuple[str, OpenClock]]:
    """Yield the stored open clocks."""
    for key, value in entries.items():
        if keys.family(key) == keys.CLOCK and (clock := OpenClock.read(value)) is not None:
            yield keys.name(key), clock
