"""Stocks: how many things are in a state now, and how old the things in it are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, cut_labels, cuts
from stream_app.kpis.kinds.distribution import MS
from stream_app.kpis.kinds.ranks import at_rank
from stream_app.kpis.kinds.ratio import RATIO_PARTS, ratio_samples
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel

HOUR_MS = 3_600_000
NEVER = "never"


def total(view: ReadModel, measure: Measure, label: str, value: str) -> int:
    """Return how many things are in the stock now, for one cut."""
    return view.standing(measure, (), label, value)


def fresh(view: ReadModel, measure: Measure, label: str, value: str, horizon_ms: int) -> int:
    """Return how many things of an hourly stock lie inside the horizon; the hour at its edge counts as inside."""
    return view.standing(measure, (), label, value, horizon_ms)


@dataclass(frozen=True, slots=True)
class Standing:
    """Publish the size of a stock; 0 for the total when it is empty."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    measure: Measure

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the size per cut."""
        for label, value in cuts(view, self.measure, kpi.by):
            n = total(view, self.measure, label, value)
            if n > 0 or (label, value) == TOTAL:
                yield Sample(kpi.name, "", None, cut_labels(label, value), n, n)


@dataclass(frozen=True, slots=True)
class Freshness:
    """Share of a population whose last contact lies inside a horizon.

    Attributes:
        contacted: Hourly stock by the time of the last contact.
        population: Stock of everybody.
        horizons: Name to ms.
    """

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    contacted: Measure
    population: Measure
    horizons: tuple[tuple[str, int], ...]

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield ratio, numerator and denominator per horizon and cut."""
        for label, value in cuts(view, self.population, kpi.by):
            everybody = total(view, self.population, label, value)
            if everybody <= 0:
                continue
            for name, horizon_ms in self.horizons:
                inside = fresh(view, self.contacted, label, value, horizon_ms)
                yield from ratio_samples(kpi, None, {"horizon": name, **cut_labels(label, value)}, inside, everybody)


@dataclass(frozen=True, slots=True)
class Ladder:
    """A population by the age of its last contact, every rung published, and those never contacted.

    Attributes:
        contacted: Hourly stock by the time of the last contact.
        population: Stock of everybody.
        rungs: (name, age in ms up to which it reaches), from the youngest.
        last: Name of the rung above the last bound.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    contacted: Measure
    population: Measure
    rungs: tuple[tuple[str, int], ...]
    last: str

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the count per rung and cut."""
        for label, value in cuts(view, self.population, kpi.by):
            everybody = total(view, self.population, label, value)
            if everybody <= 0 and label:
                continue
            contacted = total(view, self.contacted, label, value)
            younger = 0
            counts: list[tuple[str, int]] = []
            for name, bound_ms in self.rungs:
                reached = fresh(view, self.contacted, label, value, bound_ms)
                counts.append((name, reached - younger))
                younger = reached
            counts += [(self.last, contacted - younger), (NEVER, everybody - contacted)]
            for name, count in counts:
                yield Sample(kpi.name, "", None, {"age": name, **cut_labels(label, value)}, count, count)


@dataclass(frozen=True, slots=True)
class ContactAge:
    """Quantiles of the age of an hourly stock, counted from the middle of the hour."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    measure: Measure
    quantiles: tuple[float, ...] = (0.5, 0.9)

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield age quantiles per cut, in seconds."""
        for label, value in cuts(view, self.measure, kpi.by):
            stock = view.stock(self.measure, (), label, value)
            ages = sorted((max(0, view.now - start - HOUR_MS // 2) / MS, n) for start, n in stock.items() if n > 0)
            n = sum(count for _, count in ages)
            for quantile in self.quantiles if n else ():
                labels = {**cut_labels(label, value), "quantile": str(quantile)}
                yield Sample(kpi.name, "", None, labels, at_rank(ages, quantile * (n - 1)), n)
