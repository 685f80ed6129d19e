"""Rows that belong together, in order of time: which is the first, the last, the first after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from stream_app.ingest.columns import Value
from stream_app.ingest.plan import Plan, Step, Values


@dataclass(frozen=True, slots=True)
class Read:
    """One row with its typed values."""

    line: int
    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Due:
    """One row and the steps that it takes."""

    row: Read
    steps: Sequence[Step]


def due(plan: Plan, rows: Iterable[Read]) -> Iterator[Due]:
    """Yield each row with its steps; the rows of a grouped file are all read first, then go group by group."""
    group = plan.rule.group
    if group is None:
        for row in rows:
            yield Due(row, [step for step in plan.steps if step.when(row.values)])
        return
    together: dict[Value, list[tuple[datetime, Read]]] = {}
    for row in rows:
        at = row.values[group.time]
        assert isinstance(at, datetime)  # the caller rejected rows without a group or a time
        together.setdefault(row.values[group.by], []).append((at, row))
    for members in together.values():
        members.sort(key=lambda member: member[0])  # stable: rows of one moment stay in file order
        yield from _in_order(plan.steps, members)


def _in_order(steps: Sequence[Step], members: Sequence[tuple[datetime, Read]]) -> Iterator[Due]:
    armed: dict[str, datetime] = {}
    for position, (at, row) in enumerate(members):
        taken = []
        for step in steps:
            edge = 0 if step.on == "first" else len(members) - 1
            if (step.on == "every" or position == edge) and _takes(step, at, row.values, armed):
                taken.append(step)
        yield Due(row, taken)


def _takes(step: Step, at: datetime, row: Values, armed: dict[str, datetime]) -> bool:
    """Return whether *row* is meant by *step*; a step with `first_after` waits, armed, for a later row."""
    if step.first_after is None:
        return step.when(row)
    if step.name in armed and at > armed[step.name] and step.when(row):
        del armed[step.name]
        return True
    if step.first_after(row):
        armed.setdefault(step.name, at)
    return False
