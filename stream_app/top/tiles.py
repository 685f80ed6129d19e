"""The tiles of a page for a terminal: a figure, what stands beside it, its goal and its trend, a line each."""

from __future__ import annotations

import re
from typing import Any

from rich.text import Text

from stream_app.top.lines import beside, between, line
from stream_app.top.words import figure, short, sparkline, titled

CELL = 38
"""Least width of a tile."""
ROWS = 8
TREND = 10
"""Characters of a trend."""


def tiles(figures: dict[str, Any], width: int, height: int) -> list[Text]:
    """Return the tiles within *height* lines; what does not fit is counted in the last one."""
    every = figures["tiles"]
    columns = max(1, min(3, (width + 3) // (CELL + 3)))
    cell = (width - 3 * (columns - 1)) // columns
    single = [_single(tile, cell) for tile in every if len(tile["rows"]) <= 1]
    lines = [beside(_filled(single[at : at + columns], columns), width) for at in range(0, len(single), columns)]
    many = [_many(tile, width) for tile in every if len(tile["rows"]) > 1]
    shown = [*lines, *many]
    if not shown:
        return [line(("No tile is declared for this page.", "dim"), width=width)]
    if len(shown) <= height:
        return shown
    kept = max(0, height - 1)
    hidden = max(0, len(single) - kept * columns) + min(len(many), len(shown) - kept)
    return [*shown[:kept], line((f"and {hidden} more, in a larger terminal", "dim"), width=width)]


def _filled(cells: list[Text], columns: int) -> list[Text]:
    return [*cells, *[Text()] * (columns - len(cells))]


def _single(tile: dict[str, Any], width: int) -> Text:
    title = Text(titled(tile["kpi"], tile["unit"]), style="dim")
    if tile["error"]:
        return between(title, Text("⚠ failed", style="red"), width)
    if not tile["rows"]:
        return between(title, Text("nothing yet" if tile["windowed"] else "no data", style="dim"), width)
    # The figure always; what stands beside it and the trend only where the name keeps its room.
    right = _value(tile)
    for more in (Text(_beside(tile), style="dim"), Text(sparkline(tile["trend"], TREND), style="blue")):
        if more.plain.strip() and title.cell_len + more.cell_len + right.cell_len + 3 <= width:
            right = Text.assemble(more, "  ", right)
    return between(title, right, width)


def _value(tile: dict[str, Any]) -> Text:
    goal = tile["goal"]
    met = ("", "") if goal is None else (" ✓", "green") if goal["met"] else (" ✗", "red")
    return Text.assemble((_tight(tile["rows"][0]["value"], tile["unit"]), "bold"), met)


def _beside(tile: dict[str, Any]) -> str:
    top = tile["rows"][0]
    if top.get("p90") is not None:
        return f"p90 {_tight(top['p90'], tile['unit'])}"
    if top.get("numerator") is not None and top.get("denominator") is not None:
        return f"{short(top['numerator'])}/{short(top['denominator'])}"
    return ""


def _tight(value: float, unit: str) -> str:
    """Return a figure with its short units at the number: 2m 11s."""
    said = figure(value, unit)
    return re.sub(r" (m)in\b| (s|h|d)\b", r"\1\2", said) if unit == "seconds" else said


def _many(tile: dict[str, Any], width: int) -> Text:
    """Return a tile of several figures, such as the steps of a funnel, in one line."""
    rows = tile["rows"]
    names = {name for row in rows for name in row["labels"] if name not in {"quantile", "time", "since"}}
    telling = [name for name in names if len({row["labels"].get(name) for row in rows}) > 1] or list(names)
    parts: list[tuple[str, str]] = [(f"{titled(tile['kpi'], tile['unit'])}   ", "dim")]
    for row in rows[:ROWS]:
        said = " ".join(str(row["labels"].get(name, "")).replace("_", " ") for name in sorted(telling))
        parts += [(f"{said} ", "dim"), (f"{figure(row['value'], tile['unit'])}   ", "bold")]
    return line(*parts, width=width)
