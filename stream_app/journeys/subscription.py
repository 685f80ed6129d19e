"""The subscription: started or tried, changed, due for renewal, renewed, cancelled."""

from __future__ import annotations

from typing import Any

from stream_app.journeys import subscription_revenue as revenue
from stream_app.journeys.part import Emission, Fact, Handler, Part
from stream_app.journeys.state import Relationship
from stream_app.journeys.subscription_state import MONTHS, SLOT, Due, Subscription, Subscriptions, absorb, remember
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

RENEWAL = Measure(
    "renewals", Kind.SUM, revenue.MINOR,
    "Subscriptions that came up for renewal (due), and that were renewed in time, at most for the price that was due; "
    "both when they came up.",
    by=("plan", "segment"), dims=("outcome",),
)  # fmt: skip
IGNORED = Measure(
    "subscriptions_ignored", Kind.COUNT, "1", "What KPIs of subscriptions leave out, by reason.", dims=("reason",)
)
EARLY_MS = 90 * 86_400_000
"""How long before it is due a renewal still counts as this one and not as the one before."""


def _terms(rel: Relationship, one: Subscription, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    """Take over what the event says of plan and price; what it leaves out stays."""
    data = fact.data
    one.plan = data.plan or one.plan
    one.tier = data.tier or one.tier
    before = (one.amount, one.currency, one.period)
    if data.amount is not None:
        one.amount = max(0, data.amount)
        one.currency = data.currency
    one.period = data.period or one.period
    # Only another price is converted anew: a rate that moved is no expansion.
    if before != (one.amount, one.currency, one.period) and one.amount is not None:
        one.price = policies.money.reported(one.amount, one.currency, fact.at)
        if one.price is None:
            out.append((IGNORED, fact.at, 1, ("no_rate",), (), 1))
    revenue.relabel(rel, one, out)


def _monthly(one: Subscription) -> int:
    """Return what a subscription brings in each month, in minor units, a half up."""
    months = MONTHS[one.period]
    return (2 * (one.price or 0) + months) // (2 * months)


def _pay(held: Subscriptions, one: Subscription, at: int, out: list[Emission]) -> None:
    one.ended_at = None
    revenue.count_as(one, revenue.PAID, at, out)
    revenue.reprice(held, one, _monthly(one), at, out)


def _opened(
    rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]
) -> tuple[Subscriptions, Subscription]:
    """Return the subscription of an event that brings terms; one that was never seen begins with it."""
    held = SLOT.of(rel)
    one = held.known.get(fact.data.subscription_id) if held is not None else None
    if one is None:
        one = remember(rel, fact.data.subscription_id, Subscription())
    _terms(rel, one, fact, policies, out)
    held = SLOT.of(rel)
    assert held is not None  # it has been put
    return held, one


def _started(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    held, one = _opened(rel, fact, policies, out)
    if one.amount is None:
        out.append((IGNORED, fact.at, 1, ("no_amount",), (), 1))
    if not fact.data.trial:
        _pay(held, one, fact.at, out)
    elif one.stay is None:
        one.ended_at = None
        revenue.count_as(one, revenue.TRIAL, fact.at, out)


def _changed(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    held = SLOT.of(rel)
    known = held.known.get(fact.data.subscription_id) if held is not None else None
    if known is not None and known.ended_at is not None:
        out.append((IGNORED, fact.at, 1, ("had_ended_before",), (), 1))
        return
    held, one = _opened(rel, fact, policies, out)
    _pay(held, one, fact.at, out)


def _due(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    one = _running(rel, fact.data, fact.at, out)
    if one is None:
        return
    if one.stay is None or one.stay.kind != revenue.PAID:
        out.append((IGNORED, fact.at, 1, ("due_but_not_paid_for",), (), 1))
        return
    due = Due(fact.at, one.price or 0, (one.plan, rel.segment))
    out.append((RENEWAL, due.at, due.price, ("due",), due.labels, 1))
    early, one.early, one.due = one.early, None, due
    if early is not None and due.at - early <= EARLY_MS:
        _renew(one, early, policies, out)


def _renewed(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    held, one = _opened(rel, fact, policies, out)
    was_paid = one.stay is not None and one.stay.kind == revenue.PAID
    _pay(held, one, fact.at, out)
    if one.due is not None:
        _renew(one, fact.at, policies, out)
    elif was_paid:
        one.early = fact.at


def _renew(one: Subscription, at: int, policies: Policies, out: list[Emission]) -> None:
    """Settle the renewal that is due: only what comes within the grace period is one."""
    due, one.due = one.due, None
    assert due is not None  # the caller has looked
    if at - due.at > policies.renewal_grace_ms:
        out.append((IGNORED, at, 1, ("renewed_after_grace",), (), 1))
    else:
        out.append((RENEWAL, due.at, min(one.price or 0, due.price), ("renewed",), due.labels, 1))


def _cancelled(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    one = _running(rel, fact.data, fact.at, out)
    held = SLOT.of(rel)
    if one is None or held is None:
        return
    revenue.reprice(held, one, 0, fact.at, out)
    revenue.count_as(one, None, fact.at, out)
    one.ended_at, one.early = fact.at, None


def _running(rel: Relationship, data: Any, at: int, out: list[Emission]) -> Subscription | None:
    held = SLOT.of(rel)
    one = held.known.get(data.subscription_id) if held is not None else None
    if one is None or one.ended_at is not None:
        out.append((IGNORED, at, 1, ("never_started" if one is None else "had_ended_before",), (), 1))
        return None
    return one


def _relabelled(rel: Relationship, _fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Move the subscriptions of a customer whose segment or tier has changed."""
    held = SLOT.of(rel)
    for one in held.known.values() if held is not None else ():
        revenue.relabel(rel, one, out)


_HANDLES: dict[str, Handler] = {
    "subscription.started": _started,
    "subscription.changed": _changed,
    "subscription.renewal_due": _due,
    "subscription.renewed": _renewed,
    "subscription.cancelled": _cancelled,
    "customer.created": _relabelled,
    "lead.created": _relabelled,
}

PART = Part(
    "subscription",
    _HANDLES,
    revenue.standing,
    (*revenue.MEASURES, RENEWAL, IGNORED),
    areas=frozenset({"value", "sales"}),
    moved_by=frozenset({"relationship.merged"}),
    absorb=absorb,
    forget=revenue.forget,
)
