"""Who was there when a window began: what stands now, less the flows since; and how much of it is there still.

Whoever joined and left within the window was never part of its beginning, so those who left are counted twice: when
they left, and when they had joined. The difference is what the beginning lost, for every window, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from stream_app.kpis.kinds.cuts import TOTAL, anew, cut_labels, formula
from stream_app.kpis.kinds.ratio import RATIO_PARTS
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.count import Count
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.sum import Sum
from stream_app.measures.window import Window

Dims = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flows:
    """A stock and what moves it: counts, or sums of signed amounts.

    Attributes:
        stock: What stands now.
        measure: The flows, by kind in the last dim.
        joined: Flows that bring in what had not been there.
        moved: Flows that change what was there: the plain ones, and those of whoever joined, dated when they joined.
        fixed: Values of the dims before the last, and of all dims of the stock; several are added up.
        sign: 1 where flows out are negative already, -1 where a count of them is to be taken away.
        forgotten: Flow that says when what has been erased since had joined: nobody knows of it any more.
    """

    stock: Measure
    measure: Measure
    joined: tuple[str, ...]
    moved: tuple[tuple[str, str], ...]
    fixed: tuple[Dims, ...] = ((),)
    sign: Literal[1, -1] = -1
    forgotten: str | None = None

    def now(self, view: ReadModel, label: str, value: str) -> int:
        """Return what stands now."""
        return sum(view.standing(self.stock, fixed, label, value) for fixed in self.fixed)

    def flow(self, view: ReadModel, window: Window, kind: str, label: str, value: str) -> int:
        """Return how much of one kind flowed within the window."""
        held = (view.get(self.measure, window, (*fixed, kind), label, value) for fixed in self.fixed)
        return sum(one.total if isinstance(one, Sum) else one.n for one in held if isinstance(one, Sum | Count))

    def at_start(self, view: ReadModel, window: Window, label: str, value: str) -> int:
        """Return what stood when the window began."""
        came = sum(self.flow(view, window, kind, label, value) for kind in self.joined)
        went = sum(self.flow(view, window, kind, label, value) for kind, _ in self.moved)
        forgotten = self.flow(view, window, self.forgotten, label, value) if self.forgotten is not None else 0
        return self.now(view, label, value) - came - self.sign * went + forgotten

    def change(self, view: ReadModel, window: Window, kinds: Sequence[str], label: str, value: str) -> int:
        """Return by how much flows of *kinds* changed what stood when the window began: below 0 for a loss."""
        return self.sign * sum(
            self.flow(view, window, kind, label, value) - self.flow(view, window, of_joiners, label, value)
            for kind, of_joiners in self.moved
            if kind in kinds
        )

    def kept(self, view: ReadModel, window: Window, label: str, value: str) -> int:
        """Return how much of what stood when the window began stands still."""
        kinds = [kind for kind, _ in self.moved]
        start = self.at_start(view, window, label, value)
        return start + self.change(view, window, kinds, label, value)

    def cuts(self, view: ReadModel, by: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield the total, then each value of each label that stands now or flowed, as `anew` does."""
        found = [TOTAL]
        kinds = [*self.joined, *(kind for kind, _ in self.moved)]
        for label in by:
            standing = {one for fixed in self.fixed for one in view.values(self.stock, label, fixed)}
            flowing = {
                one
                for fixed in self.fixed
                for kind in kinds
                for one in view.values(self.measure, label, (*fixed, kind))
            }
            found += [(label, value) for value in sorted(standing | flowing)]
        return anew(view, "flows", found)


@dataclass(frozen=True, slots=True)
class Form:
    """One share of the beginning.

    Attributes:
        of: Whether it is the share that is left (start and change), or the share that changed (change alone).
        kinds: Kinds of flows that count.
        labels: Fixed labels that tell it from its siblings.
    """

    of: Literal["kept", "lost"]
    kinds: tuple[str, ...]
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartShare:
    """Publish shares of what stood when each window began; absent where nothing did.

    Attributes:
        flows: The stock and its flows.
        forms: Which shares.
        scale: How many units of the measure make one of the numerator and denominator: 100 for cents.
        over: What there was then that the amounts are of, to be counted; ``None`` where the flows are counts.
    """

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    flows: Flows
    forms: tuple[Form, ...]
    scale: int = 1
    over: Flows | None = None

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield ratio, numerator and denominator per form, cut and window."""
        for label, value in self.flows.cuts(view, kpi.by):
            for window in view.windows:
                start = self.flows.at_start(view, window, label, value)
                if start <= 0:
                    continue
                n = None if self.over is None else max(0, self.over.at_start(view, window, label, value))
                for form in self.forms:
                    change = self.flows.change(view, window, form.kinds, label, value)
                    part = start + change if form.of == "kept" else -change
                    labels = {**form.labels, **cut_labels(label, value)}
                    yield Sample(kpi.name, "", window.name, labels, part / start, start if n is None else n)
                    yield Sample(
                        kpi.name, "numerator", window.name, labels, part / self.scale, part if n is None else n
                    )
                    yield Sample(
                        kpi.name, "denominator", window.name, labels, start / self.scale, start if n is None else n
                    )


@dataclass(frozen=True, slots=True)
class Kept:
    """Publish how many of those who were there when each window began have been there ever since."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    flows: Flows

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the count per cut and window; the total of a window that began with nobody is 0."""
        for label, value in self.flows.cuts(view, kpi.by):
            for window in view.windows:
                kept = self.flows.kept(view, window, label, value)
                if kept > 0 or not label:
                    yield Sample(kpi.name, "", window.name, cut_labels(label, value), kept, kept)


@dataclass(frozen=True, slots=True)
class StartShares:
    """Publish shares of several beginnings that differ in a fixed label."""

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    shares: tuple[StartShare, ...]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the samples of each."""
        for number, share in enumerate(self.shares):
            formula(view, number)
            yield from share.samples(kpi, view)
