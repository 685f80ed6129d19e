"""Revenue from service: orders that come from a case, and won deals that a call to the service team was about."""

from __future__ import annotations

import msgspec

from stream_app.journeys import purchase
from stream_app.journeys.part import Emission, Fact, Handler, Part
from stream_app.journeys.state import Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

MOST = 50
"""Deals of calls, and purchases that count here, remembered of one relationship; the oldest make room."""

REVENUE = Measure(
    "service_revenue",
    Kind.SUM,
    "minor units of the reporting currency",
    "Money of orders from cases and of won deals of service calls, net of refunds.",
    by=("team",),
)


class Sales(msgspec.Struct, array_like=True, gc=False):
    """What service sold: the deals that calls were about, and the purchases that count, each with its team."""

    deals: dict[str, str | None] = {}
    counted: dict[str, str | None] = {}  # by source and id, to take the same back


SLOT = Slot("service-sales", Sales)


def _queued(rel: Relationship, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    """Remember that somebody called about a deal."""
    data = fact.data
    if data.direction == "in" and data.deal_id is not None:
        sales = SLOT.of(rel) or SLOT.put(rel, Sales())
        sales.deals.setdefault(data.deal_id, data.team or rel.team)
        _trim(sales.deals)


def _earned(rel: Relationship, _fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Count what was just earned by service, and take back what counted before."""
    for earning in purchase.earnings(rel):
        sales, item = SLOT.of(rel), f"{earning.source}|{earning.item}"
        if earning.weight < 0:
            if sales is None or item not in sales.counted:
                continue
            team = sales.counted.pop(item)
        elif earning.case_id is not None:
            case = rel.cases.get(earning.case_id)
            team = earning.team if case is None else case.team
        elif earning.source == "deal" and sales is not None and earning.item in sales.deals:
            team = sales.deals[earning.item]
        else:
            continue
        if earning.amount is not None:
            out.append((REVENUE, earning.at, earning.amount, (), (team,), earning.weight))
        if earning.weight > 0:
            sales = sales or SLOT.put(rel, Sales())
            sales.counted[item] = team
            _trim(sales.counted)


def _trim(known: dict[str, str | None]) -> None:
    while len(known) > MOST:
        del known[next(iter(known))]


def _absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in what service sold to the other relationship."""
    theirs = SLOT.of(gone)
    if theirs is not None:
        ours = SLOT.of(rel) or SLOT.put(rel, Sales())
        ours.deals = {**theirs.deals, **ours.deals}
        ours.counted = {**theirs.counted, **ours.counted}
        _trim(ours.deals)
        _trim(ours.counted)


_HANDLES: dict[str, Handler] = {"call.queued": _queued, **dict.fromkeys(purchase.EVENTS, _earned)}

PART = Part("service revenue", _HANDLES, None, (REVENUE,), areas=frozenset({"service"}), absorb=_absorb)
"""Folded after deals and orders, whose earnings it reads."""
