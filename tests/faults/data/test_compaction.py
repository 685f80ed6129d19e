"""Compaction and small segments for real: what the log cleaner leaves is still the whole state (29)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from kafka.admin import ConfigResource

from stream_app.engine import topics
from stream_app.engine.manifest import KEY as MANIFEST
from stream_app.measures import keys, stamp
from tests.engine import log
from tests.faults.data import invariants
from tests.faults.data.records import START, created, traffic

if TYPE_CHECKING:
    from tests.e2e.system import System

HASTY = {
    "segment.ms": "500",
    "min.cleanable.dirty.ratio": "0.001",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "500",
    "delete.retention.ms": "100",
    "file.delete.delay.ms": "0",
}
"""Compact everything but the segment that is written to, as soon as the cleaner gets there."""

pytestmark = [pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(300)]


def hasten(system: System) -> None:
    """Make the broker compact the state topics as hastily as it can."""
    with topics.admin(system.settings) as client:
        client.alter_configs([ConfigResource("TOPIC", name, HASTY) for name in invariants.state_topics(system)])


def await_cleaning(system: System, most: float = 1.5) -> None:
    """Write a little now and then, until the cells topic holds few records more than live entries.

    Compaction leaves the open segment alone, and a segment is closed by the next write only.
    """
    name = system.settings.cells_topic
    deadline = time.monotonic() + 90
    number = int(time.monotonic() * 1000)
    while True:
        number += 1
        system.write([created(f"nudge-{number}-{n}", START) for n in range(8)])
        time.sleep(1.0)
        records = log.read(system.settings, name)
        live = len({(m.partition(), m.key()) for m in records})
        if len(records) <= most * live + 50:
            return
        assert time.monotonic() < deadline, f"{len(records)} records of {live} keys: nothing is compacted"


def test_state_is_whole_after_compaction_with_tombstones_gone(system, kafka, faults_seed):
    """
    (fault 29) State topics compacted within a second, tombstones deleted: every number is still the oracle's.

    Segments of half a second, kill -9 between: recovery takes what is left, so the manifests count right.
    """
    made = system(kafka.address, idle_interval=1, batch_records=50)
    hasten(made)
    worker = made.worker().start()
    lines = traffic(faults_seed, 2_400)
    for part in range(4):
        made.write(lines[part * 600 : (part + 1) * 600], rate=400)
        made.drained(sum_of(made), 60, [worker])
        await_cleaning(made)
        made.drained(sum_of(made), 60, [worker])
        worker.kill()
        worker.start()
    made.board()
    invariants.check(made, workers=[worker], acknowledged=lines)


def sum_of(system: System) -> int:
    """Return how many records the source holds."""
    return len(log.read(system.settings, system.settings.relationships_topic))


def test_an_older_cell_behind_a_newer_one_is_repaired_before_compaction_takes_the_better(system, kafka):
    """
    (faults 8, 29) A zombie's older cell lands behind the owner's newer one: recovery writes the newer one again.

    That needs both in the log, which min.compaction.lag.ms (1 h) promises. Compaction then takes the zombie's, and a
    recovery after that is whole too.
    """
    made = system(kafka.address, partitions=1)
    worker = made.worker().start()
    made.write([created(f"first-{number}") for number in range(30)])
    made.drained(30, 30, [worker])
    older = {key: value for (_, key), value in log.latest(made.settings, made.settings.cells_topic).items()}
    made.write([created(f"second-{number}") for number in range(30)])
    made.drained(60, 30, [worker])
    worker.kill()
    newer = {key: value for (_, key), value in log.latest(made.settings, made.settings.cells_topic).items()}
    out = log.producer(made.settings)
    changed = [key for key, value in older.items() if keys.family(key) == keys.CELL and newer.get(key) != value]
    assert changed
    for key in changed:
        assert stamp.stamp_of(older[key]) < stamp.stamp_of(newer[key])
        out.produce(made.settings.cells_topic, older[key], key, partition=0)
    assert out.flush(20) == 0
    worker.start()
    assert {k: v for (_, k), v in log.latest(made.settings, made.settings.cells_topic).items()} == newer
    hasten(made)
    await_cleaning(made)
    made.drained(sum_of(made), 60, [worker])
    worker.kill()
    worker.start()
    made.board()
    invariants.check(made, workers=[worker], explained=[r"entries (?:to repair|repaired)"])
    assert MANIFEST in {message.key() for message in log.read(made.settings, made.settings.cells_topic)}
