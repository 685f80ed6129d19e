"""Orders: what customers buy, how much of it, and what they buy beyond that over time."""

from __future__ import annotations

from stream_app.journeys import order, purchase, purchase_growth
from stream_app.kpis.kinds.different import Different
from stream_app.kpis.kinds.money import Amount, PerOne
from stream_app.kpis.kinds.ratio import Ratio, Variant
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies

_CUSTOMERS = ("new", "existing")
_REFUNDS = "A refund changes the order at the time it was placed; one that is wholly paid back is no order any more."
_EXISTING = (
    "customer=new: the first order or won deal of the relationship, and the orders of that deal; customer=existing: "
    "all others."
)
_GROWN = "existing customers with an order, a won deal, a further subscription or a renewal in the window"


def _growth(name: str, meaning: str, numerator: Different, above: str) -> Kpi:
    return Kpi(
        name=name,
        unit="ratio",
        area="sales",
        meaning=meaning,
        formula=(
            f"Different customers with {above} / different {_GROWN}. A customer exists from its first purchase on. "
            "What a deal added is taken back when it is opened again; a refund takes nothing back."
        ),
        source="A1, A4",
        compute=Ratio((Variant((numerator,), (Different(purchase_growth.BUYERS),)),)),
        by=("segment",),
        direction="up",
    )


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs of orders; those of money have the name of the reporting currency."""
    money = policies.money
    return (
        Kpi(
            name="items_per_order",
            unit="items per order",
            area="sales",
            meaning="How many units an order has.",
            formula=f"Units / orders, net of returns. {_REFUNDS}",
            source="A2, A4",
            compute=PerOne(order.ITEMS),
            by=("channel",),
            direction="up",
            ignored=order.IGNORED,
        ),
        _growth(
            "cross_sell_ratio",
            "Share of customers who buy again that bought from another product line.",
            Different(purchase_growth.CROSS_SOLD),
            "a first order in another product line than before, or a won deal of kind cross_sell",
        ),
        _growth(
            "up_sell_ratio",
            "Share of customers who buy again that moved to a higher tier.",
            Different(purchase_growth.UP_SOLD),
            "an order or subscription of a higher tier than before, or a won deal of kind up_sell",
        ),
        Kpi(
            name="tier_upgrades",
            unit="upgrades",
            area="sales",
            meaning="Moves of customers to a higher tier.",
            formula=(
                "Orders in a higher tier than any before, subscriptions changed or renewed to a higher tier, and won "
                "deals of kind up_sell. Which tier is higher, the policies say; a tier they do not list is in no order."
            ),
            source="A1",
            compute=Tally(purchase_growth.UPGRADES),
            by=("segment",),
            direction="up",
        ),
        Kpi(
            name="orders",
            unit="orders",
            area="sales",
            tile=16,
            meaning="Orders of new and of existing customers.",
            formula=f"order.placed events, once for each order. {_EXISTING} {_REFUNDS}",
            source="A2",
            compute=Tally(order.PLACED, _CUSTOMERS),
            by=("campaign",),
            direction="up",
            ignored=order.IGNORED,
        ),
        Kpi(
            name=f"order_amount_{money.unit}",
            unit=money.unit,
            area="sales",
            meaning="Money of the orders of new and of existing customers.",
            formula=f"Sum of quantity x price over all lines, less refunds; orders of deals included. {_EXISTING}",
            source="A2",
            compute=Amount(order.AMOUNT, money.major, _CUSTOMERS),
            by=("campaign",),
            direction="up",
            ignored=purchase.IGNORED,
        ),
    )
