"""Where panels stand: lines that fill the width of the page, evenly where the panels are alike."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from grafana_foundation_sdk.models.dashboard import GridPos, Panel

WIDTH = 24


def place(panels: Sequence[Panel], y: int) -> int:
    """Give *panels* their places from the line *y* on, and return the first free line.

    What a panel says of its width is a wish: a line is always full, so that no hole is left.
    """
    for line in _lines(panels):
        wishes = [_wish(panel) for panel in line]
        alike = len({wish.w for wish in wishes}) == 1
        x, height = 0, max(wish.h for wish in wishes)
        for number, (panel, wish) in enumerate(zip(line, wishes, strict=True)):
            width = _share(len(line), number) if alike else wish.w
            panel.grid_pos = GridPos(x=x, y=y, w=width, h=height)
            x += width
        y += height
    return y


def _wish(panel: Panel) -> GridPos:
    return panel.grid_pos or GridPos()


def _share(of: int, number: int) -> int:
    """Return the width of one of *of* alike panels in a line; the first ones take what is left over."""
    return WIDTH // of + (number < WIDTH % of)


def _lines(panels: Sequence[Panel]) -> Iterator[list[Panel]]:
    """Cut *panels* into lines: those that are alike into lines of about the same length, others as they fit."""
    mixed: list[Panel] = []
    for (width, _), group in groupby(panels, lambda panel: (_wish(panel).w, _wish(panel).h)):
        alike = [*group]
        if mixed or (len(alike) == 1 and width < WIDTH):
            mixed += alike
            if sum(_wish(panel).w for panel in mixed) >= WIDTH:
                yield mixed
                mixed = []
            continue
        count = -(-len(alike) * width // WIDTH)
        start = 0
        for number in range(count):
            end = start + len(alike) // count + (number < len(alike) % count)
            yield alike[start:end]
            start = end
    if mixed:
        yield mixed
