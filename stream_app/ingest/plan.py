"""A mapping made ready to run: readers, conditions and templates as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from stream_app.ingest import mapping as words
from stream_app.ingest.check import rule_name
from stream_app.ingest.columns import Value
from stream_app.ingest.readers import Reader, reader
from stream_app.ingest.template import Fill, compile_template, names

Values = Mapping[str, Value]
Holds = Callable[[Values], bool]


@dataclass(frozen=True, slots=True)
class Step:
    """One event rule, ready to run.

    Attributes:
        name: Name of the rule.
        type: Full event type.
        key: Makes the relationship id.
        time: Column with the event's time.
        id: Columns that the event id is made of.
        when: Whether a row is meant.
        on: Which rows of a group.
        first_after: Row of the group that arms the rule; ``None`` for a rule that needs none.
        data: Makes the event's fields.
        headers: Field of the event -> header names of its cells, to name the one at fault.
    """

    name: str
    type: str
    key: Fill
    time: str
    id: tuple[str, ...]
    when: Holds
    on: Literal["every", "first", "last"]
    first_after: Holds | None
    data: Fill
    headers: Mapping[str, tuple[str, ...]]

    def at_fault(self, field: str) -> str:
        """Return the header names of the cells behind *field*, such as ``data.lines.0.price``; may be nothing."""
        parts = field.split(".")
        return ", ".join(self.headers.get(".".join(parts[:2]), ()))


@dataclass(frozen=True, slots=True)
class Plan:
    """One file rule, ready to run: how to read its columns and the steps that each row takes."""

    rule: words.FileRule
    readers: tuple[Reader, ...]
    steps: tuple[Step, ...]


def plan(mapping: words.Mapping, file: words.FileRule) -> Plan:
    """Return *file* of *mapping*, ready to run; *mapping* must have no problems."""
    readers = tuple(
        reader(name, column, ZoneInfo(column.zone or mapping.zone)) for name, column in file.columns.items()
    )
    return Plan(file, readers, tuple(_step(rule, file) for rule in file.event))


def _step(rule: words.EventRule, file: words.FileRule) -> Step:
    def headers(*columns: str) -> tuple[str, ...]:
        return tuple(header for column in columns for header in file.headers(column))

    key, time = rule.key or file.key or "", rule.time or file.time or ""
    return Step(
        name=rule_name(rule),
        type=f"crm.{rule.type}.v1",
        key=compile_template(key),
        time=time,
        id=rule.id or file.id or tuple(file.columns),
        when=holds(rule.when),
        on=rule.on,
        first_after=None if rule.first_after is None else holds(rule.first_after),
        data=compile_template(rule.data),
        headers={"subject": headers(*names(key)), "time": headers(time)}
        | {f"data.{field}": headers(*names(template)) for field, template in rule.data.items()},
    )


def holds(condition: words.Condition) -> Holds:
    """Return the function that says whether a row meets every part of *condition*."""
    tests = [(column, _test(wanted)) for column, wanted in condition.items()]
    return lambda row: all(test(row[column]) for column, test in tests)


def _test(wanted: object) -> Callable[[Value], bool]:
    match wanted:
        case words.Predicate(present=present, not_=unwanted):
            barred = unwanted if isinstance(unwanted, tuple) else () if unwanted is None else (unwanted,)
            return lambda value: (present is None or (value is not None) == present) and value not in barred
        case tuple():
            return lambda value: value in wanted
        case _:
            return lambda value: value == wanted
