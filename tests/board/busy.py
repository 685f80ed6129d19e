"""A board of the demo's business, without Kafka: recorded traffic through the same fold that workers use."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files
from itertools import takewhile

from aiohttp import web

from stream_app.board.api import Api
from stream_app.board.directory import Directory
from stream_app.board.history import STEP_MS, History
from stream_app.board.latest import Latest
from stream_app.board.live import LiveModel
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.board.server import application
from stream_app.board.wall.stream import Walls
from stream_app.kpis import catalogue
from stream_app.kpis.evaluation import fold
from stream_app.measures.read_model import ReadModel
from stream_app.policies import Policies, load
from stream_app.simulate import Options, generate
from stream_app.simulate.traffic import SQUEEZED

HOUR_MS = 3_600_000
PAST_MS = 12 * HOUR_MS
START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
LENGTH_MS = 30 * 60_000
DEMO = Options(rate=6.0, squeeze=SQUEEZED, history_ms=PAST_MS, history_rate=0.04, broken=0.001, rhythm="past")
TREND_STEPS = 240
DONE = Progress((PartitionProgress("cells", 0, 10, 10, caught_up=True),), records=10)
HALF = Progress((PartitionProgress("cells", 0, 4, 10, caught_up=False),), records=4)


def traffic(until: int) -> list[bytes]:
    """Return the records that have arrived by *until*."""
    return [sent.value for sent in takewhile(lambda sent: sent.due <= until, generate(1, START, DEMO))]


@cache
def _policies() -> Policies:
    with as_file(files("stream_app.demo")) as folder:
        return load(folder / "policies.toml")


class Business:
    """What one run of browser tests looks at: folded once, served as often as somebody asks.

    Attributes:
        progress: How far the state is read.
    """

    def __init__(self, *, empty: bool = False) -> None:
        """Fold the recorded traffic, or nothing."""
        self.at = START + PAST_MS + LENGTH_MS
        self._stopped: int | None = None
        self.progress = DONE
        self.view: ReadModel = fold([] if empty else traffic(self.at), _policies(), self.at).view
        self._began = time.monotonic()
        self.history = History()
        if not empty:
            self._remember()

    def _wall(self) -> int:
        if self._stopped is not None:
            return self._stopped
        return self.at + int((time.monotonic() - self._began) * 1000)

    def stop_time(self) -> None:
        """Let every look from now on show the same moment."""
        self._stopped = self._wall()

    def go_on(self) -> None:
        """Let time pass again, from where it would be by now."""
        self._stopped = None

    def _remember(self) -> None:
        """Have looked at the figures for a while already; what they were is made up, as waves around what they are."""
        now = self.live().take()
        for step in range(TREND_STEPS):
            scale = 1 + math.sin(step / 41) / 9 + math.sin(step / 7) / 30
            was = {
                name: replace(one, samples=tuple(replace(each, value=each.value * scale) for each in one.samples))
                for name, one in now.collected.items()
            }
            self.history.note(replace(now, at=now.at - (TREND_STEPS - step) * STEP_MS, collected=was))
        self._began = time.monotonic()

    def live(self) -> LiveModel:
        """Return a model that has read everything."""
        policies = _policies()
        model = LiveModel(
            lambda: self.view,
            catalogue(policies),
            wall=self._wall,
            directory=Directory(policies.owners, policies.links),
        )
        model.progress = self.progress
        return model

    def make(self) -> tuple[web.Application, Callable[[], None]]:
        """Return an application, and what closes it."""
        live = self.live()
        latest = Latest(live.take, lambda: live.progress, 0.5)
        walls = Walls(latest, self.history)

        async def begin(_app: web.Application) -> None:
            walls.start()

        async def end(_app: web.Application) -> None:
            await walls.stop()

        app = application(Api(live, latest, walls=walls))
        app.on_startup.append(begin)
        app.on_shutdown.append(end)
        return app, latest.close
