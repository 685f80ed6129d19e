"""What waiting has cost so far: the value that leads lose while nobody answers them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from stream_app.journeys import lead, lead_conversion, touch_revenue
from stream_app.kpis.kinds.cuts import count_in, cut_labels
from stream_app.kpis.kinds.matured import WAITS, by_response
from stream_app.kpis.kinds.money import sum_in
from stream_app.kpis.kinds.waiting import grouped
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures.clock_group import ClockGroup
from stream_app.measures.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class LostValue:
    """Publish what the open first-response clocks have lost, by the conversion curve of the longest window.

    Attributes:
        age: When a lead is mature, in ms.
        major: Minor units of one published unit.
    """

    parts: ClassVar[tuple[Part, ...]] = ("",)
    age: int
    major: int

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        """Yield the value per cut; absent while the curve or the value of a converted lead is not known."""
        losses, worth = self._losses(view), self._worth(view)
        if losses is None or worth is None:
            return
        for (label, value), group in grouped(view, lead.CLOCK, kpi.by):
            lost = self._lost(group, losses, view.now) * worth / self.major
            yield Sample(kpi.name, "", None, cut_labels(label, value), lost, len(group))

    def _losses(self, view: ReadModel) -> list[float] | None:
        """Return how much less likely a lead is to convert, the later it is answered: nobody gains by waiting."""
        curve = by_response(view, view.windows[-1], self.age, "", "")[: len(WAITS)]
        _, converted, first = curve[0]
        if first <= 0:
            return None
        best = converted / first
        shares = [above / below if below > 0 else 1.0 for _, above, below in curve]
        return [best - share for share in accumulate(shares, min)]

    def _worth(self, view: ReadModel) -> float | None:
        """Return the mean revenue of a converted lead, in minor units."""
        window = view.windows[-1]
        converted = count_in(view, lead_conversion.CONVERTED, window, ("cohort",)) or 0
        revenue = sum_in(view, touch_revenue.LEAD_REVENUE, window, ())
        return revenue.total / converted if revenue is not None and converted > 0 else None

    def _lost(self, group: ClockGroup, losses: list[float], now: int) -> float:
        """Return how many conversions the clocks have lost: who waits is in the bucket of its wait so far."""
        since, lost, older = group.since, 0.0, len(group)
        for (_, longest), loss in zip(lead_conversion.RESPONSES, losses, strict=False):
            longer = bisect_left(since, now - longest)  # waits of more than the longest of this bucket
            lost += (older - longer) * loss
            older = longer
        return lost + older * losses[-1]
