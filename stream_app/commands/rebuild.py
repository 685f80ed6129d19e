"""`crm-pulse rebuild`: compute the state anew from the events, then switch to it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from stream_app.rebuild.books import Disagreement
    from stream_app.rebuild.progress import Place
    from stream_app.rebuild.run import Outcome
    from stream_app.settings import Settings

_SHOWN = 20


def rebuild(
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that fold.")] = 1,
    switch: Annotated[bool, typer.Option(help="Put the new version into force at the end.")] = True,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Rebuild nothing: delete the topics of versions that are over.")
    ] = False,
    accept_differences: Annotated[
        bool, typer.Option("--accept-differences", help="Switch also where both versions account otherwise for events.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON for programs.")] = False,
) -> None:
    """Compute the state anew from the event topics into the next state version, while the present one still serves.

    At the end it compares both, switches, and workers and boards follow within seconds. It may be interrupted at any
    moment and run again. Needed when state is damaged, and to count history again after a change of the policies.
    """
    from rich.console import Console

    from stream_app.app import agents
    from stream_app.engine.control import in_force
    from stream_app.errors import UserError
    from stream_app.rebuild import topics
    from stream_app.rebuild.run import rebuild as run
    from stream_app.settings import load

    given = load()
    agents(given)  # wrong policies are told before a broker is looked for
    settings = in_force(given)
    console = Console(stderr=True)
    if drop_old:
        for name in topics.drop_old(settings):
            console.print(f"deleted {name}", highlight=False)
        return
    outcome = run(
        settings,
        agents,
        workers=workers,
        to_switch=switch,
        accept_differences=accept_differences,
        show=lambda new, place: _show(console, new, place),
    )
    if as_json:
        typer.echo(json.dumps(asdict(outcome), indent=2))
    else:
        _tell(console, outcome)
    if outcome.disagreements and not accept_differences:
        raise UserError(
            f"Versions {outcome.old} and {outcome.new} account otherwise for the same events and policies:\n"
            + "\n".join(map(_fates, outcome.disagreements)),
            f"Version {outcome.old} stays in force. Once it is known why: crm-pulse rebuild --accept-differences",
        )


def _show(console: Console, new: Settings, place: Place) -> None:
    remaining = place.remaining_seconds
    eta = "" if remaining is None else f", {remaining:.0f} s to go"
    share = 100 * place.done / max(place.end, 1)
    console.print(
        f"version {new.state_version}: {place.done} of {place.end} records ({share:.0f} %), {place.rate:.0f}/s{eta}",
        highlight=False,
    )


def _fates(one: Disagreement) -> str:
    told = (f"{fate} {one.old[fate]} and {one.new[fate]}" for fate in one.old if one.old[fate] != one.new[fate])
    return f"{one.agent}, partition {one.partition}: {', '.join(told) or 'records are missing'}"


def _tell(console: Console, outcome: Outcome) -> None:
    console.print(f"version {outcome.new} accounts for {outcome.records} records and is whole", highlight=False)
    if outcome.missing:
        console.print(
            f"{outcome.missing} older records are not in the topic any more (retention): "
            "their journeys and figures are not in the new version",
            highlight=False,
        )
    if outcome.differences is None:
        console.print(f"version {outcome.old} is damaged or gone, so there is nothing to compare with", highlight=False)
    elif not outcome.differences:
        console.print(f"every figure is that of version {outcome.old}", highlight=False)
    else:
        from rich.table import Table

        table = Table("figure", f"version {outcome.old}", f"version {outcome.new}")
        for one in outcome.differences[:_SHOWN]:
            name, part, window, labels = one.series
            words = [name, part, window, *(f"{label}={value}" for label, value in labels)]
            table.add_row(" ".join(word for word in words if word), *map(_number, (one.old, one.new)))
        console.print(table)
        if len(outcome.differences) > _SHOWN:
            console.print(f"and {len(outcome.differences) - _SHOWN} more", highlight=False)
    if outcome.switched:
        console.print(
            f"version {outcome.new} is in force; delete the old topics when you are content: "
            "crm-pulse rebuild --drop-old",
            highlight=False,
        )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
