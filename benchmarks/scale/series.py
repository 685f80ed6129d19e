"""The board by its series: time of a scrape, memory, whether others wait meanwhile, and how fast it catches up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.scale import cells
from benchmarks.scale.installation import Installation, Process

SIZES = (1_000, 10_000, 20_000)
EVENTS, QUICK_EVENTS = 20_000, 4_000
SCRAPES, QUICK_SCRAPES = 12, 4
ENTRIES, QUICK_ENTRIES = 600_000, 60_000
CHANGES_PER_SECOND = 2_000
AGENT = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "Accept_Encoding": "gzip"}
"""What Prometheus asks for."""


def measure(brokers: str, folder: Path, *, quick: bool) -> Iterator[Figure]:
    """Scrape a board while 2,000 of its entries change each second; then start one over a long state topic."""
    now = time.time_ns() // 1_000_000
    base = cells.folded(now, QUICK_EVENTS if quick else EVENTS)
    for size in SIZES[:2] if quick else SIZES:
        wanted, series = cells.sized(base, size, now)
        home = Installation(brokers, folder, f"series{size}", partitions=1)
        try:
            home.write_cells(wanted.items())
            board = home.start("board")
            board.until("crm_kpi_ready", 1)
            scrapes, others = _scrapes(home, board, wanted, QUICK_SCRAPES if quick else SCRAPES)
            told = {"series": series, "entries": len(wanted), "changes_per_second": CHANGES_PER_SECOND}
            yield Figure.of(f"scrape of {size:,} series", "s", scrapes, **told, longest=round(max(scrapes), 3))
            yield Figure.of(f"wait of another request during scrapes of {size:,} series", "s", [max(others)], **told)
            yield Figure.of(f"board memory at {size:,} series", "bytes", [board.rss], **told)
        finally:
            home.close()
    yield _catch_up(brokers, folder, wanted, QUICK_ENTRIES if quick else ENTRIES)


def _scrapes(
    home: Installation, board: Process, wanted: Mapping[bytes, bytes], count: int
) -> tuple[list[float], list[float]]:
    """Return the seconds of each scrape, and of the requests that were made beside them."""
    over = threading.Event()
    others: list[float] = [0.0]

    def change() -> None:
        version = 0
        while not over.is_set():
            version += 1
            for number, (key, value) in enumerate(cells.again(wanted, version)):
                if number % 20 == 0 and over.wait(20 / CHANGES_PER_SECOND):
                    return
                home.send(key, value, home.settings.cells_topic)

    def ask() -> None:
        while not over.wait(0.005):
            started = time.perf_counter()
            board.get("/healthz")
            others.append(time.perf_counter() - started)

    busy = [threading.Thread(target=work, daemon=True) for work in (change, ask)]
    board.get("/metrics", **AGENT)  # the first one decodes every cell
    for thread in busy:
        thread.start()
    found = []
    for _ in range(count):
        time.sleep(1.2)  # a snapshot is kept for a second
        started = time.perf_counter()
        board.get("/metrics", **AGENT)
        found.append(time.perf_counter() - started)
    over.set()
    for thread in busy:
        thread.join()
    return found, others


def _catch_up(brokers: str, folder: Path, wanted: Mapping[bytes, bytes], entries: int) -> Figure:
    """Write the cells over and over, and time a board from its first answer to readiness."""
    home = Installation(brokers, folder, "catchup", partitions=1)
    try:
        written = 0
        while written < entries:
            written += home.write_cells(cells.again(wanted, 1 + written))
        board = home.start("board")
        listens = board.until("crm_kpi_ready", 0, pause=0.01)
        ready = board.until("crm_kpi_ready", 1, pause=0.02)
        return Figure.of(
            "board catch-up", "entries/s", [written / (ready - listens)], entries=written, series_entries=len(wanted),
            seconds=round(ready - listens, 2), since_process_start_seconds=round(ready - board.started, 2),
        )  # fmt: skip
    finally:
        home.close()
