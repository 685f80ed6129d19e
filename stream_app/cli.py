"""The command line: `crm-pulse`, one command per module of `stream_app.commands`."""

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

import typer

from stream_app import __version__
from stream_app.errors import UserError


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the help: a command's name, the module that holds it, and its panel."""

    name: str
    module: str
    panel: str


ENTRIES = (
    Entry("demo", "demo", "Try it"),
    Entry("simulate", "simulate", "Try it"),
    Entry("bench", "bench", "Try it"),
    Entry("worker", "worker", "Run it"),
    Entry("board", "board", "Run it"),
    Entry("top", "top", "Run it"),
    Entry("topics", "topics", "Run it"),
    Entry("policies", "policies", "Run it"),
    Entry("import", "import_file", "Use your own data"),
    Entry("evaluate", "evaluate", "Use your own data"),
    Entry("dead-letters", "dead_letters", "Look after it"),
    Entry("doctor", "doctor", "Look after it"),
    Entry("rebuild", "rebuild", "Look after it"),
    Entry("config", "config", "Look after it"),
    Entry("gen", "gen", "Work on it"),
)
"""In the order of `crm-pulse --help`."""

app = typer.Typer(
    name="crm-pulse",
    help="CRM events through Kafka and Faust to live KPI gauges, counted exactly once.",
    epilog="Start with: crm-pulse demo",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # locals may hold credentials
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crm-pulse {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave."),
    ] = False,
) -> None:
    """CRM events through Kafka and Faust to live KPI gauges, counted exactly once."""


def _register(entry: Entry) -> None:
    """Add the command or the group of *entry*: `app` if its module has one, else the function of its name."""
    module = import_module(f"stream_app.commands.{entry.module}")
    group = getattr(module, "app", None)
    if isinstance(group, typer.Typer):
        app.add_typer(group, name=entry.name, rich_help_panel=entry.panel)
    else:
        app.command(entry.name, rich_help_panel=entry.panel)(getattr(module, entry.module))


for _entry in ENTRIES:
    _register(_entry)


def report(error: UserError) -> None:
    """Print *error* and its hint to stderr, in colour where that is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    console.print(f"error: {error.message}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    if error.hint:
        console.print(error.hint, markup=False, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line; a `UserError` ends it with status 2 and no traceback."""
    try:
        app()
    except UserError as error:
        report(error)
        sys.exit(2)
