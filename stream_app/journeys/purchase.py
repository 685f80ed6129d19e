"""What a relationship earned the company: each won deal, and each order that belongs to none, counted once.

Deals and orders report here; whoever counts money reads `earnings` in a handler of the same event, in a part that is
folded after theirs, and so need not know how deals are opened again or orders paid back.
"""

from __future__ import annotations

import msgspec

from stream_app.journeys.part import Emission
from stream_app.journeys.state import Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Area

COUNTING: frozenset[Area] = frozenset({"sales", "marketing", "value", "service"})
"""The areas that count money."""
EVENTS = ("deal.won", "deal.lost", "deal.reopened", "order.placed", "order.refunded")
"""The events that can earn something, or take it back."""

REVENUE = Measure(
    "revenue",
    Kind.SUM,
    "minor units of the reporting currency",
    "Money of won deals, and of orders that belong to no deal, net of refunds.",
    by=("channel", "team", "product"),
)
IGNORED = Measure(
    "sales_money_ignored", Kind.COUNT, "1", "Purchases left out of money KPIs, by reason.", dims=("reason",)
)


class Earning(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One purchase as it counts from now on; with weight -1, as it counted and counts no more.

    Attributes:
        at: The time (ms) that it counts at: of the order, or of the winning.
        amount: Minor units of the reporting currency, net of refunds; None where not known.
        weight: 1 or -1. A refund takes the old amount back and counts the new one.
        source: ``deal`` or ``order``.
        item: Id of the deal or order.
        new: Whether it is the first purchase of the relationship.
    """

    at: int
    amount: int | None
    weight: int
    source: str
    item: str
    channel: str | None
    team: str | None
    product: str | None
    campaign: str | None
    case_id: str | None
    new: bool

    def opposite(self) -> Earning:
        """Return what takes this one back."""
        return msgspec.structs.replace(self, weight=-self.weight)


class Purchases(msgspec.Struct, array_like=True, gc=False):
    """The first purchase of a relationship, and what the latest event on money changed."""

    first: str | None = None
    latest: list[Earning] = []
    count: int = 0  # purchases that count now; without one, the next is the first again


SLOT = Slot("purchases", Purchases)


def earnings(rel: Relationship) -> list[Earning]:
    """Return what the event that is folded now earned and took back; only for `EVENTS`."""
    known = SLOT.of(rel)
    return known.latest if known is not None else []


def begin(rel: Relationship) -> Purchases:
    """Begin an event on money: nothing is earned yet."""
    known = SLOT.of(rel)
    if known is None:
        return SLOT.put(rel, Purchases())
    known.latest = []
    return known


def earn(purchases: Purchases, earning: Earning, out: list[Emission]) -> None:
    """Count a purchase, or take it back."""
    purchases.latest.append(earning)
    purchases.count += earning.weight
    if earning.amount is None:
        return
    labels = (earning.channel, earning.team, earning.product)
    out.append((REVENUE, earning.at, earning.amount, (), labels, earning.weight))


def is_first(purchases: Purchases, source: str, item: str) -> bool:
    """Tell whether a purchase, which is counted next, is the first one that counts; if so, it is remembered."""
    if purchases.count > 0:
        return False
    purchases.first = f"{source}|{item}"
    return True


def nothing_left(rel: Relationship) -> bool:
    """Tell whether the relationship has no order and no won deal that counts."""
    known = SLOT.of(rel)
    return known is None or known.count <= 0


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Keep the first purchase of the survivor if it has one; what was counted as new stays counted."""
    theirs = SLOT.of(gone)
    if theirs is None:
        return
    ours = SLOT.of(rel)
    if ours is None:
        ours = SLOT.put(rel, Purchases())
    ours.first = ours.first or theirs.first
    ours.count += theirs.count
