"""When customers have paid back what it cost to win them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import TOTAL, cut_labels, histogram_in
from stream_app.kpis.kinds.distribution import MS
from stream_app.kpis.kinds.quotient import Term
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.histogram import Histogram
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Payback:
    """Publish the age at which the customers won in a window had brought in what winning them cost.

    Attributes:
        cost: What winning customers cost.
        customers: How many were won.
        revenue: Histogram of the age (ms) at which customers brought in money, weighed by the money.
        margin: The part of revenue that pays; without one nothing is known.
        major: Minor units of one unit of the cost.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    cost: Term
    customers: Term
    revenue: Measure
    margin: float | None
    major: int

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the age per cut and window, in seconds; absent until it is reached."""
        if self.margin is None:
            return
        values = [(label, value) for label in kpi.by for value in sorted(self.customers.values(view, label))]
        for label, value in (TOTAL, *values):
            for window in view.windows:
                cost = self.cost.value(view, window, label, value)
                customers = self.customers.value(view, window, label, value)
                held = histogram_in(view, self.revenue, window, (), label, value)
                if cost is None or cost[0] <= 0 or customers is None or held is None:
                    continue
                age = paid_back(held, cost[0] * self.major, self.margin)
                if age is not None:
                    yield Sample(kpi.name, "", window.name, cut_labels(label, value), age / MS, customers[1])


def paid_back(revenue: Histogram, cost: float, margin: float) -> float | None:
    """Return the age (ms) at which the gross profit had covered the cost; ``None`` where it never has."""
    earned = 0
    for age, amount in revenue.points():
        earned += amount
        if earned * margin >= cost:
            return age
    return None
