"""`crm-pulse config`: every setting, its value, where it comes from and what it means."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stream_app.settings import Settings

MASK = "********"


def rows(settings: Settings) -> list[dict[str, str]]:
    """Return one row per setting: variable, value (secrets masked), source, description."""
    from pydantic import SecretStr

    from stream_app.settings import PREFIX, SECRETS_FOLDER

    environment = {name.upper() for name in os.environ}
    found = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        variable = f"{PREFIX}{name}".upper()
        if variable in environment:
            source = "environment"
        elif (SECRETS_FOLDER / variable.lower()).is_file():
            source = f"file {SECRETS_FOLDER / variable.lower()}"
        else:
            source = "default"
        shown = MASK if isinstance(value, SecretStr) else "" if value is None else str(value)
        found.append({"variable": variable, "value": shown, "source": source, "description": field.description or ""})
    return found


def config(as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False) -> None:
    """Print every setting: variable, value, where the value comes from, and its meaning."""
    from stream_app.settings import load

    found = rows(load())
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("variable", no_wrap=True), "value", "source", "meaning")
    for row in found:
        style = None if row["source"] == "default" else "bold"
        table.add_row(*row.values(), style=style)
    Console().print(table)
