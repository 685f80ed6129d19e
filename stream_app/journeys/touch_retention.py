"""Retention by touch: who stays a customer among those whom a campaign has touched, and among all others.

A customer is in one of the two groups for good: when a campaign touches somebody for the first time, what was
counted among the untouched moves over. The campaign is that of the first touch, so nobody is counted twice.
"""

from __future__ import annotations

from stream_app.journeys.part import Emission, Fact, Handler, Holding, Labels, Part, Running
from stream_app.journeys.state import Customer, Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

KEPT = 16
"""Times that one customer left or came back which are remembered; the oldest make room."""
YES, NO = "yes", "no"
GAINED, LOST, LOST_OF_JOINERS, FORGOTTEN = "gained", "lost", "lost_of_joiners", "forgotten"

ACTIVE = Measure(
    "customers_by_touch", Kind.STOCK, "1", "Active customers, by whether a campaign has touched them.",
    by=("campaign",), dims=("touched",), bucket="none",
)  # fmt: skip
FLOW = Measure(
    "customers_moved_by_touch", Kind.COUNT, "1",
    "Customers gained and lost, by whether a campaign has touched them; and those lost or erased, when they had been "
    "gained.",
    by=("campaign",), dims=("touched", "flow"),
)  # fmt: skip

_TOUCHED = Slot("touched", str)
_MOVES = Slot("moves", list[tuple[int, str]])


def touched(rel: Relationship, campaign: str, out: list[Emission]) -> None:
    """Note that *campaign* touches the relationship: the first one takes what was counted as untouched."""
    if "touched" in rel.held:
        return
    if rel.customer is not None:
        for at, flow in ((rel.customer.created_at, GAINED), *(_MOVES.of(rel) or ())):
            out.append((FLOW, at, 1, (NO, flow), (None,), -1))
            out.append((FLOW, at, 1, (YES, flow), (campaign,), 1))
    _TOUCHED.put(rel, campaign)


def _group(rel: Relationship) -> tuple[str, Labels]:
    campaign = _TOUCHED.of(rel)
    return (NO, (None,)) if campaign is None else (YES, (campaign,))


def _gained(rel: Relationship, at: int, out: list[Emission]) -> None:
    group, by = _group(rel)
    out.append((FLOW, at, 1, (group, GAINED), by, 1))


def _remember(rel: Relationship, *moves: tuple[int, str]) -> None:
    _MOVES.put(rel, [*(_MOVES.of(rel) or ()), *moves][-KEPT:])


def _created(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    if rel.customer is None:
        _gained(rel, fact.at, out)


def _since(rel: Relationship, customer: Customer) -> int:
    return max((at for at, flow in _MOVES.of(rel) or () if flow == GAINED), default=customer.created_at)


def _churned(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    customer = rel.customer
    if customer is None or not customer.active:
        return
    group, by = _group(rel)
    since = _since(rel, customer)
    out.append((FLOW, fact.at, 1, (group, LOST), by, 1))
    out.append((FLOW, since, 1, (group, LOST_OF_JOINERS), by, 1))
    _remember(rel, (fact.at, LOST), (since, LOST_OF_JOINERS))


def _reactivated(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    if rel.customer is None:
        _gained(rel, fact.at, out)
    elif not rel.customer.active:
        _gained(rel, fact.at, out)
        _remember(rel, (fact.at, GAINED))


def _standing(rel: Relationship, stocks: list[Holding], _clocks: list[Running]) -> None:
    """Hold the active customer in its group."""
    customer = rel.customer
    if customer is not None and customer.active and not rel.merged:
        group, by = _group(rel)
        stocks.append((ACTIVE, 0, (group,), by))


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in by which campaign *gone* was touched, where the survivor was not, and when it came and went."""
    campaign = _TOUCHED.of(gone)
    if campaign is not None and "touched" not in rel.held:
        _TOUCHED.put(rel, campaign)
    moves = sorted([*(_MOVES.of(rel) or ()), *(_MOVES.of(gone) or ())])
    if moves:
        _MOVES.put(rel, moves[-KEPT:])


def _forget(rel: Relationship, out: list[Emission]) -> None:
    """Say since when a customer who is erased had been one."""
    customer = rel.customer
    if customer is not None and customer.active and not rel.merged:
        group, by = _group(rel)
        out.append((FLOW, _since(rel, customer), 1, (group, FORGOTTEN), by, 1))


_HANDLES: dict[str, Handler] = {
    "customer.created": _created,
    "customer.churned": _churned,
    "customer.reactivated": _reactivated,
}

PART = Part(
    "touch_retention",
    _HANDLES,
    _standing,
    (ACTIVE, FLOW),
    areas=frozenset({"marketing"}),
    # The group follows from the first touch, which the part of the touches folds.
    moved_by=frozenset(
        {
            "lead.created",
            "interaction.logged",
            "email.clicked",
            "page.viewed",
            "list.subscribed",
            "deal.opened",
            "order.placed",
            "customer.referred",
            "relationship.merged",
        }
    ),
    absorb=absorb,
    forget=_forget,
)
