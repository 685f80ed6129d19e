"""`crm-pulse demo`: embedded broker, worker, board and simulated traffic, in one terminal."""

from __future__ import annotations

import signal
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from stream_app.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from stream_app.demo.figures import Source
    from stream_app.demo.stage import Stage

READY_SECONDS = 90.0
LINE_SECONDS = 5.0
"""Between two lines where the output is no terminal."""


def demo(
    seconds: Annotated[float | None, typer.Option(min=1, help="Stop after this time; else at Ctrl-C.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Simulated events per second.")] = 8.0,
    seed: Annotated[int, typer.Option(help="Seed of the simulated traffic.")] = 1,
    history: Annotated[str, typer.Option(help='Simulated past, sent at the start, such as "2d".')] = "2d",
    incident: Annotated[
        str | None,
        typer.Option(help="Let a team stop answering for a while: TEAM[:AFTER[:LENGTH]], such as emea:30s:2m."),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the board; a free one if it is taken.")] = 8000,
) -> None:
    """Run everything on this machine and watch the KPIs move; nothing is reachable from outside.

    Ends with Ctrl-C, leaving no process behind.
    """
    from rich.console import Console

    from stream_app.demo.figures import Source
    from stream_app.demo.stage import Stage, free_port
    from stream_app.engine.embedded import EmbeddedBroker
    from stream_app.simulate import Incident

    if incident is not None:
        Incident.parse(incident)  # what is wrong is told before anything is started
    ends = None if seconds is None else time.monotonic() + seconds
    asked = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGHUP: the terminal was closed
        signal.signal(number, lambda _number, _frame: asked.set())
    console = Console()
    folder = Path(tempfile.mkdtemp(prefix="crm-pulse-demo-"))
    console.print(f"Logs are in {folder}", highlight=False, soft_wrap=True)
    with ExitStack() as curtain:
        broker = EmbeddedBroker(log=folder / "broker.log")
        curtain.callback(broker.stop)
        broker.start()
        board_port, worker_port = free_port(port), free_port(6066)
        stage = Stage(folder, _settings(broker.address, board_port, worker_port))
        curtain.callback(stage.stop)
        source = Source(f"http://127.0.0.1:{board_port}", f"http://127.0.0.1:{worker_port}")
        _begin(stage, rate=rate, seed=seed, history=history, incident=incident)
        if _until_ready(console, stage, source, asked, ends):
            _print_addresses(console, board_port, worker_port, broker.address)
            _watch(console, stage, source, asked, ends)
        console.print("Stopping ...")
    console.print("Stopped; nothing is left running.", highlight=False)


def _settings(brokers: str, board_port: int, worker_port: int) -> dict[str, str]:
    from stream_app import demo as package

    return {
        "brokers": brokers,
        "one_record_batches": "true",  # the embedded broker needs it
        "session_timeout": "6",  # joining its group takes half of this
        "batch_records": "1000",  # the first figures come sooner
        "policies": str(Path(package.__file__).with_name("policies.toml")),
        "board_port": str(board_port),
        "worker_port": str(worker_port),
    }


def _begin(stage: Stage, *, rate: float, seed: int, history: str, incident: str | None) -> None:
    stage.run("topics", "topics", "apply")
    stage.start("worker", "worker")
    stage.start("board", "board")
    stage.start(
        "simulator", "simulate", "--short-lives", "--rate", str(rate), "--seed", str(seed),
        "--history", history, "--history-rate", "0.1", "--broken", "0.001", "--rhythm", "past",
        *(("--incident", incident) if incident else ()),
    )  # fmt: skip


def _until_ready(console: Console, stage: Stage, source: Source, asked: Event, ends: float | None) -> bool:
    """Wait until the figures can be read; return False if the demo is to end before."""
    began = time.monotonic()
    if not console.is_terminal:
        console.print("Starting broker, worker, board and simulator ...")
    with console.status("starting broker, worker, board and simulator") if console.is_terminal else ExitStack():
        while not source.ready():
            stage.check()
            if asked.wait(0.25) or _over(ends):
                return False
            if time.monotonic() - began > READY_SECONDS:
                raise UserError(f"no figures after {READY_SECONDS:.0f} s", f"The logs are in {stage.folder}.")
    console.print(f"Ready after {time.monotonic() - began:.1f} s", highlight=False)
    return True


def _print_addresses(console: Console, board: int, worker: int, broker: str) -> None:
    for name, address in (
        ("board", f"http://127.0.0.1:{board}/"),
        ("gauges", f"http://127.0.0.1:{board}/metrics"),
        ("KPI API", f"http://127.0.0.1:{board}/api/v1/kpis"),
        ("who waits", f"http://127.0.0.1:{board}/api/v1/clocks"),
        ("worker", f"http://127.0.0.1:{worker}/metrics"),
    ):
        console.print(f"  {name:<10} {address}", highlight=False, soft_wrap=True)
    # Commands in another terminal need both; on one line of 80 columns to be copied.
    console.print(
        f"  export CRM_PULSE_BROKERS={broker} CRM_PULSE_ONE_RECORD_BATCHES=true", highlight=False, soft_wrap=True
    )


def _watch(console: Console, stage: Stage, source: Source, asked: Event, ends: float | None) -> None:
    """Show the figures until the demo is to end: a live table on a terminal, else a line now and then."""
    from rich.live import Live

    from stream_app.demo.screen import line, picture

    live = console.is_terminal
    with Live(console=console, auto_refresh=False) if live else ExitStack() as view:
        while not _over(ends):
            stage.check()
            figures = source.look()
            if figures is not None and isinstance(view, Live):
                view.update(picture(figures, f"board {source.board}/   Ctrl-C stops everything"), refresh=True)
            elif figures is not None:
                console.print(line(figures), highlight=False, soft_wrap=True)
            if asked.wait(1.0 if live else LINE_SECONDS):
                return


def _over(ends: float | None) -> bool:
    return ends is not None and time.monotonic() >= ends
