"""`crm-pulse bench`: what an event costs, stage by stage, beside plain Faust doing the same work."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream_app.bench.race import Lap


def bench(
    events: Annotated[int, typer.Option(min=1_000, help="Events for the stages and the worker.")] = 100_000,
    plain_events: Annotated[int, typer.Option(min=500, help="Events for plain Faust, which is slow.")] = 5_000,
    at_least: Annotated[float | None, typer.Option(help="Exit with status 1 below this ratio to plain Faust.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure events per second and core: decode, fold, the whole worker, and plain Faust in the same run."""
    from rich.console import Console

    from stream_app.bench.race import run

    console = Console(stderr=True)
    with console.status("bench") as status:
        laps = run(events, min(plain_events, events // 4), lambda text: status.update(f"bench: {text}"))
    ratios = compared(laps)
    if as_json:
        json.dump({"laps": [figures(lap) for lap in laps], "ratios": ratios}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        _print(laps, ratios)
    if at_least is not None and ratios["worker to plain Faust, same work"] < at_least:
        typer.echo(f"the worker is less than {at_least:g} times as fast as plain Faust", err=True)
        raise typer.Exit(1)


def figures(lap: Lap) -> dict[str, float | str | int | None]:
    """Return one lap as JSON."""
    return {
        "name": lap.name, "events": lap.records, "events_per_core_second": round(lap.per_core),
        "cpu_seconds": lap.cpu_seconds, "wall_seconds": lap.wall_seconds, "peak_bytes": lap.peak_bytes,
    }  # fmt: skip


def compared(laps: Sequence[Lap]) -> dict[str, float]:
    """Return how many times as fast the worker is as plain Faust, per CPU second."""
    from stream_app.bench.race import LESS_WORK, SAME_WORK, WORKER

    by_name = {lap.name: lap.per_core for lap in laps}
    return {
        "worker to plain Faust, same work": by_name[WORKER] / by_name[SAME_WORK],
        "worker to plain Faust, lead response only": by_name[WORKER] / by_name[LESS_WORK],
    }


def _print(laps: Sequence[Lap], ratios: dict[str, float]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Events per second of one core")
    table.add_column("stage", no_wrap=True)
    for heading in ("events", "events/s per core", "us per event", "peak MiB"):
        table.add_column(heading, justify="right")
    for lap in laps:
        memory = "" if lap.peak_bytes is None else f"{lap.peak_bytes / 2**20:,.0f}"
        micros = lap.cpu_seconds / lap.records * 1e6
        table.add_row(lap.name, f"{lap.records:,}", f"{lap.per_core:,.0f}", f"{micros:,.1f}", memory)
    console = Console()
    console.print(table)
    for name, ratio in ratios.items():
        console.print(f"{name}: {ratio:.1f} times as fast", highlight=False)
