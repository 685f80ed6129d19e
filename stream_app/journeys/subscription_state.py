"""The subscriptions of one relationship: their terms, what they are counted as, and what may still be renewed."""

from __future__ import annotations

import msgspec

from stream_app.journeys.bounded import forget_oldest
from stream_app.journeys.part import Labels
from stream_app.journeys.state import Relationship, Slot

MOST = 500
"""Subscriptions remembered of one relationship; beyond, the oldest are forgotten, ended ones first."""
MOST_ENDED = 20
"""Ended subscriptions that are remembered, in case that they begin again or are renewed late."""
MOST_MOVES = 40
"""Movements of one subscription that follow it to another plan or segment; older ones stay where they were counted."""

MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""How many months the price of a period pays for."""


class Move(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One change of what is paid a month: when, since when its customer had been paying, which sort, how much."""

    at: int
    since: int
    movement: str
    amount: int


class Stay(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a subscription is counted as: a trial or paid for, since when, and how that began."""

    kind: str
    since: int
    flow: str


class Due(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A renewal that is due: when, for how much (minor units of the reporting currency), and where it counts."""

    at: int
    price: int
    labels: Labels


class Subscription(msgspec.Struct, array_like=True, gc=False):
    """What a customer pays for again and again, from its start until it is cancelled."""

    plan: str | None = None
    tier: str | None = None
    amount: int | None = None  # of one period, in minor units of the currency
    currency: str | None = None
    period: str = "month"
    price: int | None = None  # the amount in the reporting currency; None where not known
    monthly: int = 0  # what it adds to recurring revenue now: 0 during a trial and after the end
    labels: Labels = (None, None, None)  # segment, tier and plan that it counts under
    stay: Stay | None = None  # None after the end
    kinds: tuple[str, ...] = ()  # what it has been counted as before
    moves: list[Move] = []
    due: Due | None = None
    early: int | None = None  # renewed before it was due
    ended_at: int | None = None


class Subscriptions(msgspec.Struct, array_like=True, gc=False):
    """All subscriptions by id, and since when the relationship has been paying for any."""

    known: dict[str, Subscription] = {}
    paying_since: int | None = None
    has_paid: bool = False
    earned_from: int = 0  # changes of the monthly amounts times their moments (s): what has been earned follows


SLOT: Slot[Subscriptions] = Slot("subscriptions", Subscriptions)


def remember(rel: Relationship, subscription_id: str, subscription: Subscription) -> Subscription:
    """Keep a new subscription, making room for it."""
    held = SLOT.of(rel) or SLOT.put(rel, Subscriptions())
    held.known[subscription_id] = subscription
    trim(held)
    return subscription


def trim(held: Subscriptions) -> None:
    """Forget the oldest ended subscriptions beyond what is kept, and then the oldest of all."""
    forget_oldest(held.known, lambda one: one.ended_at, MOST_ENDED, MOST)


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in the subscriptions of another relationship; of one that both know, the survivor's is kept."""
    theirs = SLOT.of(gone)
    if theirs is None:
        return
    ours = SLOT.of(rel) or SLOT.put(rel, Subscriptions())
    ours.known = {**theirs.known, **ours.known}
    since = [one for one in (ours.paying_since, theirs.paying_since) if one is not None]
    ours.paying_since = min(since) if since else None
    ours.has_paid = ours.has_paid or theirs.has_paid
    ours.earned_from += theirs.earned_from
    trim(ours)
