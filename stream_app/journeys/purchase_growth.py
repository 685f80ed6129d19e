"""How customers grow: another product line, a higher tier, and who bought again to begin with.

A customer exists from its first order, won deal or paid subscription on; what it buys after that can be growth.
"""

from __future__ import annotations

import msgspec

from stream_app.journeys import purchase
from stream_app.journeys.deal_state import deal_of
from stream_app.journeys.part import Emission, Fact, Handler, Part
from stream_app.journeys.state import Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

LINES_KEPT = 50
"""Product lines remembered of a customer."""
DEALS_KEPT = 20
"""Won deals whose growth can still be taken back."""
PLANS_KEPT = 20
"""Subscriptions whose tier is remembered."""

BUYERS = Measure(
    "existing_buyers", Kind.DISTINCT, "customers", "Existing customers who ordered or renewed.", by=("segment",)
)
CROSS_SOLD = Measure(
    "cross_sold", Kind.DISTINCT, "customers", "Existing customers who bought another product line.", by=("segment",)
)
UP_SOLD = Measure(
    "up_sold", Kind.DISTINCT, "customers", "Existing customers who bought a higher tier.", by=("segment",)
)
UPGRADES = Measure("tier_upgrades", Kind.COUNT, "1", "Moves of existing customers to a higher tier.", by=("segment",))


class Step(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one purchase of an existing customer was, as it was counted."""

    at: int
    crossed: bool
    raised: bool
    segment: str | None


class Growth(msgspec.Struct, array_like=True, gc=False):
    """What one customer has bought so far.

    Attributes:
        identity: Time and id of the first purchase: what tells this customer from others in a count of customers.
        lines: Product lines bought, in order of the first time.
        top: The highest tier bought by order or deal.
        deals: What won deals were counted as; None for the first purchase.
        plans: The tier of each subscription.
    """

    identity: str
    lines: list[str] = []
    top: int | None = None
    deals: dict[str, Step | None] = {}
    plans: dict[str, int | None] = {}


SLOT = Slot("growth", Growth)


def _ordered(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    lines = [line.product_line for line in data.lines if line.product_line is not None]
    ranks = [rank for line in data.lines if (rank := policies.tier_rank(line.product_tier)) is not None]
    top = max(ranks, default=None)
    growth = SLOT.of(rel)
    if growth is None:
        growth = SLOT.put(rel, Growth(f"{fact.at}|{data.order_id}"))
    elif data.deal_id is None:
        crossed = bool(growth.lines) and any(line not in growth.lines for line in lines)
        raised = growth.top is not None and top is not None and top > growth.top
        _count(growth, Step(fact.at, crossed, raised, rel.segment), 1, out)
    _learn(growth, lines, top)


def _won(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    name = fact.data.deal_id
    deal = deal_of(rel, name)
    kind = deal.kind if deal is not None else "new"
    lines = [deal.product] if deal is not None and deal.product is not None else []
    growth = SLOT.of(rel)
    step: Step | None = None
    if growth is None:
        growth = SLOT.put(rel, Growth(f"{fact.at}|{name}"))
    elif name in growth.deals:
        return
    else:
        crossed = kind == "cross_sell" or (bool(growth.lines) and any(line not in growth.lines for line in lines))
        step = Step(fact.at, crossed, kind == "up_sell", rel.segment)
        _count(growth, step, 1, out)
    while len(growth.deals) >= DEALS_KEPT:
        del growth.deals[next(iter(growth.deals))]
    growth.deals[name] = step
    _learn(growth, lines, None)


def _not_won(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Take back what a deal that is opened again, or lost after all, was counted as."""
    name = fact.data.deal_id
    growth = SLOT.of(rel)
    if growth is None or name not in growth.deals:
        return
    step = growth.deals.pop(name)
    if step is not None:
        _count(growth, step, -1, out)
    elif not growth.plans and purchase.nothing_left(rel):
        SLOT.drop(rel)  # it was the first and only purchase: there is no customer


def _subscribed(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    if data.trial:
        return
    growth = SLOT.of(rel)
    if growth is None:
        growth = SLOT.put(rel, Growth(f"{fact.at}|{data.subscription_id}"))
    else:
        _count(growth, Step(fact.at, crossed=False, raised=False, segment=rel.segment), 1, out)
    _plan(growth, data.subscription_id, policies.tier_rank(data.tier))


def _renewed(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    _paid(rel, fact, policies, out, again=True)


def _changed(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    _paid(rel, fact, policies, out, again=False)


def _paid(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission], *, again: bool) -> None:
    """Count a renewal (*again*), and a move to a higher tier."""
    data = fact.data
    growth = SLOT.of(rel)
    rank = policies.tier_rank(data.tier)
    if growth is None:  # the first that is paid for, as after a trial
        growth = SLOT.put(rel, Growth(f"{fact.at}|{data.subscription_id}"))
    else:
        before = growth.plans.get(data.subscription_id)
        raised = before is not None and rank is not None and rank > before
        if raised or again:
            _count(growth, Step(fact.at, crossed=False, raised=raised, segment=rel.segment), 1, out)
    if rank is not None:
        _plan(growth, data.subscription_id, rank)


def _count(growth: Growth, step: Step, weight: int, out: list[Emission]) -> None:
    by = (step.segment,)
    out.append((BUYERS, step.at, growth.identity, (), by, weight))
    if step.crossed:
        out.append((CROSS_SOLD, step.at, growth.identity, (), by, weight))
    if step.raised:
        out.append((UP_SOLD, step.at, growth.identity, (), by, weight))
        out.append((UPGRADES, step.at, 1, (), by, weight))


def _learn(growth: Growth, lines: list[str], top: int | None) -> None:
    for line in lines:
        if line not in growth.lines and len(growth.lines) < LINES_KEPT:
            growth.lines.append(line)
    if top is not None and (growth.top is None or top > growth.top):
        growth.top = top


def _plan(growth: Growth, subscription_id: str, rank: int | None) -> None:
    while len(growth.plans) >= PLANS_KEPT and subscription_id not in growth.plans:
        del growth.plans[next(iter(growth.plans))]
    growth.plans[subscription_id] = rank


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in what another relationship had bought; it goes on under the survivor's identity."""
    theirs = SLOT.of(gone)
    if theirs is None:
        return
    ours = SLOT.of(rel)
    if ours is None:
        SLOT.put(rel, theirs)
        return
    _learn(ours, theirs.lines, theirs.top)
    ours.deals = {**theirs.deals, **ours.deals}
    ours.plans = {**theirs.plans, **ours.plans}


_HANDLES: dict[str, Handler] = {
    "order.placed": _ordered,
    "deal.won": _won,
    "deal.lost": _not_won,
    "deal.reopened": _not_won,
    "subscription.started": _subscribed,
    "subscription.renewed": _renewed,
    "subscription.changed": _changed,
}

PART = Part(
    "growth", _HANDLES, None, (BUYERS, CROSS_SOLD, UP_SOLD, UPGRADES), areas=frozenset({"sales"}), absorb=absorb
)
