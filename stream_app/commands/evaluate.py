"""`crm-pulse evaluate`: the KPIs of an event file at one moment, with no broker."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stream_app.kpis import Kpi, Sample
    from stream_app.kpis.evaluation import Result

SHOWN_PROBLEMS = 5


def evaluate(
    files: Annotated[
        list[Path], typer.Argument(help="JSON Lines of CloudEvents, in any order; - reads standard input.")
    ],
    at: Annotated[
        str | None, typer.Option(help="The moment, as RFC 3339; default: the time of the latest event.")
    ] = None,
    policies: Annotated[
        Path | None, typer.Option(help="Policies file (TOML); default: the policies that ship.")
    ] = None,
    window: Annotated[
        list[str] | None, typer.Option(help="Rolling windows instead of those of the policies, e.g. 730d.")
    ] = None,
    kpi: Annotated[list[str] | None, typer.Option(help="Only these KPIs.")] = None,
    table: Annotated[bool, typer.Option("--table", help="A table for people instead of JSON.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, which is the default.")] = True,  # noqa: ARG001  like every read command
) -> None:
    """Compute every KPI over event files: the fold of the worker, without a broker."""
    from stream_app.kpis import catalogue
    from stream_app.kpis.aims import load
    from stream_app.kpis.evaluation import fold

    rules = load(policies)
    if window:
        rules = replace(rules, windows=_windows(window))
    kpis = catalogue(rules)
    chosen = _chosen(kpis, kpi or [])
    result = fold(_lines(files), rules, None if at is None else _moment(at))
    _report_problems(result)
    if not (result.accounting.applied or result.skipped):
        raise UserError(
            f"there are no events in {', '.join(str(path) for path in files)}",
            "A file of events is JSON Lines of CloudEvents; `crm-pulse import` makes one from an export.",
        )
    if table:
        _print_table(result, chosen)
        return
    json.dump(document(result, chosen), sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


def document(result: Result, kpis: Mapping[str, Kpi]) -> dict[str, Any]:
    """Return what ``evaluate`` prints: the moment, the accounting and every number."""
    books = result.accounting
    return {
        "at": _text(result.at),
        "events": {
            "applied": books.applied, "duplicates": books.duplicates, "dead": books.dead, "late": books.late,
            "after_at": result.skipped,
        },
        "kpis": [_row(sample, kpis[sample.kpi]) for sample in result.samples(kpis)],
    }  # fmt: skip


def _row(sample: Sample, kpi: Kpi) -> dict[str, Any]:
    return {
        "name": sample.kpi, "part": sample.part, "unit": kpi.unit, "window": sample.window, "labels": sample.labels,
        "value": sample.value, "n": sample.n,
    }  # fmt: skip


def _windows(texts: Iterable[str]) -> tuple[str, ...]:
    from stream_app.measures.window import Window

    try:
        return tuple(Window.parse(text).name for text in texts)
    except ValueError as error:
        raise UserError(f"--{error}") from None  # it says what would do


def _text(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"--at {text!r} is not a time", "Write it as 2026-01-31T17:00:00Z.") from None
    if moment.tzinfo is None:
        raise UserError(f"--at {text!r} has no time zone", f"Write {text}Z for UTC, or an offset such as {text}+01:00.")
    return int(moment.timestamp() * 1000)


def _lines(files: Iterable[Path]) -> Iterator[bytes]:
    for path in files:
        if str(path) == "-":
            yield from sys.stdin.buffer
            continue
        try:
            with path.open("rb") as stream:
                yield from stream
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror}", "Check the path and its permissions.") from None


def _chosen(kpis: Mapping[str, Kpi], names: Iterable[str]) -> Mapping[str, Kpi]:
    from difflib import get_close_matches

    wanted = list(names)
    for name in wanted:
        if name not in kpis:
            close = get_close_matches(name, kpis, n=3) or list(kpis)[:3]
            raise UserError(f"there is no KPI {name!r}", f"Did you mean {', '.join(close)}? See docs/kpis.md.")
    return {name: kpis[name] for name in wanted} if wanted else kpis


def _report_problems(result: Result) -> None:
    for letter in result.dead[:SHOWN_PROBLEMS]:
        number = getattr(letter.record, "number", 0)
        place = f" in {letter.field}" if letter.field else ""
        typer.echo(f"line {number}: {letter.reason}{place}: {letter.message}", err=True)
    if len(result.dead) > SHOWN_PROBLEMS:
        typer.echo(f"... and {len(result.dead) - SHOWN_PROBLEMS} more lines that are no events", err=True)


def _print_table(result: Result, kpis: Mapping[str, Kpi]) -> None:
    from rich.console import Console
    from rich.table import Table

    books = result.accounting
    table = Table(
        title=f"KPIs at {_text(result.at)}",
        caption=f"{books.applied} events, {books.duplicates} repeated, {books.dead} refused, {result.skipped} later",
    )
    for heading in ("KPI", "window"):
        table.add_column(heading, no_wrap=True)
    table.add_column("labels")
    for heading in ("value", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    for sample in result.samples(kpis):
        if sample.part not in ("", "mean"):
            continue  # a ratio shows its n; numerator and denominator are in the JSON
        labels = " ".join(f"{name}={value}" for name, value in sample.labels.items())
        number = f"{sample.value:,.4g}" if kpis[sample.kpi].unit == "ratio" else f"{sample.value:,.1f}"
        name = f"{sample.kpi} ({sample.part})" if sample.part else sample.kpi
        table.add_row(name, sample.window or "now", labels, number, f"{sample.n:,}")
    Console().print(table)
