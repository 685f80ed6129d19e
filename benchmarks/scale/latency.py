"""Event to gauge: from the moment an event is sent until the board's answer has it, at shares of the capacity."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.scale import lives
from benchmarks.scale.installation import Installation, Process
from stream_app.errors import UserError

SHARES = (0.1, 0.5, 0.9)
CHANNEL = "probe"
QUESTION = "/api/v1/kpis/leads_created?window=24h&limit=1"
PROBES_PER_SECOND = 20
SECONDS, QUICK_SECONDS = 30.0, 8.0
SATURATION, QUICK_SATURATION = 120_000, 16_000
HOUR_MS = 3_600_000


def measure(brokers: str, folder: Path, *, quick: bool) -> Iterator[Figure]:
    """Find the capacity with a full topic, then probe one worker and one board under steady load."""
    home = Installation(brokers, folder, "latency", commit_interval=0.2)
    numbers = itertools.count()
    try:
        worker, board = home.start("worker"), home.start("board")
        worker.until("crm_kpi_worker_ready", 1)
        capacity, written = _capacity(home, worker, QUICK_SATURATION if quick else SATURATION)
        yield Figure.of("capacity of one worker beside a board", "events/s", [capacity], events=written)
        board.until("crm_kpi_ready", 1)
        leads = itertools.count(10_000_000)
        for share in SHARES:
            seconds = QUICK_SECONDS if quick else SECONDS
            before = _books(worker, board)
            waits = _probe(home, board, capacity * share, seconds, numbers, leads)
            told = _spent(before, _books(worker, board))
            for part, place in (("p50", 0.5), ("p99", 0.99)):
                yield Figure.of(
                    f"event to gauge {part} at {share:.0%} load".replace("%", " %"), "s", [at(waits, place)],
                    events_per_second=round(capacity * share), probes=len(waits), longest=round(max(waits), 3),
                    **told,
                )  # fmt: skip
    finally:
        home.close()


Books = tuple[float, float, float, float, float]
"""The clock, CPU seconds of worker and board, state entries written, batches."""


def _books(worker: Process, board: Process) -> Books:
    found = worker.metrics()
    writes, batches = found.get("crm_kpi_state_writes_total", 0.0), found.get("crm_kpi_batch_seconds_count", 0.0)
    return time.monotonic(), worker.cpu, board.cpu, writes, batches


def _spent(before: Books, after: Books) -> dict[str, float]:
    """Return what the load cost: shares of a core, and what the worker wrote for the board to read."""
    seconds, worker, board, writes, batches = (now - then for then, now in zip(before, after, strict=True))
    return {
        "worker_cores": round(worker / seconds, 2),
        "board_cores": round(board / seconds, 2),
        "state_entries_per_second": round(writes / seconds),
        "batches_per_second": round(batches / seconds),
    }


def at(values: Sequence[float], share: float) -> float:
    """Return the value at a share of the sorted values, the higher one where it falls between two."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _capacity(home: Installation, worker: Process, events: int) -> tuple[float, int]:
    now = time.time_ns() // 1_000_000
    worker.freeze()
    written = home.write(lives.filled(0, events // 2, now, HOUR_MS))
    started = time.monotonic()
    worker.thaw()
    return written / (home.drained(written, worker) - started), written


def _probe(
    home: Installation, board: Process, rate: float, seconds: float, numbers: Iterator[int], leads: Iterator[int]
) -> list[float]:
    """Send load and probes for so long, and return how long each probe took to be seen."""
    seen_before = _seen(board)
    sent: list[float] = []
    done = threading.Event()
    load = threading.Thread(target=_load, args=(home, rate, seconds, numbers, sent, leads, done), daemon=True)
    load.start()
    waits: list[float] = []
    deadline = time.monotonic() + seconds + 60
    while len(waits) < len(sent) or not done.is_set():
        seen = _seen(board) - seen_before
        moment = time.monotonic()
        waits += [moment - one for one in sent[len(waits) : seen]]
        if moment > deadline:
            raise UserError(f"{len(waits)} of {len(sent)} probes were seen at {rate:,.0f} events/s", board.log.name)
        time.sleep(0.02)
    load.join()
    return waits


def _load(
    home: Installation, rate: float, seconds: float, numbers: Iterator[int], sent: list[float], leads: Iterator[int],
    done: threading.Event,
) -> None:  # fmt: skip
    """Send events evenly in steps of 10 ms, each step's probe last; every other event is a touch of the lead before."""
    started = time.monotonic()
    made = probed = 0
    number = 2_000_000
    try:
        while (passed := time.monotonic() - started) < seconds:
            now = time.time_ns() // 1_000_000
            while made < passed * rate:
                if made % 2 == 0:
                    number = 2_000_000 + next(numbers)
                    home.send(*lives.created(number, now))
                else:
                    home.send(*lives.touched(number, now))
                made += 1
            if probed < passed * PROBES_PER_SECOND:
                sent.append(time.monotonic())
                home.send(*lives.created(next(leads), now, CHANNEL))
                probed += 1
            home.producer.poll(0)
            time.sleep(0.01)
    finally:
        home.producer.flush(30)
        done.set()


def _seen(board: Process) -> int:
    """Return how many probes the board's figure counts."""
    status, body = board.get(QUESTION)
    if status != 200:
        return 0
    found = json.loads(body)
    return next((round(s["value"]) for s in found["samples"] if s["labels"].get("channel") == CHANNEL), 0)
