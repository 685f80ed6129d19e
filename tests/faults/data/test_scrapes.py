"""Scrapers that are slow or many, and scrapes at bad moments: whole pages or none, and the work goes on (36, 38)."""

from __future__ import annotations

import itertools
import re
import socket
import statistics
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Self

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.data import invariants
from tests.faults.data.records import traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.system import System
    from tests.engine.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka

SLOW, PARALLEL = 20, 50
LAG_SECONDS = 0.1
"""How much longer a small answer may take while others read slowly: what the event loop is held up."""


class Running:
    """An installation under load: one or two workers, a board."""

    def __init__(self, system: System, seed: int) -> None:
        self.system = system
        self.lines = iter(traffic(seed, 3_000))
        self.written: list[tuple[bytes | None, bytes | None]] = []
        self.first = system.worker("first").start()
        self.workers = [self.first]
        self.load(800)

    def load(self, count: int) -> None:
        """Write so many records and wait until they are counted."""
        part = list(itertools.islice(self.lines, count))
        self.system.write(part)
        self.written += part
        self.system.drained(len(self.written), 60, self.workers)

    @property
    def pages(self) -> tuple[int, ...]:
        """Ports that have a /metrics page: the first worker's and the board's."""
        return self.first.port, self.system.board_port


@pytest.fixture(scope="module")
def running(shared_system, kafka, faults_seed) -> Running:
    """An installation that all tests here share; each leaves it running and whole."""
    made = Running(shared_system(kafka.address), faults_seed)
    made.system.board()
    return made


def fetch(port: int, path: str = "/metrics") -> tuple[str, float]:
    """Return the page and how long it took; fails unless it is as long as it says."""
    started = time.perf_counter()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        body = answer.read()
        assert len(body) == int(answer.headers["Content-Length"])
    return str(body, "utf-8"), time.perf_counter() - started


def samples(page: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return the samples of a page; fails unless all of it can be read and no series comes twice."""
    assert page.endswith("\n")
    lines = [line for family in text_string_to_metric_families(page) for line in family.samples]
    found = {(line.name, tuple(sorted(line.labels.items()))): line.value for line in lines}
    assert len(found) == len(lines), "a series comes twice"
    return found


class SlowReader:
    """A client that asks for /metrics and reads one byte a second through the smallest of buffers."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        self._socket.settimeout(20)
        self._socket.connect(("127.0.0.1", port))
        self._socket.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def read_a_byte(self) -> bytes:
        """Read one byte."""
        return self._socket.recv(1)


def delays(port: int, times: int = 25) -> float:
    """Return the median time of the smallest answer there is."""
    return statistics.median(fetch(port, "/healthz")[1] for _ in range(times))


def test_slow_readers_hold_up_nobody(running):
    """
    (fault 36) Twenty clients read /metrics of worker and board at a byte a second: others wait no 100 ms longer.

    Fresh scrapes are whole, and events are counted meanwhile.
    """
    before = [delays(port) for port in running.pages]
    with ExitStack() as stack:
        slow = [stack.enter_context(SlowReader(port)) for port in running.pages for _ in range(SLOW)]
        assert {reader.read_a_byte() for reader in slow} == {b"H"}
        running.load(300)
        during = [delays(port) for port in running.pages]
        assert {reader.read_a_byte() for reader in slow} == {b"T"}
        for port in running.pages:
            assert samples(fetch(port)[0])
    for was, became in zip(before, during, strict=True):
        assert became < was + LAG_SECONDS


def test_many_scrapes_at_once_are_all_whole(running):
    """
    (fault 36) Fifty scrapes at once, of worker and board, under load: each page is whole and without a double.

    All tell of the same series but for what came meanwhile; a small answer beside them takes no 100 ms longer.
    """
    loading = threading.Thread(target=running.load, args=(600,))
    before = [delays(port) for port in running.pages]
    loading.start()
    with ThreadPoolExecutor(PARALLEL) as pool:
        for port, was in zip(running.pages, before, strict=True):
            asked = [pool.submit(fetch, port) for _ in range(PARALLEL)]
            during = delays(port)
            pages = {one.result()[0] for one in asked}
            told = {frozenset(samples(page)) for page in pages}  # to read a page takes longer than to make it
            assert len(told) <= 5, "the pages tell of different things"
            assert during < was + LAG_SECONDS
    loading.join()


def polled(port: int, until: threading.Event) -> Iterator[str]:
    """Yield every page that a scraper gets that asks ten times a second; a refused connection is no page."""
    while not until.is_set():
        with suppress(urllib.error.URLError, ConnectionError):
            yield fetch(port)[0]
        time.sleep(0.1)


def watch(worker: WorkerProcess, seconds: float) -> list[tuple[float, int]]:
    """Return ready and number of partitions of each page that a worker gives, until it is ready and some more."""
    seen: list[tuple[float, int]] = []
    done = threading.Event()
    threading.Timer(seconds, done.set).start()
    for page in polled(worker.port, done):
        found = samples(page)
        seen.append((found["crm_kpi_worker_ready", ()], partitions(page)))
        if [ready for ready, _ in seen[-5:]] == [1.0] * 5:
            break
    return seen


def partitions(page: str) -> int:
    """Return of how many partitions a worker's page tells."""
    return len(set(re.findall(r'^crm_kpi_state_keys\{.*partition="(\d+)"', page, re.MULTILINE)))


def test_a_worker_that_recovers_says_so_and_shows_no_part_of_it(running):
    """
    (fault 36) Scraped ten times a second from its start: ready is 0 until all partitions are recovered, then 1.

    No page between tells of a ready worker with a part of its partitions.
    """
    running.first.kill()
    running.first.start(wait=False)
    seen = watch(running.first, 30)
    assert seen[-1] == (1.0, 4)
    assert [held for ready, held in seen if ready] == [4] * sum(ready == 1 for ready, _ in seen)


def test_a_board_that_catches_up_publishes_no_figure(running):
    """
    (fault 36) The board's page before it has read all state: crm_kpi_ready is 0 and no KPI is there; then all are.
    """
    board = running.system.another_board()
    done = threading.Event()
    threading.Timer(30, done.set).start()
    try:
        seen = []
        for page in polled(board.port, done):
            found = samples(page)
            figures = sum(name.startswith("crm_") and not name.startswith("crm_kpi_") for name, _ in found)
            seen.append((found["crm_kpi_ready", ()], figures))
            if found["crm_kpi_ready", ()]:
                break
    finally:
        board.close()
    assert seen[-1][0] == 1
    assert seen[-1][1] > 100
    assert {figures for ready, figures in seen if not ready} <= {0}


@pytest.mark.long
def test_a_dead_worker_takes_its_series_along_and_no_figure(running):
    """
    (faults 36, 38) A second worker joins, the first is killed: its series go with its page, the board's books stay.

    The survivor tells of all partitions once the session has lapsed, and never of one twice.
    """
    system = running.system
    second = system.worker("second").start()
    running.workers = [running.first, second]
    running.load(300)
    system.settled_gauges(len(running.written))
    books = system.accounting()
    running.first.kill()
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        fetch(running.first.port)
    deadline = time.monotonic() + 40
    while partitions(fetch(second.port)[0]) < 4 or second.health().get("status") != "ready":
        assert system.accounting() == books, "the sum froze, fell or doubled"
        assert time.monotonic() < deadline, second.tail()
        time.sleep(0.2)
    assert system.accounting() == books
    running.workers = [second]
    running.load(300)
    explained = ["because it is rebalancing", "offsets not committed"]
    invariants.check(system, workers=[second], acknowledged=running.written, explained=explained)
