"""Money over money, or over things: what campaigns and costs come to, from measures that meet only on the board."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from stream_app.kpis.kinds.cuts import TOTAL, anew, cut_labels
from stream_app.kpis.kinds.money import sum_in
from stream_app.kpis.kinds.ratio import RATIO_PARTS, Source
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window

Value = tuple[float, int]
"""A number in the published unit, and how many things it rests on."""


class Term(Protocol):
    """A number that a quotient adds up."""

    def value(self, view: ReadModel, window: Window, label: str, value: str) -> Value | None:
        """Return the number in the window for a cut; ``None`` where nothing is known of it."""

    def values(self, view: ReadModel, label: str) -> Iterable[str]:
        """Return the values of a breakdown label that have such a number."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of money.

    Attributes:
        measure: The sum, in minor units.
        major: Minor units of one published unit.
        dims: Which parts of the measure are added up.
        share: What is taken of it: -1 to subtract, 0.6 for a margin of 60 %.
    """

    measure: Measure
    major: int
    dims: tuple[tuple[str, ...], ...] = ((),)
    share: float = 1.0

    def value(self, view: ReadModel, window: Window, label: str, value: str) -> Value | None:
        """Return the amount in the window for a cut."""
        found = [sum_in(view, self.measure, window, dims, label, value) for dims in self.dims]
        known = [held for held in found if held is not None]
        if not known:
            return None
        return sum(held.total for held in known) * self.share / self.major, sum(held.n for held in known)

    def values(self, view: ReadModel, label: str) -> Iterable[str]:
        """Return the values that the measure has for the label."""
        return {one for dims in self.dims for one in view.values(self.measure, label, dims)}


@dataclass(frozen=True, slots=True)
class Things:
    """A count of things, added up."""

    sources: tuple[Source, ...]

    def value(self, view: ReadModel, window: Window, label: str, value: str) -> Value | None:
        """Return the count in the window for a cut."""
        n = sum(source.count(view, window, label, value) for source in self.sources)
        return (n, n) if n else None

    def values(self, view: ReadModel, label: str) -> Iterable[str]:
        """Return the values that any of the counts has for the label."""
        return {one for source in self.sources for one in source.values(view, label)}


@dataclass(frozen=True, slots=True)
class Form:
    """One quotient.

    Attributes:
        known: What must be known in the whole window, or there is no quotient; it is a part of the numerator.
        below: The denominator; without one above 0 there is no quotient.
        more: What else is in the numerator, where it is known.
        labels: Fixed labels that tell the form from its siblings.
        cut: Whether it is broken down, too.
    """

    known: Term | None
    below: Term
    more: tuple[Term, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    cut: bool = True


@dataclass(frozen=True, slots=True)
class Quotient:
    """Publish quotients of money, with numerator and denominator in the unit of the currency."""

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    forms: tuple[Form, ...]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield value, numerator and denominator per form, cut and window."""
        for number, form in enumerate(self.forms):
            by = kpi.by if form.cut else ()
            values = [(label, value) for label in by for value in sorted(form.below.values(view, label))]
            for label, value in anew(view, number, (TOTAL, *values)):
                labels = {**form.labels, **cut_labels(label, value)}
                for window in view.windows:
                    yield from _samples(kpi, view, form, window, (label, value), labels)


def _samples(
    kpi: Kpi, view: ReadModel, form: Form, window: Window, cut: tuple[str, str], labels: dict[str, str]
) -> Iterator[Sample]:
    below = form.below.value(view, window, *cut)
    if below is None or below[0] <= 0:
        return
    if form.known is not None and form.known.value(view, window, *TOTAL) is None:
        return
    terms = form.more if form.known is None else (form.known, *form.more)
    found = [held for term in terms if (held := term.value(view, window, *cut)) is not None]
    above = sum(held[0] for held in found)
    yield Sample(kpi.name, "", window.name, labels, above / below[0], below[1])
    yield Sample(kpi.name, "numerator", window.name, labels, above, sum(held[1] for held in found))
    yield Sample(kpi.name, "denominator", window.name, labels, below[0], below[1])
