"""The list of who waits as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

from stream_app.board import clocks as open_clocks
from stream_app.board.clocks import LABELS, Query, row
from stream_app.board.snapshot import Snapshot

COLUMNS = (
    "clock", "state", "relationship", "item", "owner", *LABELS, "since", "due", "waiting_seconds", "due_in_seconds",
    "policy", "paused", "crm_url",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes a cell for a formula by; ids and labels are other people's words."""


def clock_csv(snapshot: Snapshot, query: Query) -> bytes:
    """Return all rows that *query* asks for, however many, in UTF-8 with a header."""
    page = open_clocks.select(snapshot.clocks, replace(query, offset=0, limit=1 << 62), snapshot.at)
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    for clock in page.items:
        found: dict[str, Any] = {**row(clock, snapshot.at, snapshot.directory)}
        found.update({label: clock.labels.get(label) for label in LABELS})
        lines.writerow([_cell(found[name]) for name in COLUMNS])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
