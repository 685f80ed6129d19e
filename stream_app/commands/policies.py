"""`crm-pulse policies`: look a policies file over, put it into force for everybody, show what is in force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from stream_app.document import Document
    from stream_app.policies import Policies

app = typer.Typer(
    help="Look over, publish and show the policies: promises, calendars, funnels, goals.", no_args_is_help=True
)

PoliciesFile = Annotated[
    Path, typer.Argument(help="Policies file (TOML), such as examples/policies.toml.", metavar="FILE")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def check(file: PoliciesFile, as_json: AsJson = False) -> None:
    """Say everything that is wrong with a file, or what it says; no broker is needed."""
    from stream_app.kpis.aims import load
    from stream_app.policies import document

    policies = load(file)
    _tell(policies, document(file), as_json)


@app.command()
def apply(
    file: Annotated[Path | None, typer.Argument(help="Policies file (TOML).", metavar="FILE")] = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take back what was published: each process goes by its own file again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a file into force for all workers and boards, now and when they start; they follow within seconds.

    What is promised already keeps its due time. What was counted stays: to count history again, `crm-pulse rebuild`.
    """
    from stream_app.engine.control import publish
    from stream_app.engine.control import withdraw as take_back
    from stream_app.engine.topics import check as check_topics
    from stream_app.errors import UserError
    from stream_app.kpis.aims import load as load_policies
    from stream_app.policies import document
    from stream_app.policies.fingerprint import inlined
    from stream_app.settings import load

    if (file is None) != withdraw:
        raise UserError("Name either a file or --withdraw.", "crm-pulse policies apply examples/policies.toml")
    if file is None:
        settings = load()
        check_topics(settings)
        take_back(settings)
        typer.echo("withdrawn: each worker and board goes by its own CRM_PULSE_POLICIES again", err=True)
        return
    policies = load_policies(file)
    whole = inlined(document(file))
    settings = load()
    check_topics(settings)
    publish(settings, whole, _now())
    _tell(policies, whole, as_json)
    typer.echo("published: workers and boards follow within seconds", err=True)


@app.command()
def show(
    text: Annotated[bool, typer.Option("--text", help="Print the file as it was published.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say which policies are in force: the published ones, else the file of the settings, else the defaults."""
    from stream_app.engine.control import in_force
    from stream_app.kpis.aims import load as load_policies
    from stream_app.policies import document
    from stream_app.settings import load

    settings = in_force(load())
    origin = settings.published or (document(settings.policies) if settings.policies is not None else None)
    if text:
        typer.echo(origin.text if origin is not None else "# No file: the defaults hold.", nl=False)
        return
    _tell(load_policies(origin), origin, as_json)


def summary(policies: Policies, origin: Document | None) -> dict[str, Any]:
    """Return what the policies say, in short."""
    from stream_app.policies.fingerprint import fingerprint

    aims = policies.aims
    return {
        "source": origin.source if origin is not None else "the defaults",
        "rules": fingerprint(origin),
        "calendars": sorted(policies.calendars),
        "teams": sorted(policies.teams),
        "promises": [rule.target.name for rule in policies.response_rules if rule.target is not None]
        + [rule.target.name for rules in policies.case_rules.values() for rule in rules if rule.target is not None],
        "funnels": [funnel.name for funnel in policies.funnels],
        "windows": list(policies.windows),
        "areas": list(policies.areas),
        "currency": policies.money.currency,
        "goals": [_goal(goal.kpi, goal.bounds(), goal.window, dict(goal.where)) for goal in aims.goals],
        "thresholds": {name: {"warn": one.warn, "critical": one.critical} for name, one in aims.thresholds.items()},
        "objectives": {"response": aims.objectives.response, "resolution": aims.objectives.resolution},
        "owners": len(policies.owners),
        "label_caps": {"every label": policies.label_cap, **policies.label_caps},
    }


def _goal(kpi: str, bounds: dict[str, float], window: str | None, where: dict[str, str]) -> dict[str, Any]:
    return {
        "kpi": kpi,
        **bounds,
        **({} if window is None else {"window": window}),
        **({"where": where} if where else {}),
    }


def _tell(policies: Policies, origin: Document | None, as_json: bool) -> None:
    said = summary(policies, origin)
    if as_json:
        typer.echo(json.dumps(said, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "what the policies say", title=said.pop("source"))
    for name, value in said.items():
        table.add_row(name.replace("_", " "), "\n".join(_lines(value)) or "-")
    Console().print(table)


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}: {_words(held)}" for name, held in value.items()]
    if isinstance(value, list):
        plain = all(isinstance(item, str) for item in value)
        return [", ".join(value)] if plain else [_words(item) for item in value]
    return [str(value)]


def _words(value: Any) -> str:
    return " ".join(f"{name} {_words(held)}" for name, held in value.items()) if isinstance(value, dict) else str(value)


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
