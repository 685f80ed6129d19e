"""Everything that can be wrong with a mapping before any row is read, each with its place and its fix."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from schemas import EVENTS
from stream_app.ingest.mapping import Column, Condition, EventRule, FileRule, Mapping
from stream_app.ingest.template import names
from stream_app.places import Path

TIMES = ("datetime", "date")
OPTIONS_OF = {
    "formats": TIMES,
    "zone": TIMES,
    "decimal": ("int", "float", "money"),
    "thousands": ("int", "float", "money"),
    "times": ("int", "float"),
    "digits": ("money",),
    "true": ("bool",),
    "false": ("bool",),
}
"""Options that mean something for some column types only."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where in the document, what it is, and what to do about it."""

    path: Path
    message: str
    fix: str


def problems(mapping: Mapping) -> Iterator[Problem]:
    """Yield every mistake of *mapping* that its types alone do not show."""
    yield from _zone(("zone",), mapping.zone)
    files = Counter(file.name for file in mapping.file)
    rules = Counter(rule_name(rule) for file in mapping.file for rule in file.event)
    for position, file in enumerate(mapping.file):
        at: Path = ("file", position)
        if files[file.name] > 1:
            yield Problem((*at, "name"), f"two files are called {file.name!r}", "Give each its own name.")
        yield from _file(at, file)
        for number, rule in enumerate(file.event):
            if rules[rule_name(rule)] > 1:
                fix = 'Add name = "..." to each: the name is part of the event ids.'
                yield Problem((*at, "event", number), f"two rules are called {rule_name(rule)!r}", fix)
            yield from _event((*at, "event", number), rule, file)


def rule_name(rule: EventRule) -> str:
    """Return the name of *rule*, which its event ids hold."""
    return rule.name or rule.type


def _file(at: Path, file: FileRule) -> Iterator[Problem]:
    try:
        codecs.lookup(file.encoding)
    except LookupError:
        fix = "Use a name that Python knows, such as utf-8, utf-16, cp1252 or latin-1."
        yield Problem((*at, "encoding"), f"unknown encoding {file.encoding!r}", fix)
    above: dict[str, Column] = {}
    for name, column in file.columns.items():
        yield from _column((*at, "columns", name), column)
        yield from _made_of((*at, "columns", name), column, above)
        above[name] = column
    if file.group is not None:
        yield from _known((*at, "group", "by"), (file.group.by,), file)
        yield from _time((*at, "group", "time"), file.group.time, file)


def _column(at: Path, column: Column) -> Iterator[Problem]:
    for option in sorted(column.model_fields_set & OPTIONS_OF.keys()):
        if column.type not in OPTIONS_OF[option]:
            fix = f"`{option}` belongs to: {', '.join(OPTIONS_OF[option])}."
            yield Problem((*at, option), f"a {column.type} column has no `{option}`", fix)
    if column.zone is not None:
        yield from _zone((*at, "zone"), column.zone)
    if column.thousands == column.decimal:
        fix = "Set them to two different characters."
        yield Problem((*at, "thousands"), "decimal and group separator are the same", fix)
    for form in column.formats:
        if form not in {"iso", "unix_s", "unix_ms"} and (fault := _format_fault(form)):
            fix = 'Use strptime codes, such as "%d.%m.%Y %H:%M", or iso, unix_s, unix_ms.'
            yield Problem((*at, "formats"), f"{form!r} is no time format: {fault}", fix)


def _made_of(at: Path, column: Column, above: dict[str, Column]) -> Iterator[Problem]:
    """Check what a column takes from others: that they stand above it, and hold what it needs."""
    for option in ("of", "fallback", "plus"):
        other = getattr(column, option)
        if other is None:
            continue
        if other not in above:
            fix = f"Declare it above this column. {_closest(other, list(above))}" if above else "Declare it above."
            yield Problem((*at, option), f"no column above is called {other!r}", fix)
        elif option == "plus":
            if above[other].type not in {"int", "float"}:
                fix = f'Declare it as {other} = {{ type = "int" }}, in seconds.'
                yield Problem((*at, option), f"column {other!r} holds no numbers but {above[other].type}", fix)
        elif (above[other].type in TIMES) != (column.type in TIMES):
            fix = f"Give both the same type: {other!r} is {above[other].type}."
            yield Problem((*at, option), f"a {column.type} cannot be taken from {other!r}", fix)
    if column.plus is not None and column.type not in TIMES:
        yield Problem((*at, "plus"), f"a {column.type} column has no `plus`", f"`plus` belongs to: {', '.join(TIMES)}.")
    if column.of is not None and column.from_ is not None:
        yield Problem((*at, "of"), "both `of` and `from` say what the column is", "Keep one of them.")


def _format_fault(form: str) -> str:
    if "%" not in form:
        return "it has no % code"
    try:
        datetime.strptime("", form)  # noqa: DTZ007  only the format is looked at
    except ValueError as error:
        return str(error) if "directive" in str(error) or "stray" in str(error) else ""
    return ""


def _event(at: Path, rule: EventRule, file: FileRule) -> Iterator[Problem]:
    if (key := rule.key or file.key) is None:
        fix = 'Add key = "{some_column}" here or to the file.'
        yield Problem(at, f"{rule.type} has no key, the relationship's id", fix)
    else:
        yield from _known(_own(at, "key", rule.key), tuple(names(key)), file)
    if (time := rule.time or file.time) is None:
        yield Problem(at, f"{rule.type} has no time", 'Add time = "some_column" here or to the file.')
    else:
        yield from _time(_own(at, "time", rule.time), time, file)
    yield from _known(_own(at, "id", rule.id), rule.id or file.id or (), file)
    yield from _condition((*at, "when"), rule.when, file)
    yield from _condition((*at, "first_after"), rule.first_after or {}, file)
    if file.group is None and (rule.on != "every" or rule.first_after is not None):
        fix = 'Add a [file.group] table with by = "..." and time = "...".'
        yield Problem(at, "first, last and first_after need rows that belong together", fix)
    yield from _data(at, rule, file)


def _own(at: Path, key: str, value: object) -> Path:
    """Return the path of *key* in the event rule *at*, or in its file where the rule leaves it to that."""
    return (*at, key) if value is not None else (*at[:2], key)


def _data(at: Path, rule: EventRule, file: FileRule) -> Iterator[Problem]:
    model = EVENTS.get(f"crm.{rule.type}.v1")
    if model is None:
        known = [name.removeprefix("crm.").removesuffix(".v1") for name in EVENTS]
        yield Problem((*at, "type"), f"unknown event type {rule.type!r}", _closest(rule.type, known))
        return
    fields = model.model_fields
    for name, template in rule.data.items():
        path = (*at, "data", name)
        if name not in fields:
            yield Problem(path, f"{rule.type} has no field {name!r}", _closest(name, list(fields)))
        yield from _known(path, tuple(names(template)), file)
    for name, field in fields.items():
        if field.is_required() and name not in rule.data:
            fix = f'Add {name} = "{{some_column}}" or a constant.'
            yield Problem((*at, "data"), f"{rule.type} needs the field {name!r}", fix)


def _condition(at: Path, condition: Condition, file: FileRule) -> Iterator[Problem]:
    for column in condition:
        yield from _known((*at, column), (column,), file)


def _known(at: Path, columns: tuple[str, ...], file: FileRule) -> Iterator[Problem]:
    for column in columns:
        if column not in file.columns:
            fix = f"Declare it in [file.columns]. {_closest(column, list(file.columns))}"
            yield Problem(at, f"no column is called {column!r}", fix)


def _time(at: Path, column: str, file: FileRule) -> Iterator[Problem]:
    yield from _known(at, (column,), file)
    if column in file.columns and file.columns[column].type not in TIMES:
        fix = f'Declare it as {column} = {{ type = "datetime", formats = ["..."] }}.'
        yield Problem(at, f"column {column!r} holds no times but {file.columns[column].type}", fix)


def _zone(at: Path, zone: str) -> Iterator[Problem]:
    try:
        ZoneInfo(zone)
    except (KeyError, OSError, ValueError):
        yield Problem(at, f"unknown time zone {zone!r}", "Use an IANA name, such as Europe/Rome or UTC.")


def _closest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(sorted(known))}."
