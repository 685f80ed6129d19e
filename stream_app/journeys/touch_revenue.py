"""Revenue by touch: which campaign is credited with a purchase, what a lead brings in, and when a customer pays back.

Every purchase is credited to one campaign or to none, so the credited and the unattributed revenue add up to all of
it. The credit is decided when the order is placed or the deal is won, and a refund keeps it.
"""

from __future__ import annotations

import msgspec

from stream_app.journeys import purchase, touch
from stream_app.journeys.part import Emission, Fact, Handler, Part
from stream_app.journeys.purchase import Earning
from stream_app.journeys.state import Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

_BY = ("campaign", "channel")
_MONEY = "minor units of the reporting currency"
KEPT = 256
"""Purchases of one relationship that may still be paid back or undone with their credit; the oldest make room."""
LARGEST = 1 << 40
"""Most of one purchase that counts towards payback, in minor units: a mistyped price overflows no histogram."""

PURCHASES = Measure(
    "campaign_purchases", Kind.COUNT, "1", "Orders and won deals, credited to a campaign or to none.",
    by=_BY, dims=("credit",),
)  # fmt: skip
REVENUE = Measure(
    "campaign_revenue", Kind.SUM, _MONEY, "Revenue, credited to a campaign or to none.", by=_BY, dims=("credit",)
)
LEAD_REVENUE = Measure(
    "lead_revenue", Kind.SUM, _MONEY, "Revenue of those who came as leads, by the arrival of the latest lead."
)
PAYBACK = Measure(
    "acquired_revenue", Kind.HISTOGRAM, "seconds",
    "Age of a customer when it brought in money, weighed by the money, by the day on which it became a customer.",
    by=("channel",),
)  # fmt: skip


class Sold(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How a purchase was counted: what to take back, and to count again when a part of it is paid back."""

    campaign: str | None
    channel: str | None
    lead_at: int | None
    customer_at: int | None
    origin: str | None  # channel of the customer


class Sales(msgspec.Struct, array_like=True, gc=False):
    """The purchases of one relationship."""

    known: dict[str, Sold] = {}
    early: int = 0  # revenue from before it became a customer


_SLOT = Slot("sales", Sales)
_UNKNOWN = Sold(None, None, None, None, None)


def _earned(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    """Credit what the event earned, under the touches until now."""
    earnings = purchase.earnings(rel)
    if not earnings:
        return
    sales = _SLOT.of(rel) or _SLOT.put(rel, Sales())
    taken: dict[str, Sold] = {}
    for earning in earnings:
        name = _name(earning)
        if earning.weight < 0:
            sold = taken[name] = sales.known.pop(name, _UNKNOWN)
        elif name in taken and earning.at < fact.at:  # an amount that is corrected later keeps its credit
            sold = sales.known[name] = taken[name]
        else:
            sold = sales.known[name] = _sold(rel, fact.at, policies)
        _count(rel, sales, earning, sold, out)
    _trim(sales)


def _refunded(rel: Relationship, _fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Count less of a purchase under the credit that it has."""
    sales = _SLOT.of(rel) or _SLOT.put(rel, Sales())
    for earning in purchase.earnings(rel):
        _count(rel, sales, earning, sales.known.get(_name(earning), _UNKNOWN), out)


def _customer(rel: Relationship, _fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Count what somebody bought before becoming a customer as the first that the customer brought in."""
    sales = _SLOT.of(rel)
    if sales is not None and sales.early and rel.customer is not None:
        out.append((PAYBACK, rel.customer.created_at, 0, (), (rel.channel,), _weight(sales.early)))
        sales.early = 0


def _name(earning: Earning) -> str:
    return f"{earning.source}|{earning.item}"


def _sold(rel: Relationship, at: int, policies: Policies) -> Sold:
    run = touch.credited(rel, at, policies)
    lead = rel.lead.created_at if rel.lead is not None and rel.lead.arrived else None
    customer = rel.customer.created_at if rel.customer is not None and not touch.returned(rel) else None
    _, (campaign, channel) = touch.labels(run, rel.channel)
    return Sold(campaign, channel, lead, customer, rel.channel)


def _count(rel: Relationship, sales: Sales, earning: Earning, sold: Sold, out: list[Emission]) -> None:
    at, amount, weight = earning.at, earning.amount, earning.weight
    dims = (touch.UNATTRIBUTED if sold.campaign is None else touch.CREDITED,)
    by = (sold.campaign, sold.channel)
    out.append((PURCHASES, at, 1, dims, by, weight))
    if not amount:
        return
    out.append((REVENUE, at, amount, dims, by, weight))
    if sold.lead_at is not None:
        out.append((LEAD_REVENUE, sold.lead_at, amount, (), (), weight))
    if sold.customer_at is not None:
        age = max(0, at - sold.customer_at)
        out.append((PAYBACK, sold.customer_at, age, (), (sold.origin,), _weight(amount) * weight))
    elif sold is not _UNKNOWN and not touch.returned(rel):
        _before(rel, sales, sold, _weight(amount) * weight, out)


def _before(rel: Relationship, sales: Sales, sold: Sold, amount: int, out: list[Emission]) -> None:
    """Count what was bought before the relationship was a customer: now, or when it becomes one."""
    if rel.customer is None:
        sales.early += amount
    else:
        out.append((PAYBACK, rel.customer.created_at, 0, (), (sold.origin,), amount))


def _weight(amount: int) -> int:
    return max(-LARGEST, min(amount, LARGEST))


def _trim(sales: Sales) -> None:
    while len(sales.known) > KEPT:
        del sales.known[next(iter(sales.known))]


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in the purchases of *gone*; of one that both know, the survivor's credit is kept."""
    theirs = _SLOT.of(gone)
    if theirs is None:
        return
    ours = _SLOT.of(rel) or _SLOT.put(rel, Sales())
    ours.known = {**theirs.known, **ours.known}
    ours.early += theirs.early
    _trim(ours)


_HANDLES: dict[str, Handler] = {
    "customer.created": _customer,
    "order.placed": _earned,
    "order.refunded": _refunded,
    "deal.won": _earned,
    "deal.lost": _earned,
    "deal.reopened": _earned,
}

PART = Part(
    "touch_revenue",
    _HANDLES,
    None,
    (PURCHASES, REVENUE, LEAD_REVENUE, PAYBACK),
    areas=frozenset({"marketing"}),
    absorb=absorb,
)
