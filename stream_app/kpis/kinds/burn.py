"""How fast the budget of broken promises is used up.

A promise that must be kept in 90 of 100 cases leaves a budget of 10. At a burn rate of 1 the budget is used up just
when it is renewed; at 10 it is gone in a tenth of the time. A short and a long window are read together: the long
one says that it is serious, the short one that it still goes on.
Source: B. Beyer and others, The Site Reliability Workbook, 2018, chapter 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, Cut, cut_labels
from stream_app.kpis.kinds.ratio import Source, Variant
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window


@dataclass(frozen=True, slots=True)
class Promised:
    """One kind of promise: its name, kept over all, and the part (0..1) that must be kept."""

    name: str
    kept: Variant
    objective: float


@dataclass(frozen=True, slots=True)
class Burn:
    """Publish the burn rate of each promise in windows of its own.

    Attributes:
        promises: What is promised.
        windows: The speed that each window is for, such as ("fast", "5m").
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    promises: tuple[Promised, ...]
    windows: tuple[tuple[str, str], ...]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the rate per promise, window and cut; absent where no promise was due, or the window is not kept."""
        for speed, text in self.windows:
            over = view.over(Window.parse(text))
            for window in over.windows:
                for promise in self.promises:
                    below = promise.kept.denominator
                    for label, value in (TOTAL, *_cuts(view, below, kpi.by)):
                        due = sum(source.count(over, window, label, value) for source in below)
                        if due > 0:
                            kept = sum(s.count(over, window, label, value) for s in promise.kept.numerator)
                            labels = {"promise": promise.name, "speed": speed}
                            rate = (1 - kept / due) / (1 - promise.objective)
                            yield Sample(kpi.name, "", text, {**labels, **cut_labels(label, value)}, rate, due)


def _cuts(view: ReadModel, sources: Iterable[Source], by: Iterable[str]) -> Iterator[Cut]:
    for label in by:
        for value in sorted({value for source in sources for value in source.values(view, label)}):
            yield label, value
