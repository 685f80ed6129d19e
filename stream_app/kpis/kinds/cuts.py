"""The cuts of a KPI: the total, then every value of one breakdown label at a time."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window

TOTAL = ("", "")


def cuts(view: ReadModel, measure: Measure, by: tuple[str, ...], dims: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield (label, value) pairs: the total as two empty strings, then each value of each label in *by*."""
    yield TOTAL
    for label in by:
        for value in view.values(measure, label, dims):
            yield label, value


def cut_labels(label: str, value: str) -> dict[str, str]:
    """Return the labels of a series for a cut: none for the total."""
    return {label: value} if label else {}


def window_start(view: ReadModel, window: Window) -> int:
    """Return the event time (ms) at which *window* begins now: the start of its oldest pane."""
    return window.span(view.now).start * window.pane.size
