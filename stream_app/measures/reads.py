"""What was asked of the read model while a figure was computed, so that it is known when it may have changed."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

Moment = tuple[int, int]
"""(shift, size) in ms: what was read of the time is `(now - shift) // size`."""
EXACTLY_NOW: Final[Moment] = (0, 1)
Series = tuple[str, str, str]
"""(measure, label, value): the cells of a measure that carry one value of one label; two times "" for the total."""


class Rests(NamedTuple):
    """The parts of the read model that a figure rests on, for good: see `Reads`."""

    measures: Collection[str] = ()
    series: Collection[Series] = ()
    labels: Collection[str] = ()
    clocks: Collection[str] = ()
    moments: Collection[Moment] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Reads:
    """The parts of the read model that were asked for so far.

    Attributes:
        measures: Names of the measures, where all of one was looked at.
        series: What was looked at of measures otherwise.
        labels: Labels whose cap was looked at.
        clocks: Names of the clocks.
        moments: In which steps the time was looked at.
        whole: Whether something was read that changes with every record, such as the watermark.
    """

    measures: set[str] = field(default_factory=set)
    series: set[Series] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    clocks: set[str] = field(default_factory=set)
    moments: set[Moment] = field(default_factory=set)
    whole: list[bool] = field(default_factory=list)

    def drain(self) -> Rests:
        """Return what was asked for, and begin anew."""
        found = Rests(
            tuple(self.measures),
            tuple(self.series),
            tuple(self.labels),
            tuple(self.clocks),
            tuple(self.moments),
            bool(self.whole),
        )
        for noted in (self.measures, self.series, self.labels, self.clocks, self.moments, self.whole):
            noted.clear()
        return found

    def widen(self, rests: Rests) -> None:
        """Add what *rests* on, by whole measures: quicker to look at, and changed at least as often."""
        self.measures.update(rests.measures, [measure for measure, _, _ in rests.series])
        self.labels.update(rests.labels)
        self.clocks.update(rests.clocks)
        self.moments.update(rests.moments)
        if rests.whole:
            self.whole.append(True)


class Versions:
    """Numbers that rise with each change of what is stored, by what `Reads` tells apart.

    What is gone keeps its number, or it would come back with one that was seen before.
    """

    def __init__(self, clocks: Mapping[str, int]) -> None:
        """Take the numbers of the clocks from *clocks*, by name."""
        self.measures: dict[str, int] = {}
        self.series: dict[Series, int] = {}
        self.labels: dict[str, int] = {}
        self.clocks = clocks

    def touch(self, series: Series) -> None:
        """Note that something of *series* is another now."""
        measure = series[0]
        self.measures[measure] = self.measures.get(measure, 0) + 1
        self.series[series] = self.series.get(series, 0) + 1

    def of(self, reads: Reads | Rests, now: int) -> int | None:
        """Return a number that changes with anything in *reads*, at *now*; None if that is not known."""
        if reads.whole:
            return None
        # HOT: 3,000 times for a board of 20,000 series. Every number only rises, time included, so their sum does.
        of_series, of_label = self.series.get, self.labels.get
        found = sum([of_series(one, 0) for one in reads.series]) + sum([of_label(name, 0) for name in reads.labels])
        if reads.measures:
            found += sum([self.measures.get(name, 0) for name in reads.measures])
        if reads.clocks:
            found += sum([self.clocks.get(name, 0) for name in reads.clocks])
        if reads.moments:
            found += sum([(now - shift) // size for shift, size in reads.moments])
        return found


class Memory(Protocol):
    """Keeps what was computed for a part of a figure, so that only the parts under which something moved are anew.

    Attributes:
        formula: Which of several formulas is computed.
    """

    formula: int

    def enter(self, place: Hashable) -> bool:
        """Begin a part; False where the one that is kept still holds, and there is nothing to do."""

    def leave(self) -> None:
        """End the part that was begun."""
