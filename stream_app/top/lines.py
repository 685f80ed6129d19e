"""Lines of an exact width, side by side or cut with a dot."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text


def line(*parts: tuple[str, str], width: int) -> Text:
    """Return (text, style) parts as one line, cut where it would be wider than *width*."""
    made = Text.assemble(*parts, no_wrap=True)
    made.truncate(width, overflow="ellipsis")
    return made


def between(left: Text, right: Text, width: int) -> Text:
    """Return *left* and *right* at the ends of *width*; the left one is cut for the right one."""
    room = width - right.cell_len - 1
    cut = left.copy()
    cut.truncate(max(0, room), overflow="ellipsis", pad=True)
    made = Text.assemble(cut, " ", right, no_wrap=True)
    made.truncate(width, overflow="ellipsis")
    return made


def beside(cells: Sequence[Text], width: int, gap: int = 3) -> Text:
    """Return *cells* next to each other, each padded to its share of *width*."""
    each = (width - gap * (len(cells) - 1)) // len(cells)
    padded = []
    for cell in cells:
        one = cell.copy()
        one.truncate(each, overflow="ellipsis", pad=True)
        padded.append(one)
    return Text(" " * gap).join(padded)
