"""`crm-pulse topics`: create and check the Kafka topics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream_app.engine.topics import Step

app = typer.Typer(help="Create and check the Kafka topics.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def plan(as_json: Json = False) -> None:
    """Show what `apply` would do; changes nothing. Exit status 2 when a partition count differs."""
    from stream_app.engine import topics
    from stream_app.engine.control import in_force
    from stream_app.settings import load

    settings = in_force(load())
    wanted = topics.layout(settings)
    with topics.admin(settings) as client:
        steps = topics.plan(wanted, topics.read(client, wanted))
    _show(steps, as_json)
    topics.refuse_changed_partitions(steps)


@app.command()
def apply(as_json: Json = False) -> None:
    """Create missing topics and set their settings. Doing it again changes nothing."""
    from stream_app.engine import topics
    from stream_app.engine.control import in_force
    from stream_app.settings import load

    settings = in_force(load())
    wanted = topics.layout(settings)
    with topics.admin(settings) as client:
        steps = topics.plan(wanted, topics.read(client, wanted))
        topics.apply(client, steps)
    _show(steps, as_json)


def _show(steps: Sequence[Step], as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "topic": step.topic.name,
                "role": step.topic.role,
                "partitions": step.topic.partitions,
                "replication": step.topic.replication,
                "action": step.action,
                "config": dict(step.config),
                "note": step.note,
            }
            for step in steps
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Column, Table

    console = Console()
    table = Table(Column("topic", no_wrap=True), "partitions", "copies", "action")
    colours = {"create": "green", "configure": "yellow", "keep": "dim", "refuse": "bold red"}
    for step in steps:
        table.add_row(
            *(step.topic.name, str(step.topic.partitions), str(step.topic.replication)),
            f"[{colours[step.action]}]{step.action}[/]",
        )
    console.print(table)
    for step in steps:
        if step.note and step.action != "refuse":  # the error that follows says why it is refused
            console.print(f"{step.topic.name}: {step.note}", markup=False, highlight=False, soft_wrap=True)
