"""The board as a process: reader thread, snapshot thread, web server; stops cleanly on SIGTERM."""

import asyncio
import errno
import ipaddress
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog
from aiohttp import web

from stream_app.alerting.feed import Feed
from stream_app.alerting.meters import Meters
from stream_app.alerting.service import Alerting, Alertmanagers
from stream_app.alerting.turns import Turns
from stream_app.board.api import Api
from stream_app.board.directory import NOBODY, Directory
from stream_app.board.entrance import Entrance
from stream_app.board.failures import add_safe_headers, answer_failures, only_hosts
from stream_app.board.history import History
from stream_app.board.latest import Latest
from stream_app.board.live import LiveModel, wall_ms
from stream_app.board.progress import Progress
from stream_app.board.reader import Reader
from stream_app.board.succession import Source, Succession
from stream_app.board.wall.stream import Walls
from stream_app.errors import UserError
from stream_app.kpis.kpi import Kpi
from stream_app.measures.read_model import ReadModel
from stream_app.policies.policies import Policies

log = structlog.get_logger(__name__)

BEHIND = 20_000
"""Records that a board may be behind and still tell of promises: a fraction of a second of reading."""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything a board needs to run.

    Attributes:
        host: Address to bind.
        port: Port to bind; 0 takes a free one.
        kafka: librdkafka connection settings.
        source: The state version to read at first.
        make: Builds an empty read model.
        kpis: The catalogue.
        clock: "live" or "watermark" (a replay).
        in_force: Asks for the state version in force; None to stay with the first.
        directory: What people are called and where they are found.
        schema: Highest version of the state that this program reads.
        alertmanagers: Who is told of promises at risk and overdue.
        policies: Hours in which teams may be told.
        public_url: Where people reach the board; "" where it listens.
        allowed_hosts: Host names it answers for beside loopback names, where it binds loopback.
        token: What everybody has to show; None to ask nobody.
    """

    host: str
    port: int
    kafka: Mapping[str, Any]
    source: Source
    make: Callable[[], ReadModel]
    kpis: Mapping[str, Kpi]
    clock: Literal["live", "watermark"] = "live"
    allowed_hosts: tuple[str, ...] = ()
    in_force: Callable[[], Source] | None = None
    directory: Directory = NOBODY
    schema: int = 1
    alertmanagers: Alertmanagers = field(default_factory=Alertmanagers)
    policies: Policies = field(default_factory=Policies)
    public_url: str = ""
    token: str | None = field(default=None, repr=False)


def application(api: Api, hosts: frozenset[str] = frozenset(), entrance: Entrance | None = None) -> web.Application:
    """Return the web application of *api*, answering for *hosts* only (an empty set: for all).

    Without an *entrance* it answers everybody who reaches it.
    """
    app = web.Application(middlewares=[answer_failures, only_hosts(hosts)])
    app.on_response_prepare.append(add_safe_headers)
    app.add_routes(api.routes())
    if entrance is not None:
        app.middlewares.append(entrance.middleware())
        app.on_response_prepare.append(entrance.renew)
        app.add_routes(entrance.routes())
    return app


def hosts_for(bound: str, allowed: Sequence[str]) -> frozenset[str]:
    """Return the Host names to answer for: all where *bound* is public, loopback's names where it is not."""
    if not is_loopback(bound):
        return frozenset()
    return frozenset({"localhost", "127.0.0.1", "::1", bound.lower(), *(name.lower() for name in allowed)})


def is_loopback(host: str) -> bool:
    """Tell whether *host* is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def serve(options: Options, started: Callable[[str], None] | None = None) -> None:
    """Run a board until SIGINT or SIGTERM, or until the task is cancelled.

    Args:
        options: What to run.
        started: Called with the board's URL as soon as it listens, which is before it is ready.

    Raises:
        UserError: The address cannot be bound.
    """
    feed = Feed() if options.alertmanagers.urls and options.clock == "live" else None
    live = LiveModel(options.make, options.kpis, options.clock, directory=options.directory, feed=feed)
    latest = Latest(live.take, lambda: live.progress)
    succession = Succession(
        live,
        options.source,
        lambda source, model: Reader(options.kafka, source.topics, model, source.judge, options.schema),
        lambda: LiveModel(options.make, options.kpis, options.clock, directory=options.directory),
        options.in_force,
    )
    walls = Walls(latest, History())
    meters = Meters()
    api = Api(live, latest, succession, walls, more=() if feed is None else (meters,))
    app = application(api, hosts_for(options.host, options.allowed_hosts), entrance_of(options))
    # A scrape that hangs must not hold up the end of the process.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        url = await _listen(runner, options)
    except UserError:
        await runner.cleanup()
        latest.close()
        raise
    try:
        succession.start()
        walls.start()
        log.info("board listens", url=url, topics=list(options.source.topics), clock=options.clock)
        if started is not None:
            started(url)
        async with nullcontext() if feed is None else _alerting(options, live, feed, meters, url):
            await _until_told()
    finally:
        await walls.stop()
        succession.stop()
        await runner.cleanup()
        latest.close()
        log.info("board stopped")


def entrance_of(options: Options) -> Entrance | None:
    """Return who asks for the token; None where anybody may look, which is said if the address is public."""
    if options.token is not None:
        return Entrance(options.token)
    if not is_loopback(options.host):
        log.warning("everybody who reaches this address can read the figures", host=options.host)
    return None


def _alerting(options: Options, live: LiveModel, feed: Feed, meters: Meters, url: str) -> Alerting:
    """Return what tells the Alertmanagers of promises, to be entered once the board listens at *url*."""
    address = (options.public_url or url).rstrip("/")
    turns = Turns(options.policies, options.directory, address, feed)
    return Alerting(turns, options.alertmanagers, lambda: is_current(live.progress), wall_ms, meters)


def is_current(progress: Progress) -> bool:
    """Tell whether what was read is what is: nobody is paged for what may have been answered long ago."""
    behind = sum(partition.lag or 0 for partition in progress.partitions)
    return progress.ready and not progress.trouble and behind <= BEHIND


async def _listen(runner: web.AppRunner, options: Options) -> str:
    """Bind and return the URL."""
    site = web.TCPSite(runner, options.host, options.port)
    try:
        await site.start()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise UserError(
            f"the board cannot listen on {options.host}:{options.port}: {_reason(error)}",
            "Another process has the port: choose one with --port or CRM_PULSE_BOARD_PORT (0 takes a free one)."
            if taken
            else "Choose an address of this machine with --host or CRM_PULSE_BOARD_HOST.",
        ) from error
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _reason(error: OSError) -> str:
    """Return the system's words alone: asyncio repeats the address in front of them."""
    if error.errno is not None and error.errno in errno.errorcode:
        return os.strerror(error.errno)
    return error.strerror or str(error)


async def _until_told() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await stop.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
