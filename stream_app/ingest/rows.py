"""Rows of an export, CSV or JSON Lines, each with the line where it begins."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from stream_app.errors import UserError
from stream_app.ingest.mapping import FileRule
from stream_app.ingest.rejects import Reject

Cells = Mapping[str, object]

LARGEST_CELL = 1 << 20
"""Characters; a longer cell is a quote that was never closed."""

REPORT_EVERY = 500
"""Rows between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, from 1, and its cells by header name."""

    line: int
    cells: Cells


def header(path: Path, rule: FileRule) -> list[str]:
    """Return the column names of *path* read as *rule* says; of JSON Lines, the keys of its first object."""
    with _open(path, rule) as text:
        try:
            if rule.format == "csv":
                return _distinct(next(csv.reader(text, delimiter=rule.delimiter), []))
            first = json.loads(next(text, "{}"))
            return list(first) if isinstance(first, dict) else []
        except (UnicodeError, csv.Error, ValueError):
            return []


def rows(path: Path, rule: FileRule, progress: Callable[[int], None]) -> Iterator[Row | Reject]:
    """Yield the rows of *path*, and a reject for each that is no row.

    Args:
        path: The export.
        rule: How it is written.
        progress: Called now and then with the bytes read so far.
    """
    with _open(path, rule) as text:
        read = _csv_rows if rule.format == "csv" else _json_rows
        for number, row in enumerate(read(path, rule, text)):
            if number % REPORT_EVERY == 0:
                progress(_position(text))
            yield row
        progress(path.stat().st_size)


def _open(path: Path, rule: FileRule) -> IO[str]:
    """Open *path* so that bytes that do not fit the encoding spoil one row, not the run."""
    encoding = "utf-8-sig" if rule.encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else rule.encoding
    try:
        return path.open(encoding=encoding, errors="surrogateescape", newline="")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", "Check the path and its permissions.") from error


def _position(text: IO[str]) -> int:
    return text.buffer.tell() if isinstance(text, io.TextIOWrapper) else 0


def _distinct(names: list[str]) -> list[str]:
    """Return trimmed *names* with the second ``Variant`` called ``Variant.1``, the third ``Variant.2``."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in (name.strip() for name in names):
        distinct.append(f"{name}.{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return distinct


def _csv_rows(path: Path, rule: FileRule, text: IO[str]) -> Iterator[Row | Reject]:
    csv.field_size_limit(LARGEST_CELL)
    table = csv.reader(text, delimiter=rule.delimiter)
    names = _distinct(next(table, []))
    while True:
        line = table.line_num + 1
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            yield Reject(path, line, "", "bad_csv", f"{error}; is a quote left open?")
            continue
        if not cells:
            continue
        if len(cells) != len(names):
            reason = "too_few_cells" if len(cells) < len(names) else "too_many_cells"
            message = f"{len(cells)} cells where the header has {len(names)}; is a delimiter inside a value?"
            yield Reject(path, line, "", reason, message)
        elif (spoilt := _undecoded(cells)) is not None:
            yield Reject(path, line, names[spoilt], "bad_encoding", f"bytes that are not {rule.encoding}")
        else:
            yield Row(line, dict(zip(names, cells, strict=True)))


def _undecoded(cells: list[str]) -> int | None:
    """Return the first cell that holds bytes which are not of the encoding, or ``None``."""
    for position, cell in enumerate(cells):
        if not cell.isascii() and any("\udc80" <= letter <= "\udcff" for letter in cell):
            return position
    return None


def _json_rows(path: Path, rule: FileRule, text: IO[str]) -> Iterator[Row | Reject]:
    for line, content in enumerate(text, 1):
        if not content.strip():
            continue
        if _undecoded([content]) is not None:
            yield Reject(path, line, "", "bad_encoding", f"bytes that are not {rule.encoding}")
            continue
        try:
            cells = json.loads(content)
        except (ValueError, RecursionError) as error:
            yield Reject(path, line, "", "bad_json", str(error))
            continue
        if isinstance(cells, dict):
            yield Row(line, cells)
        else:
            yield Reject(path, line, "", "bad_json", "the line holds no JSON object")
