"""What must hold: at every write and commit, and of everything at the end. None of it uses the engine's own merge."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from stream_app.journeys import quality
from stream_app.journeys.families import MEASURES
from stream_app.kpis import CATALOGUE, all_samples
from stream_app.measures import keys, labels
from stream_app.measures.accounting import Accounting
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies
from tests.faults.simulator.broker import Stored
from tests.faults.simulator.traffic import Line
from tests.faults.simulator.world import BEGINNING, CELLS, DEAD, JOURNEYS, SOURCE, World
from tests.oracle import fold
from tests.oracle.compare import differences

MANIFEST = b"\xffmanifest"
HARMLESS = (
    "this worker has lost a partition without being told in time",
    "a record could not be written and must not be lost",
)
"""Why a worker may end itself, as far as it starts again and goes on."""


def stamp(value: bytes) -> int:
    return int.from_bytes(value[:8], "big")


def merged(records: list[Stored]) -> dict[bytes, bytes]:
    """Return the live entries of a state partition: for each key what has the highest stamp, the later of equals."""
    newest: dict[bytes, tuple[int, bytes | None]] = {}
    for record in records:
        key = record.key
        assert key is not None
        if key == MANIFEST:
            continue
        at = stamp(record.value) if record.value is not None else int.from_bytes(dict(record.headers)["stamp"], "big")
        known = newest.get(key)
        if known is None or at > known[0] or (at == known[0] and (known[1] is not None or record.value is None)):
            newest[key] = at, record.value
    return {key: value for key, (_, value) in newest.items() if value is not None}


def _however_cut(entries: dict[bytes, bytes]) -> dict[bytes, Any]:
    """Return the entries without what depends on how records were cut into batches.

    Counts of what arrives are dated with the last offset of a batch, the values of labels with its first, and the bins
    of a histogram are in the order in which they were first met. Two who fold the same records in other batches have
    the same otherwise, and either may be stored last.
    """
    counting = tuple(f'["c","{measure.name}"'.encode() for measure in quality.MEASURES)
    found: dict[bytes, Any] = {}
    for key, value in entries.items():
        if key.startswith(b'["l"'):
            found[key] = _names(value)
        elif key.startswith(b'["c"'):
            found[key] = value[8 * key.startswith(counting) : 9], msgspec.msgpack.decode(value[9:])
        else:
            found[key] = value
    return found


def _names(value: bytes) -> tuple[list[str], bool]:
    values, full = labels.read(value)
    return sorted(values), full


def _without_redeliveries(value: bytes) -> bytes:
    return value[:8] + repr(msgspec.structs.replace(Accounting.read(value), redelivered=0)).encode()


def _at_one_time(world: World, number: int, shard: Any, again: Any) -> Any:
    """Tell both the later of their watermarks, the shard that works in a copy, which is returned.

    A worker that wakes up may write a watermark late that its idle tick had heard of in another partition. The owner
    may not have heard of it; it says only that panes may go which no window shows any more.
    """
    copy: Any = world.open_shard(number, dict(shard.cells.entries()), dict(shard.journeys))
    newest = max(copy.cells.watermark, again.cells.watermark)
    for one in (copy, again):
        one.idle(newest)
    return copy


class Checks:
    """Watches a world."""

    def __init__(self, world: World, *, all_reasons: bool = False) -> None:
        self.world = world
        self.problems: list[str] = []
        self.lines: dict[int, list[Line]] = {tp.partition: [] for tp in world.sources}
        """What was written to each source partition; the index is the offset."""
        self.all_reasons = all_reasons
        self._accounted: Counter[int] = Counter()
        self._journeys: dict[tuple[int, bytes], int] = {}
        self._letters: set[tuple[int, int]] = set()
        world.broker.appended = self._appended
        world.group.committed = self._committed

    def wrong(self, what: str) -> None:
        self.world.note(f"WRONG: {what}")
        self.problems.append(what)

    def _appended(self, topic: str, number: int, stored: Stored) -> None:
        if topic == CELLS and stored.key == keys.ACCOUNTING and stored.value is not None:
            self._accounted[number] = max(self._accounted[number], stamp(stored.value) + 1)
        elif topic == JOURNEYS and stored.value is not None and stored.key != MANIFEST:
            assert stored.key is not None
            at = stamp(stored.value)
            place = number, stored.key
            self._journeys[place] = max(self._journeys.get(place, -1), at)
            if at >= self._accounted[number]:
                self.wrong(
                    f"journey {stored.key!r} of {number} is at {at}, the cells are at {self._accounted[number] - 1}"
                )
        elif topic == DEAD:
            about = dict(stored.headers)
            self._letters.add((int(about["source-partition"]), int(about["source-offset"])))

    def _committed(self, tp, offset) -> None:
        number = tp.partition
        last: dict[bytes, int] = {}
        for at, line in enumerate(self.lines[number][:offset]):
            if line.fate == "applied":
                last[line.key] = at
            elif line.fate == "dead" and (number, at) not in self._letters:
                self.wrong(f"offset {offset} of {number} is committed, there is no letter of {at}")
        for key, at in last.items():
            if self._journeys.get((number, key), -1) < at:
                self.wrong(f"offset {offset} of {number} is committed, journey {key!r} of {at} is not durable")

    def reasons(self) -> None:
        """Check why processes ended themselves."""
        for process in (*self.world.dead, *self.world.processes.values()):
            reason = process.reason
            if reason and (self.all_reasons or not reason.startswith(HARMLESS)):
                self.wrong(f"{process.name} ended: {reason}")

    def end(self) -> None:
        """Check everything, in a world that is drained and quiet."""
        self.reasons()
        world = self.world
        cells = {tp.partition: merged(world.broker.partitions[CELLS, tp.partition].records) for tp in world.sources}
        for number, lines in self.lines.items():
            self._fates(number, lines, cells[number])
        self._numbers(cells)
        self._held()

    def _fates(self, number: int, lines: list[Line], cells: dict[bytes, bytes]) -> None:
        fates = Counter(line.fate for line in lines)
        found = Accounting.read(cells[keys.ACCOUNTING]) if keys.ACCOUNTING in cells else Accounting()
        expected = fates["applied"], fates["duplicate"], fates["dead"]
        if (found.applied, found.duplicates, found.dead) != expected:
            self.wrong(f"partition {number} accounts for {found}, should be {expected}")
        letters = {at for at, line in enumerate(lines) if line.fate == "dead"}
        sent = {at for place, at in self._letters if place == number}
        if letters != sent:
            self.wrong(f"letters of partition {number}: {sorted(sent)}, should be {sorted(letters)}")

    def _numbers(self, cells: dict[int, dict[bytes, bytes]]) -> None:
        """Compare every number of the catalogue with the oracle's."""
        view = ReadModel([Window.parse(text) for text in Policies().windows], MEASURES)
        for number, entries in cells.items():
            for key, value in entries.items():
                view.update(number, key, value)
        now = int(BEGINNING * 1000)
        view.advance(now)
        log = [
            (record.key, record.value)
            for tp in self.world.sources
            for record in self.world.broker.partitions[SOURCE, tp.partition].records
        ]
        for line in differences(fold.numbers(log, now, arrived=True), all_samples(view, CATALOGUE))[:5]:
            self.wrong(line)

    def _held(self) -> None:
        """A restart from the state topics alone must give what the workers hold."""
        for process in self.world.alive():
            for tp, lane in process.app.lanes.items():
                if process.generation != self.world.group.generation or tp not in process.app.membership.assigned:
                    continue
                shard: Any = lane._shard
                stored = [
                    merged(self.world.broker.partitions[topic, tp.partition].records) for topic in (CELLS, JOURNEYS)
                ]
                again: Any = self.world.open_shard(tp.partition, *stored)
                if self.world.late_since < float("inf"):
                    shard = _at_one_time(self.world, tp.partition, shard, again)
                for topic, here, there in (
                    (CELLS, dict(shard.cells.entries()), dict(again.cells.entries())),
                    (JOURNEYS, shard.journeys, again.journeys),
                ):
                    if self.world.late_since < float("inf") and keys.ACCOUNTING in here:
                        # Two who fold the same records count different redeliveries, and either may be stored last.
                        for entries in (here, there):
                            entries[keys.ACCOUNTING] = _without_redeliveries(entries[keys.ACCOUNTING])
                    if self.world.late_since < float("inf") and topic == CELLS:
                        held, stored_now = _however_cut(here), _however_cut(there)
                    else:
                        held, stored_now = dict(here), dict(there)
                    if held != stored_now:
                        keys_ = sorted(key for key in {*here, *there} if held.get(key) != stored_now.get(key))
                        self.wrong(f"{topic}/{tp.partition}: a restart would hold something else: {keys_[:4]}")
