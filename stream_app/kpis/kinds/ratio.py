"""One count over another, with both beside it; absent where there is nothing to divide by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from stream_app.kpis.kinds.cuts import TOTAL, anew, count_in, cut_labels
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window

RATIO_PARTS: tuple[Part, ...] = ("", "numerator", "denominator")
"""What every ratio publishes, so that a coarser one can be made by adding up."""


class Source(Protocol):
    """A count that a numerator or denominator adds up."""

    def count(self, view: ReadModel, window: Window, label: str, value: str) -> int:
        """Return the count in the window for a cut."""

    def values(self, view: ReadModel, label: str) -> Iterable[str]:
        """Return the values of a breakdown label that have a count."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The count of a measure with fixed dims."""

    measure: Measure
    dims: tuple[str, ...] = ()

    def count(self, view: ReadModel, window: Window, label: str, value: str) -> int:
        """Return the count in the window for the cut."""
        return count_in(view, self.measure, window, self.dims, label, value) or 0

    def values(self, view: ReadModel, label: str) -> Iterable[str]:
        """Return the values that the measure has for the label."""
        return view.values(self.measure, label, self.dims)


@dataclass(frozen=True, slots=True)
class Whole:
    """All that a measure counts, whatever the cut: for shares by a label that only the numerator has.

    Attributes:
        measure: What is counted.
        label: The label that it does not have; by any other it is cut as usual.
        shown: The measure whose values of that label are shown.
    """

    measure: Measure
    label: str
    shown: Measure

    def count(self, view: ReadModel, window: Window, label: str, value: str) -> int:
        """Return the count in the window for the cut, by the missing label the whole count."""
        if label == self.label:
            label = value = ""
        return Counted(self.measure).count(view, window, label, value)

    def values(self, view: ReadModel, label: str) -> Iterable[str]:
        """Return the values that have a count; of the missing label, those of the measure that has it."""
        return view.values(self.shown if label == self.label else self.measure, label, ())


@dataclass(frozen=True, slots=True)
class Variant:
    """One numerator and denominator, with the fixed labels that tell it from its siblings."""

    numerator: tuple[Source, ...]
    denominator: tuple[Source, ...]
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Publish sums of counts over sums of counts, 0..1 where the numerator is part of the denominator.

    Attributes:
        variants: What is divided by what; one for most KPIs.
    """

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    variants: tuple[Variant, ...]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield value, numerator and denominator per variant, cut and window."""
        for number, variant in enumerate(self.variants):
            for label, value in anew(view, number, (TOTAL, *_cuts(view, variant.denominator, kpi.by))):
                labels = {**variant.labels, **cut_labels(label, value)}
                for window in view.windows:
                    below = sum(source.count(view, window, label, value) for source in variant.denominator)
                    if below > 0:
                        above = sum(source.count(view, window, label, value) for source in variant.numerator)
                        yield from ratio_samples(kpi, window.name, labels, above, below)


def _cuts(view: ReadModel, sources: Iterable[Source], by: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for label in by:
        for value in sorted({value for source in sources for value in source.values(view, label)}):
            yield label, value


def ratio_samples(kpi: Kpi, window: str | None, labels: dict[str, str], above: int, below: int) -> Iterator[Sample]:
    """Yield a ratio with its numerator and denominator; *below* is not 0."""
    yield Sample(kpi.name, "", window, labels, above / below, below)
    yield Sample(kpi.name, "numerator", window, labels, above, above)
    yield Sample(kpi.name, "denominator", window, labels, below, below)
