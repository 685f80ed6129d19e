"""The order: what was bought, what came back, and whether a new or an existing customer bought it.

What is paid back changes the order at its own time. An order that is wholly paid back is no order any more.
"""

from __future__ import annotations

import msgspec

from schemas import BadEvent
from schemas.fields import LARGEST_INT
from stream_app.journeys import purchase
from stream_app.journeys.part import Emission, Fact, Handler, Part
from stream_app.journeys.purchase import Earning, Purchases
from stream_app.journeys.state import Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

KEPT = 24
"""Orders of a relationship that can still be paid back: the latest."""

PLACED = Measure("orders", Kind.COUNT, "1", "Orders placed.", by=("campaign",), dims=("customer",))
AMOUNT = Measure(
    "order_amount",
    Kind.SUM,
    "minor units of the reporting currency",
    "Money of orders, net of refunds.",
    by=("campaign",),
    dims=("customer",),
)
ITEMS = Measure("order_items", Kind.SUM, "units", "Units of orders, net of returns.", by=("channel",))
IGNORED = Measure("orders_ignored", Kind.COUNT, "1", "Order events left out, by reason.", dims=("reason",))


class Order(msgspec.Struct, array_like=True, gc=False):
    """One order, as it was placed and as much of it as is left."""

    at: int
    amount: int  # minor units of its currency, and less with each refund
    currency: str
    units: int
    new: bool
    deal_id: str | None = None
    channel: str | None = None
    team: str | None = None
    product: str | None = None
    campaign: str | None = None
    case_id: str | None = None


class Orders(msgspec.Struct, array_like=True, gc=False):
    """The latest orders by id."""

    known: dict[str, Order] = {}


SLOT = Slot("orders", Orders)


def _placed(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data, at = fact.data, fact.at
    amount = sum(line.quantity * line.price for line in data.lines)
    if amount > LARGEST_INT:
        raise BadEvent("invalid_field", "data.lines", f"the lines come to {amount}, and to more than {LARGEST_INT}")
    purchases = purchase.begin(rel)
    orders = SLOT.of(rel) or SLOT.put(rel, Orders())
    if data.order_id in orders.known:
        out.append((IGNORED, at, 1, ("placed_twice",), (), 1))
        return
    if data.deal_id is None:
        new = purchase.is_first(purchases, "order", data.order_id)
    else:
        new = purchases.count <= 0 or purchases.first == f"deal|{data.deal_id}"
    products = {line.product_line for line in data.lines}
    order = Order(
        at=at,
        amount=amount,
        currency=data.currency,
        units=sum(line.quantity for line in data.lines),
        new=new,
        deal_id=data.deal_id,
        channel=data.channel or rel.channel,
        team=data.team or rel.team,
        product=products.pop() if len(products) == 1 else None,
        campaign=data.campaign_id or rel.campaign,
        case_id=data.case_id,
    )
    while len(orders.known) >= KEPT:
        del orders.known[next(iter(orders.known))]
    orders.known[data.order_id] = order
    _count(data.order_id, order, 1, purchases, policies, out)


def _refunded(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data, at = fact.data, fact.at
    purchases = purchase.begin(rel)
    orders = SLOT.of(rel)
    order = orders.known.get(data.order_id) if orders is not None else None
    if orders is None or order is None:
        out.append((IGNORED, at, 1, ("refund_of_unknown_order",), (), 1))
        return
    if data.currency != order.currency:
        out.append((IGNORED, at, 1, ("refund_in_other_currency",), (), 1))
        return
    _count(data.order_id, order, -1, purchases, policies, out)
    paid = order.amount > 0
    order.amount -= data.amount
    order.units -= data.quantity
    if order.units <= 0 or (paid and order.amount <= 0):
        del orders.known[data.order_id]
        return
    _count(data.order_id, order, 1, purchases, policies, out)


def _count(
    order_id: str, order: Order, weight: int, purchases: Purchases, policies: Policies, out: list[Emission]
) -> None:
    """Publish an order as it is, or take it back (*weight* -1)."""
    at = order.at
    customer = ("new",) if order.new else ("existing",)
    out.append((PLACED, at, 1, customer, (order.campaign,), weight))
    out.append((ITEMS, at, order.units, (), (order.channel,), weight))
    amount = policies.money.reported(order.amount, order.currency, at)
    if amount is None:
        out.append((purchase.IGNORED, at, 1, ("no_rate",), (), weight))
    else:
        out.append((AMOUNT, at, amount, customer, (order.campaign,), weight))
    if order.deal_id is not None:
        return  # its money is that of the deal
    earning = Earning(
        at=at,
        amount=amount,
        weight=weight,
        source="order",
        item=order_id,
        channel=order.channel,
        team=order.team,
        product=order.product,
        campaign=order.campaign,
        case_id=order.case_id,
        new=order.new,
    )
    purchase.earn(purchases, earning, out)


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in the orders of another relationship, and its purchases."""
    purchase.absorb(rel, gone)
    theirs = SLOT.of(gone)
    if theirs is None:
        return
    ours = SLOT.of(rel) or SLOT.put(rel, Orders())
    both = {**theirs.known, **ours.known}
    latest = sorted(both, key=lambda name: (both[name].at, name))[-KEPT:]
    ours.known = {name: both[name] for name in latest}


_HANDLES: dict[str, Handler] = {"order.placed": _placed, "order.refunded": _refunded}

PART = Part(
    "order",
    _HANDLES,
    None,
    (PLACED, AMOUNT, ITEMS, IGNORED),
    areas=purchase.COUNTING,
    absorb=absorb,
)
