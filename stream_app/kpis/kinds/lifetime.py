"""What a customer is worth: what it has brought in so far, and what it will if it goes on like this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import cut_labels, cuts
from stream_app.kpis.kinds.population import Flows
from stream_app.kpis.kinds.ratio import RATIO_PARTS
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.sum import Sum
from stream_app.measures.window import DAY, Window

MONTH_S = 30.436875 * 86_400
"""Seconds of a month: a twelfth of the mean Gregorian year."""
_MS = 1000


@dataclass(frozen=True, slots=True)
class Revenue:
    """Where revenue of customers stands and flows, in minor units of the reporting currency.

    Attributes:
        bought: Sum of purchases when they were made.
        worth: Stock of all purchases so far.
        monthly: Stock of what subscriptions bring in each month.
        earned_from: Stock of the changes of that, times their moments in s.
        major: Minor units in one unit of the currency.
    """

    bought: Measure
    worth: Measure
    monthly: Measure
    earned_from: Measure
    major: int

    def to_date(self, view: ReadModel, label: str, value: str) -> float:
        """Return all revenue so far; that of subscriptions by the second."""
        earned = (
            view.standing(self.monthly, (), label, value) * (view.now // _MS)
            - view.standing(self.earned_from, (), label, value)
        ) / MONTH_S
        return (view.standing(self.worth, (), label, value) + earned) / self.major

    def purchases(self, view: ReadModel, window: Window, label: str, value: str) -> tuple[int, float]:
        """Return number and money of the purchases of a window."""
        held = view.get(self.bought, window, (), label, value)
        return (held.n, held.total / self.major) if isinstance(held, Sum) else (0, 0.0)

    def per_second(self, view: ReadModel, window: Window, label: str, value: str) -> float:
        """Return the revenue of a second: of the window's purchases, and of subscriptions as they are now."""
        elapsed = max(view.now - view.start(window), 1) / _MS
        monthly = view.standing(self.monthly, (), label, value) / self.major
        return self.purchases(view, window, label, value)[1] / elapsed + monthly / MONTH_S


@dataclass(frozen=True, slots=True)
class ToDate:
    """Publish the mean revenue, and margin where it is known, of everybody who has ever been a customer."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    revenue: Revenue
    customers: Measure
    margin: float | None

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the mean per form and cut; absent without customers."""
        for label, value in cuts(view, self.customers, kpi.by):
            n = view.standing(self.customers, (), label, value)
            if n <= 0:
                continue
            mean = self.revenue.to_date(view, label, value) / n
            labels = cut_labels(label, value)
            if self.margin is not None:
                yield Sample(kpi.name, "", None, {"form": "margin", **labels}, mean * self.margin, n)
            yield Sample(kpi.name, "", None, {"form": "revenue", **labels}, mean, n)


@dataclass(frozen=True, slots=True)
class Lifespans:
    """How long somebody stays a customer: all time that customers have stayed, by how many have left.

    Attributes:
        active: Daily stock of active customers by when they came.
        ended: Stock of how often somebody left.
        stayed: Stock of how long they had stayed, in s.
    """

    active: Measure
    ended: Measure
    stayed: Measure

    def mean(self, view: ReadModel, label: str, value: str) -> tuple[float, int] | None:
        """Return the lifespan in s, and how many have left; None while nobody has."""
        ended = view.standing(self.ended, (), label, value)
        if ended <= 0:
            return None
        now, half = view.now, DAY.size // 2
        going_on = sum(n * max(0, now - day - half) for day, n in view.stock(self.active, (), label, value).items())
        return (going_on / _MS + view.standing(self.stayed, (), label, value)) / ended, ended


@dataclass(frozen=True, slots=True)
class Lifespan:
    """Publish the mean lifespan of customers."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    lifespans: Lifespans

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the lifespan per cut in seconds; absent while nobody has left."""
        for label, value in cuts(view, self.lifespans.ended, kpi.by):
            found = self.lifespans.mean(view, label, value)
            if found is not None:
                yield Sample(kpi.name, "", None, cut_labels(label, value), *found)


@dataclass(frozen=True, slots=True)
class Expected:
    """Publish what a customer brings in over its lifespan at the pace of each window."""

    parts: ClassVar[tuple[Part, ...]] = ("",)
    revenue: Revenue
    lifespans: Lifespans
    flows: Flows

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the value per cut and window; absent while nobody has left, or nothing comes in."""
        for label, value in self.flows.cuts(view, kpi.by):
            found = self.lifespans.mean(view, label, value)
            if found is None:
                continue
            lifespan, ended = found
            for window in view.windows:
                customers = mean_customers(view, self.flows, window, label, value)
                pace = self.revenue.per_second(view, window, label, value)
                if customers > 0 and pace > 0:
                    worth = pace / customers * lifespan
                    yield Sample(kpi.name, "", window.name, cut_labels(label, value), worth, ended)


@dataclass(frozen=True, slots=True)
class Purchases:
    """Publish purchases per customer of a window: those at its start and at its end, on average."""

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    revenue: Revenue
    flows: Flows

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the ratio, the purchases and the customers, per cut and window."""
        for label, value in self.flows.cuts(view, kpi.by):
            for window in view.windows:
                customers = mean_customers(view, self.flows, window, label, value)
                if customers <= 0:
                    continue
                n, _ = self.revenue.purchases(view, window, label, value)
                labels = cut_labels(label, value)
                yield Sample(kpi.name, "", window.name, labels, n / customers, n)
                yield Sample(kpi.name, "numerator", window.name, labels, n, n)
                yield Sample(kpi.name, "denominator", window.name, labels, customers, n)


def mean_customers(view: ReadModel, flows: Flows, window: Window, label: str, value: str) -> float:
    """Return the mean of the customers at the start and at the end of a window."""
    return (flows.at_start(view, window, label, value) + flows.now(view, label, value)) / 2
