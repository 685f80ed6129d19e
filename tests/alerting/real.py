"""Boards whose state the test feeds, and a real Alertmanager that they tell."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from stream_app.alerting.feed import Feed
from stream_app.alerting.meters import Meters
from stream_app.alerting.service import Alerting, Alertmanagers
from stream_app.alerting.turns import Turns
from stream_app.board.directory import Directory
from stream_app.board.live import LiveModel, wall_ms
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.measures.clock import OpenClock
from stream_app.measures.read_model import ReadModel
from stream_app.policies import Policies
from tests.board.boards import MEASURES, WINDOWS, Workers

PATIENCE = 60.0
"""Seconds after which something hangs."""

CONFIG = """
route:
  receiver: test
  group_by: [alertname, team]
  group_wait: 200ms
  group_interval: 300ms
  repeat_interval: 1h
  routes:
    - matchers: [alertname="CrmTeamClosed"]
      receiver: nobody
inhibit_rules:
  - source_matchers: [alertname="CrmPromiseOverdue"]
    target_matchers: [alertname="CrmPromiseAtRisk"]
    equal: [clock, relationship, item]
receivers:
  - name: nobody
  - name: test
    webhook_configs:
      - url: {url}
"""


class FedBoard:
    """A board without Kafka: the state records that workers write are applied by the test."""

    def __init__(self, workers: Workers, alertmanagers: Alertmanagers, policies: Policies | None = None) -> None:
        self.workers = workers
        self.meters = Meters()
        self.policies = policies or Policies()
        self.feed = Feed()
        self.live = LiveModel(lambda: ReadModel(WINDOWS, MEASURES), {}, feed=self.feed)
        turns = Turns(self.policies, Directory(), "https://board.example.com", self.feed)
        self.alerting = Alerting(turns, alertmanagers, lambda: self.live.progress.ready, wall_ms, self.meters)

    def ready(self) -> None:
        self.live.progress = Progress(tuple(PartitionProgress("cells", i, 1, 1, caught_up=True) for i in range(2)))


class Town:
    """Workers, and boards that read what they write."""

    def __init__(self, *urls: str, policies: Policies | None = None, **access: str) -> None:
        self.workers = Workers()
        self.history: list[tuple[int, bytes, bytes | None]] = []
        self.boards: list[FedBoard] = []
        self._alertmanagers = Alertmanagers(urls, **access)
        self._policies = policies

    @asynccontextmanager
    async def board(self) -> AsyncIterator[FedBoard]:
        """Run another board, which reads everything from the beginning."""
        board = FedBoard(self.workers, self._alertmanagers, self._policies)
        self.boards.append(board)
        async with board.alerting:
            board.live.apply(self.history)
            board.ready()
            yield board
        self.boards.remove(board)

    def flow(self) -> None:
        """Let all boards read what was written."""
        records = self.workers.records()
        self.history += records
        for board in self.boards:
            board.live.apply(records)

    def open(self, *clocks: OpenClock) -> None:
        self.workers.open(clocks)
        self.flow()

    def close(self, *who: str) -> None:
        self.workers.close(*who)
        self.flow()


def due_in(who: str, seconds: float, risk: float | None = None, **labels: str) -> OpenClock:
    """A promise that is due so many seconds from now, at risk *risk* seconds from now."""
    now = wall_ms()
    moment = None if risk is None else now + int(risk * 1000)
    known = {"team": "emea", "owner_id": "u-17", "channel": "web"} | labels
    return OpenClock("lead_response", who, "", now - 60_000, now + int(seconds * 1000), moment, known, "test")


async def until(holds: Callable[[], object], complaint: object = "it hangs") -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, complaint() if callable(complaint) else complaint
        await asyncio.sleep(0.02)
