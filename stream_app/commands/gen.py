"""`crm-pulse gen`: write or check the files that are generated from the catalogue and the contract."""

import json
from pathlib import Path
from typing import Annotated

import typer

from stream_app.errors import UserError


def gen(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; list stale files and exit 1 if there are any.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    root: Annotated[Path, typer.Option(help="The repository.", file_okay=False)] = Path(),
) -> None:
    """Write the JSON Schemas, dashboards and KPI pages that are generated from code, or check them."""
    from stream_app.generate.files import generated_files, stale, write

    if not (root / "pyproject.toml").is_file():
        raise UserError(
            f"{root.absolute()} is not the crm-pulse repository: it has no pyproject.toml",
            "Run it at the top of a checkout, or name one: crm-pulse gen --root PATH",
        )
    try:
        files = generated_files()
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("grafana_foundation_sdk"):
            raise
        raise UserError(
            "the dashboards are built with grafana-foundation-sdk, which is not installed",
            "Run `make setup`, or: pip install --group gen",
        ) from error
    found = stale(root, files) if check else write(root, files)
    if as_json:
        typer.echo(json.dumps({"files": len(files), "stale" if check else "written": found}, indent=2))
    elif check and found:
        for path, why in found.items():
            typer.echo(f"{why}: {path}", err=True)
        typer.echo("fix: make gen (and never edit these files by hand)", err=True)
    else:
        for path, why in found.items():
            typer.echo(f"{'removed' if why == 'left over' else 'wrote'} {path}")
        typer.echo(f"{len(files)} generated files, {'all fresh' if not found else f'{len(found)} changed'}")
    if check and found:
        raise typer.Exit(1)
