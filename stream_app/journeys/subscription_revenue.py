"""What subscriptions bring in every month, and how that moves: new, expansion, contraction, churn, reactivation.

The sort of a movement is that of the customer: a second subscription is an expansion, the loss of one of two a
contraction, and only the last one's is churn. What stood before, and the movements, give what stands now.
"""

from __future__ import annotations

from stream_app.journeys.part import Emission, Holding, Labels, Running
from stream_app.journeys.state import Relationship
from stream_app.journeys.subscription_state import MOST_MOVES, SLOT, Move, Stay, Subscription, Subscriptions
from stream_app.measures.measure import Kind, Measure

BY = ("segment", "tier", "plan")
MINOR = "minor units of the reporting currency"

RECURRING = Measure(
    "recurring_revenue", Kind.STOCK, MINOR, "What running subscriptions bring in each month.", by=BY, bucket="none"
)
MOVEMENT = Measure(
    "recurring_revenue_movement", Kind.SUM, MINOR,
    "Changes of recurring revenue when they happened, losses below 0, by sort; and again, as ..._of_joiners, when "
    "their customer had begun to pay.",
    by=BY, dims=("movement",),
)  # fmt: skip
RUNNING = Measure("subscriptions_running", Kind.STOCK, "1", "Running subscriptions.", by=BY, dims=("kind",))
FLOW = Measure(
    "subscription_flows", Kind.COUNT, "1",
    "Subscriptions that began (new), began again (reactivated) or ended (lost), when they did; and that ended, when "
    "they had begun (lost_of_joiners). A trial that is paid for ends as one (converted).",
    by=BY, dims=("kind", "flow"),
)  # fmt: skip
PAYING = Measure(
    "recurring_revenue_by_customer", Kind.STOCK, MINOR, "What subscriptions bring in each month, by customer.",
    by=("segment", "channel"), bucket="none",
)  # fmt: skip
EARNED_FROM = Measure(
    "recurring_revenue_earned_from", Kind.STOCK, "minor units of the reporting currency a month, times seconds",
    "Changes of recurring revenue times their moments (s): with now times what stands, what has been earned.",
    by=("segment", "channel"), bucket="none",
)  # fmt: skip

NEW, EXPANSION, CONTRACTION, CHURN, REACTIVATION = "new", "expansion", "contraction", "churn", "reactivation"
MOVED = (EXPANSION, CONTRACTION, CHURN)
"""Movements of those who paid already, when a window began or not."""
OF_JOINERS = "_of_joiners"
FORGOTTEN = "forgotten"
"""What erased subscriptions that still ran had begun with, and how they had moved: dated as it was counted."""
PAID, TRIAL = "paid", "trial"
CONVERTED = "converted"
_SECOND = 1000


def labels_of(rel: Relationship, one: Subscription) -> Labels:
    """Return what a subscription counts under: its own tier, or that of the customer."""
    return (rel.segment, one.tier or rel.tier, one.plan)


def reprice(held: Subscriptions, one: Subscription, monthly: int, at: int, out: list[Emission]) -> None:
    """Let a subscription bring in *monthly* from *at* on, and count the movement."""
    amount = monthly - one.monthly
    if not amount:
        return
    before = sum(other.monthly for other in held.known.values())
    one.monthly = monthly
    since = at if held.paying_since is None else held.paying_since
    if not before:
        movement = REACTIVATION if held.has_paid else NEW
        since = held.paying_since = at
        held.has_paid = True
    elif before + amount:
        movement = EXPANSION if amount > 0 else CONTRACTION
    else:
        movement = CHURN
        held.paying_since = None
    held.earned_from += amount * (at // _SECOND)
    move = Move(at, since, movement, amount)
    one.moves = [*one.moves, move][-MOST_MOVES:]
    _count_move(move, one.labels, 1, out)


def _count_move(move: Move, labels: Labels, weight: int, out: list[Emission]) -> None:
    out.append((MOVEMENT, move.at, move.amount, (move.movement,), labels, weight))
    if move.movement in MOVED:
        out.append((MOVEMENT, move.since, move.amount, (move.movement + OF_JOINERS,), labels, weight))


def count_as(one: Subscription, kind: str | None, at: int, out: list[Emission]) -> None:
    """Count a subscription as a trial or as paid for from *at* on; None: it has ended."""
    stay = one.stay
    if stay is not None:
        if stay.kind == kind:
            return
        how = CONVERTED if kind == PAID else "lost"
        out.append((FLOW, at, 1, (stay.kind, how), one.labels, 1))
        out.append((FLOW, stay.since, 1, (stay.kind, how + OF_JOINERS), one.labels, 1))
        one.stay = None
    if kind is not None:
        one.stay = Stay(kind, at, "reactivated" if kind in one.kinds else "new")
        one.kinds = tuple(sorted({*one.kinds, kind}))
        _count_stay(one.stay, one.labels, 1, out)


def _count_stay(stay: Stay, labels: Labels, weight: int, out: list[Emission]) -> None:
    out.append((FLOW, stay.since, 1, (stay.kind, stay.flow), labels, weight))


def relabel(rel: Relationship, one: Subscription, out: list[Emission]) -> None:
    """Move a subscription, and what was counted of it, to the segment, tier and plan that it has now."""
    before, now = one.labels, labels_of(rel, one)
    if before == now:
        return
    one.labels = now
    for labels, weight in ((before, -1), (now, 1)):
        for move in one.moves:
            _count_move(move, labels, weight, out)
        if one.stay is not None:
            _count_stay(one.stay, labels, weight, out)


def forget(rel: Relationship, out: list[Emission]) -> None:
    """Take running subscriptions that are erased out of what windows began with; what was counted stays counted."""
    held = SLOT.of(rel)
    for one in held.known.values() if held is not None else ():
        if one.stay is None:
            continue
        out.append((FLOW, one.stay.since, 1, (one.stay.kind, FORGOTTEN), one.labels, 1))
        for move in one.moves:
            out.append((MOVEMENT, move.at, move.amount, (FORGOTTEN,), one.labels, 1))
            if move.movement in MOVED:  # as if of somebody who had only just begun to pay: no window's loss
                dims = (move.movement + OF_JOINERS,)
                out.append((MOVEMENT, move.since, move.amount, dims, one.labels, -1))
                out.append((MOVEMENT, move.at, move.amount, dims, one.labels, 1))


def standing(rel: Relationship, stocks: list[Holding], _clocks: list[Running]) -> None:
    """Hold what runs and what it brings in."""
    held = SLOT.of(rel)
    if held is None or rel.merged:
        return
    total = 0
    for one in held.known.values():
        if one.monthly:
            total += one.monthly
            stocks.append((RECURRING, 0, (), one.labels, one.monthly))
        if one.stay is not None:
            stocks.append((RUNNING, 0, (one.stay.kind,), one.labels))
    if total:
        stocks.append((PAYING, 0, (), (rel.segment, rel.channel), total))
    if held.earned_from:
        stocks.append((EARNED_FROM, 0, (), (rel.segment, rel.channel), held.earned_from))


MEASURES = (RECURRING, MOVEMENT, RUNNING, FLOW, PAYING, EARNED_FROM)
