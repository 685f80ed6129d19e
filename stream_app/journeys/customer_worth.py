"""What a customer has been worth: purchases so far, by whom they were made; recurring revenue is counted beside it."""

from __future__ import annotations

import msgspec

from stream_app.journeys import purchase
from stream_app.journeys.customer_flows import SLOT as MEMBERSHIP
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Labels, Part, Running
from stream_app.journeys.state import Relationship, Slot
from stream_app.journeys.subscription_state import SLOT as SUBSCRIPTIONS
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

BY = ("segment", "channel")
_MINOR = "minor units of the reporting currency"
MOST_DEALS = 50
"""Won deals remembered, for when a subscription shows what they are paid by."""
MOST_ORDERS = 24
"""Orders remembered, for when they are paid back: as many as can be."""

BOUGHT = Measure(
    "customer_purchases", Kind.SUM, _MINOR,
    "Orders and won deals, net of refunds; of customers with a subscription, no deals: they pay by the month.", by=BY,
)  # fmt: skip
WORTH = Measure("customer_worth", Kind.STOCK, _MINOR, "All purchases of customers so far.", by=BY, bucket="none")
BUYERS = Measure(
    "customers_ever", Kind.STOCK, "1", "Who has ever been a customer, bought or subscribed.", by=BY, bucket="none"
)


Purchase = tuple[int, int | None, str, Labels]
"""Time (ms), amount (None: no rate is known for its currency), id, and the labels that it counts under."""


class Worth(msgspec.Struct, array_like=True, gc=False):
    """The money of all purchases so far, and the latest of them."""

    total: int = 0
    deals: list[Purchase] = []
    orders: list[Purchase] = []
    count: int = 0  # purchases in the total


SLOT: Slot[Worth] = Slot("worth", Worth)


def _labels(rel: Relationship) -> Labels:
    return (rel.segment, rel.channel)


def _earned(rel: Relationship, _fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Count what was just bought under the labels of now; what is paid back in part stays under those it had."""
    labels = _labels(rel)
    for earning in purchase.earnings(rel):
        worth = SLOT.of(rel) or SLOT.put(rel, Worth())
        deal = earning.source == "deal"
        if deal and SUBSCRIPTIONS.of(rel) is not None:
            continue
        known, most = (worth.deals, MOST_DEALS) if deal else (worth.orders, MOST_ORDERS)
        if earning.weight > 0:
            # One whose amount was not known is the same purchase, under the labels that it was made under.
            same = [one for one in known if (one[0], one[2]) == (earning.at, earning.item)]
            labels = same[0][3] if same else labels
            known = [*(one for one in known if one not in same), (earning.at, earning.amount, earning.item, labels)]
        else:
            counted = [one for one in known if one[:3] == (earning.at, earning.amount, earning.item)]
            if not counted:
                continue
            labels = counted[0][3]
            known = [one for one in known if one != counted[0]]
        if deal:
            worth.deals = known[-most:]
        else:
            worth.orders = known[-most:]
        if earning.amount is not None:
            worth.total += earning.weight * earning.amount
            worth.count += earning.weight
            out.append((BOUGHT, earning.at, earning.amount, (), labels, earning.weight))


def _subscribed(rel: Relationship, _fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Take back won deals: the subscription that began is how they are paid."""
    worth = SLOT.of(rel)
    if worth is None:
        return
    for at, amount, _, labels in worth.deals:
        if amount is not None:
            worth.total -= amount
            worth.count -= 1
            out.append((BOUGHT, at, amount, (), labels, -1))
    worth.deals = []


_HANDLES: dict[str, Handler] = {
    **dict.fromkeys(purchase.EVENTS, _earned),
    **dict.fromkeys(("subscription.started", "subscription.renewed", "subscription.changed"), _subscribed),
}


def _standing(rel: Relationship, stocks: list[Holding], _clocks: list[Running]) -> None:
    if rel.merged:
        return
    worth = SLOT.of(rel)
    bought = worth is not None and worth.count > 0
    if bought or MEMBERSHIP.of(rel) is not None or SUBSCRIPTIONS.of(rel) is not None:
        stocks.append((BUYERS, 0, (), _labels(rel)))
    if worth is not None and worth.total:
        stocks.append((WORTH, 0, (), _labels(rel), worth.total))


def _absorb(rel: Relationship, gone: Relationship) -> None:
    """Add up what both have bought."""
    theirs = SLOT.of(gone)
    if theirs is not None:
        mine = SLOT.of(rel) or SLOT.put(rel, Worth())
        mine.total += theirs.total
        mine.count += theirs.count
        mine.deals = [*mine.deals, *theirs.deals][-MOST_DEALS:]
        mine.orders = [*mine.orders, *theirs.orders][-MOST_ORDERS:]


PART = Part(
    "worth",
    _HANDLES,
    _standing,
    (BOUGHT, WORTH, BUYERS),
    areas=frozenset({"value"}),
    moved_by=frozenset(
        {"customer.created", "customer.reactivated", "lead.created", "subscription.cancelled", "relationship.merged"}
    ),
    absorb=_absorb,
)
