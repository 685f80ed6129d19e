"""Cost, memory and recovery by the number of relationships: one worker that grows, then starts anew."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.scale import lives
from benchmarks.scale.installation import Installation

SIZES = (10_000, 100_000, 1_000_000)
QUICK = (2_000, 10_000)
PROBES = 40_000
HOUR_MS = 3_600_000
BATCH = 2_000
"""Below the relationships of a partition at the smallest size: a batch finds each of them once, at any size."""


def measure(brokers: str, folder: Path, *, quick: bool) -> Iterator[Figure]:
    """Fill, probe and weigh at each size; at the end stop the worker and time the recovery of the next one."""
    sizes = QUICK if quick else SIZES
    probes = 8_000 if quick else PROBES
    home = Installation(brokers, folder, "size", batch_records=BATCH, commit_interval=0.2)
    try:
        worker = home.start("worker", stall_timeout=120)
        worker.until("crm_kpi_worker_ready", 1)
        costs: list[tuple[int, list[float]]] = []
        weights: list[tuple[int, int]] = []
        known = written = 0
        for size in sizes:
            now = time.time_ns() // 1_000_000 - HOUR_MS // 2  # room for the probes, which come after it
            written += home.write(lives.filled(known, size, now, HOUR_MS))
            known = size
            home.drained(written, worker, patience=600)
            time.sleep(2)  # let the last commit and the collector pass
            weights.append((size, worker.rss))
            found: list[float] = []
            for run in range(1 if quick else 3):
                before = worker.cpu
                written += home.write(lives.probes(probes, size, now + 60_000, run + len(costs) * 10))
                home.drained(written, worker, patience=600)
                time.sleep(0.2)
                found.append((worker.cpu - before) / probes * 1e6)
            costs.append((size, found))
            yield Figure.of(
                f"cost per event at {size:,} relationships", "us", found, relationships=size, events=probes,
                batch_records=BATCH, partitions=home.settings.partitions,
            )  # fmt: skip
        small, large = costs[0], costs[-1]
        ratios = [one / min(small[1]) for one in large[1]]
        yield Figure.of(
            f"cost per event at {large[0]:,} relationships to {small[0]:,}", "ratio", ratios, smaller=min(small[1])
        )
        (few, light), (many, heavy) = weights[0], weights[-1]
        yield Figure.of(
            "memory per relationship", "bytes", [(heavy - light) / (many - few)], relationships=many,
            remark="difference of the worker's resident memory, over the difference of relationships",
        )  # fmt: skip
        worker.stop()
        yield from _recovery(home, f"recovery of {many:,} relationships, nothing compacted")
        home.compact()
        yield from _recovery(home, f"recovery of {many:,} relationships")
    finally:
        home.close()


_RESTORED = re.compile(r"restored (\d+) records of")


def _recovery(home: Installation, name: str) -> Iterator[Figure]:
    """Start a worker over the state and let it say how long it took from its partitions to readiness."""
    worker = home.start("worker")
    ready = worker.until("crm_kpi_worker_ready", 1)
    found = worker.metrics()
    records = sum(int(number) for number in _RESTORED.findall(worker.log.read_text(encoding="utf-8")))
    seconds = found["crm_kpi_recovery_seconds"]
    yield Figure.of(
        name, "s", [seconds], relationships=round(found.get("crm_kpi_state_keys", 0.0)), records=records,
        records_per_second=round(records / seconds), since_process_start_seconds=round(ready - worker.started, 1),
        remark="from the assignment to readiness: reading the state topics and opening the shards",
    )  # fmt: skip
    worker.stop()
