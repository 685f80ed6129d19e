"""`crm-pulse dead-letters`: list, explain and re-drive the records that could not be used."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream_app.errors import UserError

if TYPE_CHECKING:
    from stream_app.ingest.letters import Letter

app = typer.Typer(
    help="List, explain and re-drive the records that could not be used.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Reasons = Annotated[list[str] | None, typer.Option("--reason", help="Only this reason code; may be repeated.")]
Source = Annotated[
    str | None, typer.Option("--source", help="Only from this topic, topic/partition or topic/partition/offset.")
]
Since = Annotated[
    str | None, typer.Option("--since", help='Only refused since then: RFC 3339, or how long ago, such as "2h".')
]
Until = Annotated[str | None, typer.Option("--until", help="Only refused before then; as --since.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="As `list` shows them.", show_default=False)]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters are meant."""

    ids: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    source: str | None = None
    since: int = 0
    until: int | None = None

    def takes(self, letter: Letter) -> bool:
        """Return whether *letter* is meant."""
        return (
            (not self.ids or letter.source in self.ids)
            and (not self.reasons or letter.reason in self.reasons)
            and (self.source is None or f"{letter.source}/".startswith(f"{self.source}/"))
            and self.since <= letter.dead_at
            and (self.until is None or letter.dead_at < self.until)
        )


@app.command("list")
def list_(
    reason: Reasons = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List dead letters, oldest first: which record, why, and what it claims to be."""
    found = _letters(_filter(None, reason, source, since, until))
    shown = found[-limit:]
    if as_json:
        typer.echo(json.dumps({"total": len(found), "letters": [_row(letter) for letter in shown]}))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    console = Console()
    # An id is there to be copied, so it is never cut; the rest takes the room that is left.
    table = Table(Column("id", no_wrap=True), Column("refused", no_wrap=True), Column("why", overflow="fold"))
    for letter in shown:
        place = " ".join(part for part in (letter.reason, letter.field) if part)
        kind = f" ({letter.type()})" if letter.type() else ""
        table.add_row(*map(escape, (letter.source, _iso(letter.dead_at), f"{place}: {letter.message}{kind}")))
    if shown:
        console.print(table)
    more = f", the newest {len(shown)} are shown" if len(shown) < len(found) else ""
    console.print(f"{len(found)} dead letters{more}", highlight=False)


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show one dead letter whole: headers, text, the reason, the field, and what to do."""
    found = _letters(Filter(ids=(letter_id,)))
    if not found:
        raise UserError(f"there is no dead letter {letter_id}", "`crm-pulse dead-letters list` shows the ids.")
    for letter in found:
        about = _row(letter) | {
            "meaning": letter.meaning,
            "hint": letter.hint,
            "headers": {name: _text(content) for name, content in letter.headers},
            "value": letter.text(),
        }
        if as_json:
            typer.echo(json.dumps(about))
            continue
        for name in ("id", "refused", "reason", "meaning", "field", "message", "hint", "key", "type"):
            typer.echo(f"{name + ':':<9} {about[name] if about[name] is not None else '(none)'}")
        for header, content in about["headers"].items():
            typer.echo(f"header:   {header} = {content}")
        typer.echo("value:")
        typer.echo(about["value"])


@app.command()
def redrive(
    ids: Ids = None,
    reason: Reasons = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Mend a field first, such as data.channel=web; repeatable."),
    ] = None,
    key: Annotated[str | None, typer.Option(help="Send with this key, the relationship's id.")] = None,
    value: Annotated[Path | None, typer.Option(help="Send the content of this file as the value; one ID only.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Send also what would be refused again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing: say what would happen.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send dead letters back to the topic they came from, with their key and headers, mended or as they were.

    An event keeps its id, so sending it twice counts it once. What would be refused again is not sent.
    """
    from stream_app import settings
    from stream_app.ingest.patch import assignments
    from stream_app.ingest.redrive import Mend, redrive_all

    wanted = _filter(ids, reason, source, since, until)
    if wanted == Filter() and not everything:
        raise UserError("redrive what?", "Name ids or filters, or say --all. --dry-run shows what would happen.")
    if value is not None and len(ids or ()) != 1:
        raise UserError("--value replaces one record", "Name exactly one ID with it.")
    mend = Mend(tuple(assignments(changes or ())), key, None if value is None else _content(value), force=force)
    letters = _letters(wanted)
    if unknown := sorted(set(wanted.ids) - {letter.source for letter in letters}):
        raise UserError(
            f"there is no dead letter {', '.join(unknown)}; nothing was sent",
            "`crm-pulse dead-letters list` shows the ids; filters beside an id have to fit it.",
        )
    results = list(redrive_all(settings.load(), letters, mend, dry_run=dry_run))
    counts = {what: sum(1 for result in results if result.outcome == what) for what in ("sent", "would_send", "kept")}
    if as_json:
        rows = [{"id": result.source, "outcome": result.outcome, "why": result.why} for result in results]
        typer.echo(json.dumps({**counts, "letters": rows}))
        return
    for result in results:
        typer.echo(f"{result.source}: {result.outcome.replace('_', ' ')}{': ' + result.why if result.why else ''}")
    typer.echo(
        f"{counts['would_send' if dry_run else 'sent']} {'to send' if dry_run else 'sent'}, {counts['kept']} kept"
    )


def _letters(wanted: Filter) -> list[Letter]:
    from stream_app import settings
    from stream_app.ingest.letters import read

    return sorted((letter for letter in read(settings.load()) if wanted.takes(letter)), key=_age)


def _age(letter: Letter) -> tuple[int, str]:
    return letter.dead_at, letter.source


def _filter(
    ids: list[str] | None, reasons: list[str] | None, source: str | None, since: str | None, until: str | None
) -> Filter:
    from schemas import REASONS

    for reason in reasons or ():
        if reason not in REASONS:
            raise UserError(f"there is no reason {reason!r}", f"Known: {', '.join(REASONS)}.")
    begin = 0 if since is None else _moment("--since", since)
    end = None if until is None else _moment("--until", until)
    return Filter(tuple(ids or ()), tuple(reasons or ()), source, begin, end)


def _moment(option: str, text: str) -> int:
    """Return the ms of an RFC 3339 time with zone, or of a duration before now."""
    from stream_app.calendars import MisconfiguredError
    from stream_app.policies.durations import parse_ms

    try:
        return int(time.time() * 1000) - parse_ms(text)
    except MisconfiguredError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UserError(f"{option} {text!r} is no time", "Write 2026-03-02T09:15:00Z, or how long ago, such as 2h.")
    return int(at.timestamp() * 1000)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", "Check the path.") from error


def _row(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.source,
        "refused": _iso(letter.dead_at),
        "reason": letter.reason,
        "field": letter.field,
        "message": letter.message,
        "key": _text(letter.key),
        "type": letter.type(),
    }


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "backslashreplace")


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
