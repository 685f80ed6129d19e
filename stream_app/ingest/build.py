"""Exports to events: read, type, group, fill, check against the contract, give each its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from schemas import BadEvent, encode
from stream_app.ingest.columns import Bad, Value
from stream_app.ingest.groups import Due, Read, due
from stream_app.ingest.ids import Occurrences, digest
from stream_app.ingest.mapping import FileRule, Mapping
from stream_app.ingest.plan import Plan, Step, plan
from stream_app.ingest.rejects import Reject, Rejects
from stream_app.ingest.rows import Row, rows


class Built(NamedTuple):
    """One event, encoded: its time in ms, its record key and its record value."""

    at: int
    key: bytes
    value: bytes


@dataclass(slots=True)
class Tally:
    """What an import did, for its summary.

    Attributes:
        rows: Rows read, by file rule.
        used: Rows that became at least one event, by file rule.
        events: Events made, by short type.
        repeated: Events that a repeated row would have made once more, with the same id; left out.
    """

    rows: Counter[str] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    repeated: int = 0


@dataclass(slots=True)
class Import:
    """One run of *mapping*: makes the events of its files and keeps the accounts."""

    mapping: Mapping
    rejects: Rejects
    progress: Callable[[Path, int], None] = lambda _path, _bytes: None
    tally: Tally = field(default_factory=Tally)
    _made: dict[int, int] = field(default_factory=dict)
    _occurrences: Occurrences = field(default_factory=Occurrences)

    def events(self, path: Path, file: FileRule) -> Iterator[Built]:
        """Yield the events of *path* in the order of its rows (a grouped file: group by group)."""
        ready = plan(self.mapping, file)
        for item in due(ready, self._read(path, ready)):
            made = [event for step in item.steps if (event := self._event(path, ready, item, step)) is not None]
            self.tally.used[file.name] += bool(made)
            yield from made

    def _read(self, path: Path, ready: Plan) -> Iterator[Read]:
        """Yield the rows of *path* with typed values; the others go to the rejects."""
        needed = () if ready.rule.group is None else (ready.rule.group.by, ready.rule.group.time)
        for row in rows(path, ready.rule, lambda position: self.progress(path, position)):
            self.tally.rows[ready.rule.name] += 1
            if isinstance(row, Reject):
                self.rejects.add(row)
            elif (values := self._typed(path, ready, row)) is not None:
                lacking = [name for name in needed if values[name] is None]
                for name in lacking[:1]:
                    message = "without it the row cannot be put in its group"
                    self.rejects.add(Reject(path, row.line, name, "missing_value", message))
                if not lacking:
                    yield Read(row.line, values)

    def _typed(self, path: Path, ready: Plan, row: Row) -> dict[str, Value] | None:
        values: dict[str, Value] = {}
        for reader in ready.readers:
            try:
                values[reader.name] = reader.value(row.cells, values)
            except Bad as bad:
                self.rejects.add(Reject(path, row.line, ", ".join(reader.headers), bad.reason, bad.message))
                return None
        return values

    def _event(self, path: Path, ready: Plan, item: Due, step: Step) -> Built | None:
        """Return the event that *step* makes of a row, or ``None`` where it repeats one or is rejected."""
        values = item.row.values
        key, at = step.key(values), values[step.time]
        if not isinstance(at, datetime):
            self._reject(path, item, step.at_fault("time"), "missing_value", f"{step.name} needs its time")
            return None
        if key is None or not str(key):
            self._reject(
                path, item, step.at_fault("subject"), "missing_value", f"{step.name} needs the relationship's id"
            )
            return None
        identity = digest(self.mapping.source, self.mapping.name, step.name, [values[name] for name in step.id])
        if ready.rule.repeats == "each":
            identity = self._occurrences.number(identity)
        at_ms = round(at.timestamp() * 1000)
        data = step.data(values)
        assert isinstance(data, dict)  # the template of a table is a table
        try:
            value = encode(
                step.type,
                data,
                id=f"{self.mapping.name}-{identity.hex()}",
                source=self.mapping.source,
                time=at_ms,
                subject=str(key),
                imported=True,
            )
        except BadEvent as bad:
            self._reject(path, item, step.at_fault(bad.field), bad.reason, f"{step.name}: {bad.message}")
            return None
        short = step.type.removeprefix("crm.").removesuffix(".v1")
        number, content = int.from_bytes(identity[:8], "big"), hash(value)
        known = self._made.get(number)
        if known == content:
            self.tally.repeated += 1
            return None
        if known is not None:
            message = f"{step.name}: an earlier row gave the same id but another event; name more id columns"
            self._reject(path, item, " ".join(step.id), "same_id", message)
            return None
        self._made[number] = content
        self.tally.events[short] += 1
        return Built(at_ms, str(key).encode(), value)

    def _reject(self, path: Path, item: Due, column: str, reason: str, message: str) -> None:
        self.rejects.add(Reject(path, item.row.line, column, reason, message))
