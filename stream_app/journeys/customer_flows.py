"""The coming and going of customers, so that every window knows whom it began with and who of them is still there."""

from __future__ import annotations

import msgspec

from stream_app.journeys.part import Emission, Fact, Handler, Holding, Labels, Part, Running
from stream_app.journeys.state import Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

_BY = ("segment", "tier", "channel")

ACTIVE = Measure(
    "customers_active", Kind.STOCK, "1", "Active customers, by the day on which they joined or came back.",
    by=_BY, bucket="d",
)  # fmt: skip
FLOW = Measure(
    "customer_flows", Kind.COUNT, "1",
    "Customers who joined (new), came back (reactivated) or left (lost), when they did; and who left or was erased, "
    "when they had joined or come back (lost_of_joiners, forgotten).",
    by=_BY, dims=("flow",),
)  # fmt: skip
ENDED = Measure("customer_stays_ended", Kind.STOCK, "1", "How often a customer left, ever.", by=_BY, bucket="none")
STAYED = Measure(
    "customer_stays_time", Kind.STOCK, "seconds", "How long customers who left had been customers, ever, added up.",
    by=_BY, bucket="none",
)  # fmt: skip
IGNORED = Measure(
    "customer_flows_ignored", Kind.COUNT, "1", "What is left out of the coming and going, by reason.", dims=("reason",)
)

NEW, REACTIVATED, LOST, LOST_OF_JOINERS = "new", "reactivated", "lost", "lost_of_joiners"
FORGOTTEN = "forgotten"
_MS = 1000


class Membership(msgspec.Struct, array_like=True, gc=False):
    """The stay as a customer, the current one or the last, and what the ended ones came to."""

    since: int
    flow: str  # how it began
    labels: Labels
    left: bool = False
    ended: int = 0
    stayed: int = 0  # seconds


SLOT: Slot[Membership] = Slot("membership", Membership)


def _labels(rel: Relationship) -> Labels:
    return (rel.segment, rel.tier, rel.channel)


def _began(member: Membership, weight: int, out: list[Emission]) -> None:
    """Count the beginning of a stay, or take it back with *weight* -1."""
    out.append((FLOW, member.since, 1, (member.flow,), member.labels, weight))


def _follow(rel: Relationship, fact: Fact, flow: str, out: list[Emission]) -> bool:
    """Bring the stay in line with the standing of the customer; return whether a stay began or ended."""
    customer, member, at = rel.customer, SLOT.of(rel), fact.at
    if customer is None or rel.merged:
        return False
    if member is None or member.left:
        if customer.active:
            ended, stayed = (member.ended, member.stayed) if member is not None else (0, 0)
            _began(SLOT.put(rel, Membership(at, flow, _labels(rel), ended=ended, stayed=stayed)), 1, out)
        return customer.active
    labels = member.labels
    if not customer.active:
        member.left = True
        out.append((FLOW, at, 1, (LOST,), labels, 1))
        out.append((FLOW, member.since, 1, (LOST_OF_JOINERS,), labels, 1))
        member.ended += 1
        member.stayed += (at - member.since) // _MS
        return True
    if labels != _labels(rel):  # a stay counts where the customer is now, from its beginning on
        _began(member, -1, out)
        member.labels = _labels(rel)
        _began(member, 1, out)
    return False


def _created(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    _follow(rel, fact, NEW, out)


def _reactivated(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    if not _follow(rel, fact, REACTIVATED, out):
        out.append((IGNORED, fact.at, 1, ("never_left",), (), 1))


def _churned(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    if not _follow(rel, fact, LOST, out):
        reason = "never_a_customer" if rel.customer is None else "had_left_before"
        out.append((IGNORED, fact.at, 1, (reason,), (), 1))


def _lead(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Move a customer who writes as a lead again to the channel and segment of that lead."""
    if rel.customer is not None:
        _follow(rel, fact, NEW, out)


_HANDLES: dict[str, Handler] = {
    "customer.created": _created,
    "customer.churned": _churned,
    "customer.reactivated": _reactivated,
    "lead.created": _lead,
}


def _standing(rel: Relationship, stocks: list[Holding], _clocks: list[Running]) -> None:
    member = SLOT.of(rel)
    if member is None or rel.merged:
        return
    if not member.left:
        stocks.append((ACTIVE, member.since, (), member.labels))
    if member.ended:
        stocks.append((ENDED, 0, (), member.labels, member.ended))
        stocks.append((STAYED, 0, (), member.labels, member.stayed))


def _absorb(rel: Relationship, gone: Relationship) -> None:
    """Keep the stay that goes on, of two the longer one, and the ended ones of both."""
    mine, theirs = SLOT.of(rel), SLOT.of(gone)
    if theirs is None:
        return
    kept = theirs if mine is None or (mine.left, mine.since) > (theirs.left, theirs.since) else mine
    if mine is not None:
        kept.ended, kept.stayed = mine.ended + theirs.ended, mine.stayed + theirs.stayed
    SLOT.put(rel, kept)


def _forget(rel: Relationship, out: list[Emission]) -> None:
    """Say since when an erased customer had been one: nobody knows any more that it was there."""
    member = SLOT.of(rel)
    if member is not None and not member.left:
        out.append((FLOW, member.since, 1, (FORGOTTEN,), member.labels, 1))


PART = Part(
    "customer_flows",
    _HANDLES,
    _standing,
    (ACTIVE, FLOW, ENDED, STAYED, IGNORED),
    areas=frozenset({"value", "sales"}),
    moved_by=frozenset({"relationship.merged"}),
    absorb=_absorb,
    forget=_forget,
)
