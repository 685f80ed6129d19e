"""`crm-pulse import`: CRM exports, CSV or JSON Lines, to events by a declarative mapping."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from stream_app.ingest.build import Import


def import_file(
    mapping: Annotated[Path, typer.Argument(help="The mapping, a TOML file; examples/ has two.", show_default=False)],
    files: Annotated[list[Path], typer.Argument(help="Exports, CSV or JSON Lines.", show_default=False)],
    to: Annotated[str, typer.Option("--to", help="kafka, a file name for JSON Lines, or - for stdout.")] = "kafka",
    rejects: Annotated[
        Path | None,
        typer.Option(help="CSV for the rows left out; else <mapping name>.rejects.csv, made only if there are any."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing: count, and show the first events.")] = False,
    show: Annotated[int, typer.Option(min=0, help="Events that --dry-run shows.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Turn CRM exports into events and send them in order of time.

    Event ids follow from the rows, so the same import a second time changes nothing. Rows that cannot become
    events are left out, counted by reason and written to a file with line, column and reason.
    """
    from rich.console import Console

    from stream_app.ingest.build import Import
    from stream_app.ingest.load import load
    from stream_app.ingest.match import match
    from stream_app.ingest.order import by_time
    from stream_app.ingest.rejects import Rejects
    from stream_app.ingest.sinks import open_sink

    console = Console(stderr=as_json or to == "-")
    words = load(mapping)
    rules = [(path, match(words, path)) for path in files]
    sink = None if dry_run else open_sink(to)
    with Rejects(rejects or Path(f"{words.name}.rejects.csv")) as left_out, _progress(console) as progress:
        reading = progress.add_task("reading", total=sum(path.stat().st_size for path in files))
        places: dict[Path, int] = {}

        def at(path: Path, position: int) -> None:
            places[path] = position
            progress.update(reading, completed=sum(places.values()))

        run = Import(words, left_out, at)
        ordered = by_time(event for path, rule in rules for event in run.events(path, rule))
        first: list[bytes] = []
        sending = progress.add_task("sending", total=None)
        for number, event in enumerate(ordered, 1):
            if number == 1:
                progress.update(sending, total=run.tally.events.total())
            if sink is not None:
                sink.send(event.key, event.value)
            elif len(first) < show:
                first.append(event.value)
            if number % 1000 == 0:
                progress.update(sending, completed=number)
        progress.update(sending, completed=run.tally.events.total(), total=run.tally.events.total())
        if sink is not None:
            sink.close()
    for value in first:
        console.print_json(value.decode())
    if as_json:
        typer.echo(json.dumps(summary(run) | {"to": None if dry_run else to}), err=to == "-")
    else:
        _print_summary(console, run, "nowhere (dry run)" if dry_run else to)


def summary(run: Import) -> dict[str, Any]:
    """Return what an import did: rows, events by type, repeated events, rejects by reason."""
    tally, left_out = run.tally, run.rejects
    return {
        "mapping": run.mapping.name,
        "rows": dict(tally.rows),
        "rows_used": dict(tally.used),
        "events": dict(tally.events),
        "repeated": tally.repeated,
        "rejected": dict(left_out.by_reason),
        "rejects_file": str(left_out.path) if left_out.total else None,
    }


def _progress(console: Console) -> Any:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _print_summary(console: Console, run: Import, to: str) -> None:
    from rich.table import Table

    console.print(f"{run.mapping.name}: {run.tally.events.total():,} events to {to}", markup=False, soft_wrap=True)
    table = Table()
    table.add_column("what")
    table.add_column("count", justify="right")
    for name, count in run.tally.rows.items():
        table.add_row(f"rows read, {name}", f"{count:,}")
        table.add_row("  of these became events", f"{run.tally.used[name]:,}")
    for name, count in sorted(run.tally.events.items()):
        table.add_row(name, f"{count:,}")
    table.add_row("repeated rows, same event", f"{run.tally.repeated:,}")
    for reason, count in run.rejects.by_reason.most_common():
        table.add_row(f"[red]left out: {reason}[/]", f"{count:,}")
    console.print(table)
    for example in run.rejects.first.values():
        console.print(
            f"  {example.file}:{example.line}: {example.column or 'row'}: {example.reason}: {example.message}",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
    if run.rejects.total:
        console.print(f"Rows left out are in {run.rejects.path}", markup=False, highlight=False, soft_wrap=True)
