"""Throughput by partitions and workers: the same events, already on the topic, read from the first to the last."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.scale import lives
from benchmarks.scale.installation import Installation

SETUPS = ((1, 1), (2, 1), (4, 1), (4, 2))
"""Partitions, workers."""
RELATIONSHIPS = 60_000
QUICK = 8_000
HOUR_MS = 3_600_000


def measure(brokers: str, folder: Path, *, quick: bool) -> Iterator[Figure]:
    """Time each setup on its own topic, by the clock; all processes share the machine's cores with the broker."""
    relationships = QUICK if quick else RELATIONSHIPS
    repeats = 1 if quick else 3
    now = time.time_ns() // 1_000_000
    records = list(lives.filled(0, relationships, now, HOUR_MS))
    for partitions, workers in SETUPS:
        walls, cpus = [], []
        for repeat in range(repeats):
            rate, cost = _lap(brokers, folder, records, partitions, workers, repeat)
            walls.append(rate)
            cpus.append(cost)
        plural = "s" if workers > 1 else ""
        yield Figure.of(
            f"throughput of {partitions} partitions, {workers} worker{plural}".replace("1 partitions", "1 partition"),
            "events/s", walls, events=len(records), cpu_us_per_event=round(min(cpus), 1),
            partitions=partitions, workers=workers,
        )  # fmt: skip


def _lap(
    brokers: str, folder: Path, records: list[lives.Record], partitions: int, workers: int, repeat: int
) -> tuple[float, float]:
    """Return events per second of wall time, and the CPU microseconds of all workers per event."""
    home = Installation(
        brokers, folder, f"p{partitions}w{workers}-{repeat}", partitions=partitions, commit_interval=0.1
    )
    try:
        running = [home.start("worker") for _ in range(workers)]
        for worker in running:
            worker.until("crm_kpi_worker_ready", 1)
        time.sleep(3)
        for worker in running:  # frozen while the topic fills, so that the broker serves from its full log
            worker.freeze()
        written = home.write(records)
        before, started = sum(worker.cpu for worker in running), time.monotonic()
        for worker in running:
            worker.thaw()
        ended = home.drained(written, *running)
        return written / (ended - started), (sum(worker.cpu for worker in running) - before) / written * 1e6
    finally:
        home.close()
