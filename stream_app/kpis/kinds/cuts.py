"""The cuts of a KPI (the total, then one breakdown value at a time), and what a measure holds for one of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from stream_app.measures.aggregate import Aggregate
from stream_app.measures.count import Count
from stream_app.measures.histogram import Histogram
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window

TOTAL = ("", "")
Cut = tuple[str, str]
"""(label, value); two empty strings for the total."""


def cuts(view: ReadModel, measure: Measure, by: tuple[str, ...], dims: tuple[str, ...] = ()) -> Iterator[Cut]:
    """Yield the total, then each value of each label in *by*, as `anew` does."""
    found = [TOTAL]
    for label in by:
        found += [(label, value) for value in view.values(measure, label, dims)]
    return anew(view, (measure.name, dims), found)


def anew(view: ReadModel, loop: Hashable, found: Iterable[Cut]) -> Iterator[Cut]:
    """Yield those of the cuts in *found* that must be computed; of the others, what was computed before still holds.

    So what is yielded for a cut may rest on nothing that changes but what is asked of the view until the next one.
    *loop* tells the loops of one formula apart; formulas that run after each other are told apart by `formula`.
    """
    memory = view.memory
    if memory is None:
        yield from found
        return
    for cut in found:
        if memory.enter((loop, cut)):
            yield cut
            memory.leave()


def formula(view: ReadModel, number: int) -> None:
    """Note that the formula *number* of several comes next."""
    if view.memory is not None:
        view.memory.formula = number


def cut_labels(label: str, value: str) -> dict[str, str]:
    """Return the labels of a series for a cut: none for the total."""
    return {label: value} if label else {}


def count_in(
    view: ReadModel, measure: Measure, window: Window, dims: tuple[str, ...], label: str = "", value: str = ""
) -> int | None:
    """Return how much a count measure has in the window for a cut; ``None`` for nothing."""
    held = view.get(measure, window, dims, label, value)
    return None if held is None else counted(held)


def counted(held: Aggregate) -> int:
    """Return the number in a count."""
    assert isinstance(held, Count)
    return held.n


def histogram_in(
    view: ReadModel, measure: Measure, window: Window, dims: tuple[str, ...], label: str = "", value: str = ""
) -> Histogram | None:
    """Return what a histogram measure has in the window for a cut; ``None`` for nothing."""
    held = view.get(measure, window, dims, label, value)
    assert held is None or isinstance(held, Histogram)
    return held
