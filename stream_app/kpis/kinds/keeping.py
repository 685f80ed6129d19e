"""What it costs to keep a customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from stream_app.kpis.kinds.cuts import cut_labels
from stream_app.kpis.kinds.population import Flows
from stream_app.kpis.kinds.ratio import RATIO_PARTS
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.measure import Measure
from stream_app.measures.read_model import ReadModel
from stream_app.measures.sum import Sum


@dataclass(frozen=True, slots=True)
class KeepingCost:
    """Publish costs of a window over the customers who were there when it began and still are.

    Attributes:
        costs: Sum in minor units of the reporting currency.
        dims: Which costs.
        flows: The coming and going of customers.
        major: Minor units in one unit of the currency.
    """

    parts: ClassVar[tuple[Part, ...]] = RATIO_PARTS
    costs: Measure
    dims: tuple[str, ...]
    flows: Flows
    major: int

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield cost per customer, cost and customers, per cut and window; absent without a cost or a customer."""
        for label, value in self.flows.cuts(view, kpi.by):
            for window in view.windows:
                kept = self.flows.kept(view, window, label, value)
                cost = view.get(self.costs, window, self.dims, label, value)
                if kept > 0 and isinstance(cost, Sum):
                    labels, money = cut_labels(label, value), cost.total / self.major
                    yield Sample(kpi.name, "", window.name, labels, money / kept, kept)
                    yield Sample(kpi.name, "numerator", window.name, labels, money, cost.n)
                    yield Sample(kpi.name, "denominator", window.name, labels, kept, kept)
