"""A board over an hour of the demo and a worker's meters, served on loopback and scraped by a real Prometheus."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from aiohttp import web
from faust.types.tuples import TP

from stream_app.alerting.meters import Meters as AlertMeters
from stream_app.board.api import Api
from stream_app.board.directory import Directory
from stream_app.board.latest import Latest
from stream_app.board.live import LiveModel
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.board.server import application
from stream_app.engine.meters import BATCH_BOUNDS, Meters, PartitionMeter
from stream_app.engine.web import add_routes
from stream_app.kpis import catalogue
from tests.demo.hour import hour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric

JOBS = ("crm-pulse-board", "crm-pulse-worker")
TOPICS = ("relationships", "users", "campaigns")


class Alerts(AlertMeters):
    """The meters of a board that tells an Alertmanager of one more alert each time that they are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.add("alertmanager:9093")

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        self.firing += 1
        self.sent["alertmanager:9093"] += 1
        self.delayed(0.2)
        return super().collect()


def board() -> web.Application:
    """Return a board that has read the hour of the demo; its clock stands at the end of it."""
    policies, result = hour()
    told = Directory(policies.owners, policies.links, edition="e1", board_url="http://localhost:8000")
    live = LiveModel(lambda: result.view, dict(catalogue(policies)), wall=lambda: result.at, directory=told)
    live.progress = Progress(tuple(PartitionProgress(topic, 0, 10, 10, caught_up=True) for topic in TOPICS), records=30)
    return application(Api(live, Latest(live.take, lambda: live.progress), more=[Alerts()]))


def worker() -> web.Application:
    """Return the pages of a worker that folds while it is looked at."""
    meters = Meters(recovery_seconds=1.5, committed_at=time.time())
    meter = PartitionMeter(meters, watermark=int(time.time() * 1000))
    lane = SimpleNamespace(meter=meter, entries=lambda: {"cells": {b"a": b"1"}, "journeys": {b"b": b"2"}})

    class Lanes:
        def items(self) -> list[tuple[TP, Any]]:
            for bound in range(len(BATCH_BOUNDS)):
                meters.batch_buckets[bound] += 1
            meters.events.update(applied=90, duplicate=5, dead=1)
            meters.dead_letters.update(bad_field=1)
            meters.entries.update(cells=300, journeys=80)
            return [(TP(topic, 0), lane) for topic in TOPICS]

    pages = web.Application()
    engine = SimpleNamespace(
        meters=meters, ready=True, lanes=Lanes(), consumer=SimpleNamespace(lag=lambda _tp: 42), in_recovery=False
    )
    add_routes(engine, pages)  # type: ignore[arg-type]  # what the pages ask of an engine
    return pages


@contextmanager
def served(*apps: web.Application) -> Iterator[list[str]]:
    """Serve *apps* from a thread of their own, and yield their addresses."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runners = [web.AppRunner(app, access_log=None, shutdown_timeout=1.0) for app in apps]

    async def start() -> list[str]:
        for runner in runners:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        return [f"127.0.0.1:{runner.addresses[0][1]}" for runner in runners]

    async def stop() -> None:
        for runner in runners:
            await runner.cleanup()

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def config(addresses: list[str]) -> str:
    """Return a configuration that scrapes each address as the job of its place."""
    jobs = "".join(
        f"  - job_name: {job}\n    static_configs: [{{targets: ['{address}']}}]\n"
        for job, address in zip(JOBS, addresses, strict=True)
    )
    return f"global:\n  scrape_interval: 2s\n  scrape_timeout: 2s\nscrape_configs:\n{jobs}"
