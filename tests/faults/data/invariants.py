"""The invariants I1 to I7 of an installation at rest: what must hold after every fault, whatever it was.

| | |
|---|---|
| I1 | every record that a producer got acknowledged is in the topic |
| I2 | the KPIs equal an independent fold of the topic |
| I3 | applied + duplicates + dead letters + forwarded = records, and each number is the oracle's |
| I4 | the gauges equal what the cells in Kafka say |
| I5 | a partition's series come from one worker: from the one that owns it |
| I6 | state read back from Kafka alone knows every record: nothing is left to fold, nothing to write |
| I7 | the logs hold no error and no warning that the fault does not explain |
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stream_app.board.live import LiveModel
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.journeys.shard import Shard
from stream_app.kpis import CATALOGUE, MEASURES
from stream_app.measures import keys
from stream_app.measures.accounting import Accounting
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import load
from tests.engine import log
from tests.faults.owners import one_each
from tests.oracle.compare import differences
from tests.oracle.fold import accounting, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from confluent_kafka import Message

    from tests.e2e.system import Event, System
    from tests.engine.worker_process import WorkerProcess

_COMPLAINT = re.compile(r"\[(?:warning|error|critical)\s*\]")
_NEW_BROKER = r"GroupCoordinatorNotAvailableError|Broker: (?:Coordinator load in progress|Not coordinator)"
"""What a client says of a broker that has just started and makes its internal topics."""


@dataclass(frozen=True)
class Read:
    """A record of the topic, as a shard takes it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp: int

    @classmethod
    def of(cls, message: Message) -> Read:
        """Return what a worker would have got."""
        offset, (_, at) = message.offset(), message.timestamp()
        assert offset is not None
        try:
            headers = list(message.headers() or ())
        except UnicodeDecodeError:  # librdkafka's binding refuses all headers of a record for one such name
            headers = []
        return cls(offset, message.key(), message.value(), headers, at)  # type: ignore[arg-type]


def check(
    system: System,
    *,
    workers: Sequence[WorkerProcess] = (),
    acknowledged: Iterable[Event] = (),
    explained: Sequence[str] = (),
    oracle: bool = True,
) -> None:
    """Check I1 to I7 of an installation whose workers have drained the topic and whose board runs.

    Args:
        system: The installation.
        workers: Those that run now.
        acknowledged: What producers got acknowledged (I1); the topic may hold more.
        explained: Regular expressions of complaints that the fault explains (I7).
        oracle: Whether the oracle can read every record; it knows structured events only.
    """
    lines = system.told()
    records = log.read(system.settings, system.settings.relationships_topic)
    missing = Counter(acknowledged) - Counter(lines)
    assert not missing, f"I1: acknowledged and not in the topic: {missing}"
    gauges = system.settled_gauges(len(lines))
    now = int(datetime.fromisoformat(system.api("/api/v1/kpis")["at"]).timestamp() * 1000)
    if oracle:
        different = differences(numbers(lines, now, arrived=True), gauges)
        assert not different, "I2\n" + "\n".join(different[:40])
        valid, duplicates, bad = accounting(lines, arrived=True)
        books = system.accounting()
        assert (books["applied"], books["duplicate"], books["dead"]) == (valid, duplicates, bad), "I3"
    assert system.fates() == len(lines), "I3"
    assert system.accounting().get("forwarded", 0) == len(records) - len(lines), "I3"
    cells, journeys = (log.latest(system.settings, topic) for topic in state_topics(system))
    policies = load(system.settings.policies)
    windows = [Window.parse(text) for text in policies.windows]
    model = LiveModel(lambda: ReadModel(windows, MEASURES), CATALOGUE, "live", wall=lambda: now)
    model.progress = Progress((PartitionProgress("cells", 0, 1, 1, caught_up=True),))
    assert model.apply([(number, key, value) for (number, key), value in cells.items()]) == 0
    told = {(s.kpi, s.part, s.window, tuple(sorted(s.labels.items()))): s.value for s in gauges}
    held = {
        (s.kpi, s.part, s.window, tuple(sorted(s.labels.items()))): s.value
        for one in model.take().collected.values()
        for s in one.samples
    }
    assert told == held, "I4"
    if workers:  # without them there is nobody to ask
        one_each(workers, system.settings.sources.values(), system.settings.partitions, seconds=20)
    for number in range(system.settings.partitions):
        mine = [Read.of(message) for message in records if message.partition() == number]
        _nothing_left(number, policies, _of(cells, number), _of(journeys, number), mine)
    complained = complaints(workers, explained)
    assert not complained, "I7\n" + "\n".join(complained[:40])


def state_topics(system: System) -> tuple[str, str]:
    """Return the names of the state topics: cells and journeys."""
    return system.settings.cells_topic, system.settings.journeys_topic


def _of(entries: Mapping[tuple[int, bytes], bytes], number: int) -> dict[bytes, bytes]:
    return {key: value for (partition, key), value in entries.items() if partition == number}


def _nothing_left(
    number: int, policies: object, cells: dict[bytes, bytes], journeys: dict[bytes, bytes], records: list[Read]
) -> None:
    """Check I6: a shard that has nothing but the state topics has seen every record already."""
    if not records:
        return
    books = cells.get(keys.ACCOUNTING)
    before = None if books is None else Accounting.read(books)
    changes = Shard(number, policies, cells, journeys).apply(records)  # type: ignore[arg-type]
    assert changes.applied == 0, f"I6: partition {number} would fold {changes.applied} records again"
    assert not changes.journeys, "I6"
    written = {key for key, _ in changes.cells} - {keys.ACCOUNTING}
    assert not written, f"I6: partition {number} would write {written} again"
    after = dict(changes.cells).get(keys.ACCOUNTING)
    if after is not None:
        assert before is not None
        now = Accounting.read(after)
        assert (now.applied, now.duplicates, now.dead, now.late) == (
            before.applied, before.duplicates, before.dead, before.late,
        ), "I6"  # fmt: skip


def complaints(workers: Iterable[WorkerProcess], explained: Sequence[str] = ()) -> list[str]:
    """Return the warnings and errors in the logs of workers that nothing explains."""
    known = re.compile("|".join((_NEW_BROKER, *explained)))
    return [
        line
        for worker in workers
        for line in worker.tail(1_000_000).splitlines()
        if _COMPLAINT.search(line) and not known.search(line)
    ]
