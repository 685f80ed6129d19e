"""Seats that are old enough to judge by: which of them are in use, which fell silent, which nobody ever took.

What is younger than the horizon was given within it, and what was active within the horizon is that or older. So each
number is a difference of stocks that are kept by the hour in which a seat was given, and was last active.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from stream_app.kpis.kinds.cuts import TOTAL, cut_labels, cuts
from stream_app.kpis.kinds.ratio import RATIO_PARTS, ratio_samples
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Seats:
    """The stocks of seats, and from which age on they count.

    Attributes:
        all: By the hour in which the seat was given.
        last: By form of activity, and the hour of the last one.
        ever: By form of activity, and the hour in which the seat was given.
        horizon_ms: How old a seat has to be, and how long ago its last activity may be.
    """

    all: Measure
    last: Measure
    ever: Measure
    horizon_ms: int

    def judged(self, view: ReadModel, label: str, value: str) -> int:
        """Return how many seats are old enough."""
        young = view.standing(self.all, (), label, value, self.horizon_ms)
        return view.standing(self.all, (), label, value) - young

    def active(self, view: ReadModel, form: str, label: str, value: str) -> int:
        """Return how many of those were active within the horizon."""
        recent = view.standing(self.last, (form,), label, value, self.horizon_ms)
        return recent - view.standing(self.ever, (form,), label, value, self.horizon_ms)

    def tried(self, view: ReadModel, form: str, label: str, value: str) -> int:
        """Return how many of those were ever active."""
        young = view.standing(self.ever, (form,), label, value, self.horizon_ms)
        return view.standing(self.ever, (form,), label, value) - young


@dataclass(frozen=True, slots=True)
class ActiveSeats:
    """Publish the share of seats in use, by what counts as use; absent where no seat is old enough."""

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    seats: Seats
    forms: tuple[str, ...]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the ratio with its parts per form and cut."""
        for label, value in cuts(view, self.seats.all, kpi.by):
            below = self.seats.judged(view, label, value)
            for form in self.forms if below > 0 else ():
                above = self.seats.active(view, form, label, value)
                yield from ratio_samples(kpi, None, {"form": form, **cut_labels(label, value)}, above, below)


@dataclass(frozen=True, slots=True)
class SilentSeats:
    """Publish how many seats were never active, or are not any more; 0 for the total when there are none."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    seats: Seats
    form: str
    which: Literal["never", "no_longer"]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the count per cut."""
        for label, value in cuts(view, self.seats.all, kpi.by):
            tried = self.seats.tried(view, self.form, label, value)
            if self.which == "never":
                n = self.seats.judged(view, label, value) - tried
            else:
                n = tried - self.seats.active(view, self.form, label, value)
            if n > 0 or (label, value) == TOTAL:
                yield Sample(kpi.name, "", None, cut_labels(label, value), n, n)
