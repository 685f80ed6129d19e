"""One column of a row: its cell or its several cells, or what other columns of the row hold, as one typed value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from stream_app.ingest.columns import Bad, Read, Value, as_text
from stream_app.ingest.columns import reader as text_reader
from stream_app.ingest.mapping import Column
from stream_app.ingest.rows import Cells


@dataclass(frozen=True, slots=True)
class Reader:
    """How to read one column.

    Attributes:
        name: What the mapping calls it.
        headers: Header names of its cells; none for a column that is made of others.
        column: What the mapping says.
        read: From the text of its cells to a value.
    """

    name: str
    headers: tuple[str, ...]
    column: Column
    read: Read

    def value(self, cells: Cells, values: Mapping[str, Value]) -> Value:
        """Return the value of the column in a row.

        Args:
            cells: The cells of the row by header.
            values: The values of the columns that stand above.

        Raises:
            Bad: A text that cannot be read, or no value where the mapping requires one.
        """
        column = self.column
        value = self.read(self._raw(cells)) if column.of is None else values[column.of]
        if value is None and column.fallback is not None:
            value = values[column.fallback]
        if value is not None and column.plus is not None:
            value = _later(value, values[column.plus])
        if value is None and column.required:
            raise Bad("missing_value", "the mapping requires a value here")
        return value

    def _raw(self, cells: Cells) -> object:
        """Return the cell, or the joined text of several: missing where one of them is."""
        if len(self.headers) == 1:
            return _cell(cells, self.headers[0])
        texts = [as_text(_cell(cells, header)) for header in self.headers]
        found = [text for text in texts if text is not None and text not in self.column.missing]
        return self.column.join.join(found) if len(found) == len(texts) else None


def reader(name: str, column: Column, zone: ZoneInfo) -> Reader:
    """Return how *column* is read.

    Args:
        name: What the mapping calls it.
        column: What the mapping says.
        zone: Zone of times that are written without one.
    """
    own = column.from_ if isinstance(column.from_, tuple) else (column.from_ or name,)
    return Reader(name, own if column.of is None else (), column, text_reader(column, zone))


def _later(value: Value, seconds: Value) -> Value:
    """Return a time moved by a number of seconds; missing where the number is."""
    assert isinstance(value, datetime)  # the mapping was checked
    if seconds is None:
        return None
    assert isinstance(seconds, int | float)
    try:
        return value + timedelta(seconds=seconds)
    except OverflowError:
        raise Bad("bad_time", f"{seconds:g} seconds later is beyond the calendar") from None


def _cell(cells: Cells, header: str) -> object:
    """Return the cell under *header*; of a JSON object also by a dotted path, such as ``owner.id``."""
    if header in cells:
        return cells[header]
    value: object = cells
    for part in header.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
