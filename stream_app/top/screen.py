"""One frame of the wall for a terminal: as many lines as it has, and no wider."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from stream_app.top.feed import QUIET_SECONDS, Heard
from stream_app.top.lines import between, line
from stream_app.top.queue import counts, people
from stream_app.top.tiles import tiles
from stream_app.top.words import duration

OLD_DATA_SECONDS = 600
LEAST_PEOPLE = 7
"""Lines that the list of people has at least, its heading included."""
KEYS = "q quit   ←→ page   1-9 page   w window"


def frame(heard: Heard, chosen: Sequence[str], width: int, height: int) -> Text:
    """Return the lines of a frame, joined; *chosen* says what the wall is narrowed to."""
    figures = heard.figures
    lines = [header(figures, width), *status(heard, width)]
    if figures is not None and figures["ready"]:
        lines += body(figures, heard.age, width, height - len(lines) - 1)
    blank = max(0, height - 1 - len(lines))
    lines = [*lines[: height - 1], *[Text()] * blank, footer(chosen, width)]
    return Text("\n").join(lines)


def header(figures: dict[str, Any] | None, width: int) -> Text:
    """Return the pages, the one that is shown marked."""
    parts: list[tuple[str, str]] = [("crm-pulse", "bold"), ("  ", "")]
    for number, page in enumerate((figures or {}).get("pages", ()), 1):
        shown = figures is not None and page["name"] == figures["page"]
        parts += [(f" {number} {page['title']} ", "reverse bold" if shown else "dim")]
    return line(*parts, width=width)


def footer(chosen: Sequence[str], width: int) -> Text:
    """Return the keys, and what the wall is narrowed to."""
    return between(Text(KEYS, style="dim"), Text(" · ".join(chosen), style="bold cyan"), width)


def status(heard: Heard, width: int) -> list[Text]:
    """Return whether the figures are live, in words, and what is wrong where something is."""
    figures, trouble = heard.figures, heard.trouble
    old = f" What you see is {duration(int(heard.age))} old." if figures is not None else ""
    if trouble is not None:
        more = [line((f"  {trouble.hint}", "dim"), width=width)] if trouble.hint else []
        return [line((f"✕ {trouble.message}.{old}", "bold red"), width=width), *more]
    if figures is None:
        return [line(("◌ Connecting", "yellow"), width=width)]
    if heard.age > QUIET_SECONDS:
        return [line((f"✕ The board is silent.{old}", "bold red"), width=width)]
    if not figures["ready"]:
        ratio = figures["read_ratio"]
        far = "" if ratio is None else f": {100 * ratio:.0f} % of the state is read"
        reasons = [line((f"  {reason}", "dim"), width=width) for reason in figures["reasons"]]
        return [line((f"◐ Not ready{far}", "bold yellow"), width=width), *reasons]
    return _live(figures, width)


def _live(figures: dict[str, Any], width: int) -> list[Text]:
    warnings = figures["warnings"]
    watermark, at = figures["watermark"], datetime.fromisoformat(figures["at"])
    newest = None if watermark is None else (at - datetime.fromisoformat(watermark)).total_seconds()
    said = "no event yet" if newest is None else f"newest event {duration(max(0, int(newest)))} ago"
    if warnings:
        state = ("▲ Live, with a warning", "bold yellow")
    elif newest is not None and newest > OLD_DATA_SECONDS:
        state = ("▲ Old data: look at the source before you trust a quiet wall", "bold yellow")
    else:
        state = ("● Live", "green")
    about = (f"   as of {at:%H:%M:%S} UTC, {said}", "dim")
    return [line(state, about, width=width), *(line((f"  {one}", "yellow"), width=width) for one in warnings)]


def body(figures: dict[str, Any], age: float, width: int, height: int) -> list[Text]:
    """Return who waits and the tiles, within *height* lines."""
    clocks = figures["clocks"]
    if clocks is None:
        return [Text(), *tiles(figures, width, height - 1)]
    above = [Text(), *counts(clocks, age, width), Text()]
    shown = tiles(figures, width, max(1, height - len(above) - 1 - LEAST_PEOPLE))
    return [*above, *shown, Text(), *people(clocks, age, width, height - len(above) - len(shown) - 1)]
