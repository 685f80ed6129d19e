"""`crm-pulse simulate`: seeded CRM traffic, in real time or as fast as it goes."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream_app.simulate import Sent

DURATION = 'a number and a unit, such as "90s", "15m", "12h", "2d"'
SHOW_EVERY = 0.5
"""Seconds between two updates of the progress bar."""


def simulate(
    rate: Annotated[float, typer.Option(min=0.01, help="Events per second, on average over a week.")] = 10.0,
    seed: Annotated[int, typer.Option(help="The same seed and start give the same events.")] = 1,
    events: Annotated[int | None, typer.Option(min=1, help="Stop after this many events.")] = None,
    duration: Annotated[str | None, typer.Option(help=f"Stop after this time of live traffic: {DURATION}.")] = None,
    history: Annotated[str | None, typer.Option(help=f"Send this much past first, at once: {DURATION}.")] = None,
    history_rate: Annotated[float, typer.Option(min=0.001, help="Events per second in that past.")] = 0.2,
    to: Annotated[str, typer.Option("--to", help="kafka, a file name for JSON Lines, or - for stdout.")] = "kafka",
    fast: Annotated[
        bool, typer.Option("--fast", help="Do not wait for the clock; files are always written like that.")
    ] = False,
    short_lives: Annotated[
        bool, typer.Option("--short-lives", help="Squeeze waits: a day takes six minutes, a reply half a minute.")
    ] = False,
    rhythm: Annotated[
        Literal["always", "past", "never"],
        typer.Option(help="When traffic follows day and week, in three zones; else it is even."),
    ] = "always",
    start: Annotated[
        str | None, typer.Option(help="Time of the first event, RFC 3339 with zone; else now, less the history.")
    ] = None,
    duplicates: Annotated[float, typer.Option(min=0, max=1, help="Share of events delivered twice.")] = 0.01,
    late: Annotated[float, typer.Option(min=0, max=1, help="Share of events that come late.")] = 0.01,
    broken: Annotated[float, typer.Option(min=0, max=1, help="Share of events spoilt by their source.")] = 0.0,
    incident: Annotated[
        str | None,
        typer.Option(help="Let a team stop answering for a while: TEAM[:AFTER[:LENGTH]], such as emea:30s:2m."),
    ] = None,
    residents: Annotated[int, typer.Option(min=0, help="Customers that are there at the start.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Send realistic CRM traffic: leads that wait, owners with habits, bots, retries and late mail.

    Without --events or --duration it runs until Ctrl-C.
    """
    from stream_app.simulate import Incident, Options, generate
    from stream_app.simulate.traffic import SQUEEZED

    if to != "kafka" and events is None and duration is None:
        raise UserError("a file would grow for ever", "Say how much: --events 50000, or --duration 1h.")
    past_ms = 0 if history is None else _ms("--history", history)
    now_ms = int(time.time() * 1000)
    start_ms = now_ms - past_ms if start is None else _moment(start)
    options = Options(
        rate=rate, squeeze=SQUEEZED if short_lives else 1.0, residents=residents, duplicates=duplicates,
        late=late, broken=broken, rhythm=rhythm, history_ms=past_ms, history_rate=history_rate,
        incident=None if incident is None else Incident.parse(incident),
    )  # fmt: skip
    end_ms = None if duration is None else start_ms + past_ms + _ms("--duration", duration)
    traffic = _until(generate(seed, start_ms, options), events, end_ms)
    _send(traffic, to, wait=to == "kafka" and not fast and start is None, live_from=start_ms + past_ms, as_json=as_json)


def _until(traffic: Iterator[Sent], events: int | None, end_ms: int | None) -> Iterator[Sent]:
    for number, record in enumerate(traffic):
        if number == events or (end_ms is not None and record.due > end_ms):
            return
        yield record


def _send(traffic: Iterator[Sent], to: str, *, wait: bool, live_from: int, as_json: bool) -> None:
    """Send *traffic*; with *wait*, each record at its time. SIGINT and SIGTERM end it cleanly."""
    from rich.console import Console

    from stream_app.ingest.sinks import open_sink

    console = Console(stderr=True)
    sink = open_sink(to)
    phases: Counter[str] = Counter()
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    with suppress(KeyboardInterrupt), _progress(console) as progress:
        bar = progress.add_task("history", total=None)
        shown = 0.0
        for record in traffic:
            if wait:
                time.sleep(max(0.0, record.due / 1000 - time.time()))
            sink.send(record.key, record.value)
            if record.due >= live_from and not phases["live"] and phases["history"]:
                console.print(f"the past is sent: {phases['history']:,} events", highlight=False)
            phases["live" if record.due >= live_from else "history"] += 1
            if time.monotonic() - shown > SHOW_EVERY:
                shown = time.monotonic()
                progress.update(bar, description="live" if phases["live"] else "history", completed=sink.sent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not lose what is on its way
    sink.close()
    summary = {
        "events": sink.sent, "history": phases["history"], "live": phases["live"],
        "seconds": round(time.monotonic() - began, 3), "to": to,
    }  # fmt: skip
    if as_json:
        typer.echo(json.dumps(summary), err=to == "-")
    else:
        console.print(f"{sink.sent:,} events to {to} in {summary['seconds']} s", highlight=False, soft_wrap=True)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _progress(console: Any) -> Any:
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        TextColumn("events"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _ms(option: str, text: str) -> int:
    from stream_app.calendars import MisconfiguredError
    from stream_app.policies.durations import parse_ms

    try:
        return parse_ms(text)
    except MisconfiguredError as error:
        raise UserError(f"{option} {text!r} is no duration", f"Write {DURATION}.") from error


def _moment(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"--start {text!r} is no time", "Write it like 2026-03-02T09:00:00Z.") from None
    if at.tzinfo is None:
        raise UserError(f"--start {text!r} has no zone", "Add Z for UTC, or an offset such as +01:00.")
    return int(at.timestamp() * 1000)
