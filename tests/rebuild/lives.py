"""Lives of one partition over logs in memory: the real lane writes until it is cut off, the real recovery reads."""

from __future__ import annotations

from dataclasses import dataclass, field

from faust.types.tuples import TP

from stream_app.engine.agent import AgentTables
from stream_app.engine.batch import Batch
from stream_app.engine.lane import Lane
from stream_app.engine.ledger import Ledger
from stream_app.engine.manifest import KEY, Seal, TopicIds
from stream_app.engine.membership import Membership
from stream_app.engine.meters import Meters, PartitionMeter
from stream_app.engine.soundness import Expected, Found, examine
from stream_app.engine.stamps import Merge
from tests.engine.counting import Counted

HERE = TP("events", 0)
IDS = TopicIds("s", "c", "j")
Entry = tuple[bytes, bytes | None, int]


class CutError(BaseException):
    """The process ends here, in the middle of a flush."""


@dataclass
class Event:
    offset: int
    key: bytes
    value: bytes = b""
    headers: tuple[()] = ()
    timestamp: int = 0


class Toy:
    """A shard whose cells and journeys come, change and go."""

    def __init__(self, cells: dict[bytes, bytes], journeys: dict[bytes, bytes]) -> None:
        self.cells, self.journeys = cells, journeys

    def apply(self, records) -> Counted:
        changed: dict[bytes, bytes] = {}
        for record in records:
            head = record.offset.to_bytes(8, "big")
            changed[record.key] = head + b"j"
            self.cells[b"c" + record.key] = head + b"c"
        first, last = records[0].offset, records[-1].offset
        if first % 5 == 0:
            changed = {}  # as after duplicates: cells change, no journey does
        self.journeys.update(changed)
        old = [key for key, value in self.cells.items() if int.from_bytes(value[:8], "big") < last - 8]
        for key in old:
            del self.cells[key]
        touched = {b"c" + record.key for record in records} & self.cells.keys()
        entries: list[tuple[bytes, bytes | None]] = [(key, self.cells[key]) for key in sorted(touched)]
        return Counted([*entries, *((key, None) for key in old)], list(changed.items()))

    def stored(self) -> tuple[int, int]:
        return len(self.cells), len(self.journeys)

    def durable(self, offset: int) -> None:
        del offset

    def idle(self, watermark: int) -> Counted:
        gone = sorted(self.cells)[:1] if watermark % 2 else []
        for key in gone:
            del self.cells[key]
        return Counted([(key, None) for key in gone])


@dataclass
class Partition:
    """One partition of both state topics and of the group's offsets, over any number of lives."""

    cells: list[Entry] = field(default_factory=list)
    journeys: list[Entry] = field(default_factory=list)
    committed: int = -1
    rules: str = "r"
    ids: TopicIds = IDS
    schema: int = 1
    partitions: int = 4

    def found(self) -> Found:
        return Found(0, merged(self.cells), merged(self.journeys), self.committed)

    def judge(self, found: Found | None = None) -> Seal:
        return examine(
            Expected("events", "cells", "journeys", self.ids, self.schema, self.rules, self.partitions),
            found or self.found(),
        )

    async def live(self, events: list[bytes], sizes: list[int], writes: int) -> bool:
        """Fold from where the state stands, in batches of *sizes*, for so many writes; say whether that was enough."""
        found = self.found()
        seal = self.judge(found)
        left = [writes]
        tables = [_Table(self.cells, left), _Table(self.journeys, left)]
        sealed = [(m.manifest.stamp if m.manifest else -1, len(m.live)) for m in (found.cells, found.journeys)]
        membership, ledger = Membership(1e9), Ledger()
        membership.join(0, {HERE})
        lane = Lane(
            HERE,
            Toy(found.cells.live, found.journeys.live),
            AgentTables(None, *tables),  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            ledger,
            membership,
            PartitionMeter(Meters()),
            dead_letters_topic="",
            stamp=max(found.cells.highest, found.journeys.highest),
            complete=sealed[1][0],
            seal=seal,
        )
        lane._outbox = _Table([], left)  # type: ignore[assignment]
        try:
            await lane.take_over(membership.generation, sealed[0], sealed[1])
            place = sealed[1][0] + 1  # a real shard skips, by their stamps, the records below it that come again
            ledger.advance(HERE, place)
            for number, size in enumerate(sizes):
                batch = [Event(offset, events[offset]) for offset in range(place, min(place + size, len(events)))]
                if batch:
                    await lane.fold(Batch(HERE, batch, place, place + len(batch), 0))
                    place += len(batch)
                if number % 3 == 1:
                    await lane.idle(number)
                if number % 2:
                    self.committed = place
        except CutError:
            return False
        self.committed = place
        return True

    def compact(self, keep: int) -> None:
        """Drop what a later record of the same key supersedes, but for the last *keep* records, as Kafka may."""
        for log in (self.cells, self.journeys):
            last = {key: place for place, (key, _, _) in enumerate(log)}
            log[:] = [one for place, one in enumerate(log) if place >= len(log) - keep or last[one[0]] == place]


class _Table:
    def __init__(self, log: list[Entry], left: list[int]) -> None:
        self.log, self.left = log, left

    async def write(self, _partition, entries, stamp):
        for key, value in entries:
            if self.left[0] <= 0:
                raise CutError
            self.left[0] -= 1
            self.log.append((key, value, stamp))
        return self

    async def send(self, _topic, _records):
        return self

    async def wait(self) -> None:
        """Everything is durable at once."""


def merged(log: list[Entry]) -> Merge:
    """Read a log back as ``restore`` does."""
    merge = Merge()
    for key, value, stamp in log:
        if key == KEY:
            assert value is not None
            merge.sealed(value)
        elif value is None:
            merge.tombstone(key, stamp)
        else:
            merge.value(key, value)
    return merge
