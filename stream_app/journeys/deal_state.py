"""The deals of one relationship: the open ones, and the latest ended ones, which may be opened again."""

from __future__ import annotations

import msgspec

from stream_app.journeys.bounded import forget_oldest
from stream_app.journeys.state import Relationship, Slot

MOST = 200
"""Deals remembered of one relationship; beyond, ended ones are forgotten first, the oldest first."""
MOST_ENDED = 20
"""Ended deals that are remembered, in case that they are opened again or corrected."""


class Ended(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How a deal ended, as it was counted: what to take back when it is opened again.

    Attributes:
        at: When, ms.
        outcome: ``won`` or ``lost``.
        amount: Minor units of the reporting currency; None where not known.
        cycle: From opening to end, ms; None where the opening is not known.
        new: Whether it is the first purchase of the relationship.
    """

    at: int
    outcome: str
    amount: int | None = None
    cycle: int | None = None
    team: str | None = None
    owner_id: str | None = None
    channel: str | None = None
    new: bool = False


class Deal(msgspec.Struct, array_like=True, gc=False):
    """One sale, from its opening to its end.

    The owner, team and channel of the relationship stand in for those that the deal does not have.
    """

    opened_at: int | None = None  # None: the source did not tell
    stage: str | None = None
    stage_at: int | None = None  # None: it is not known to have been open
    amount: int | None = None  # in minor units of the currency
    currency: str | None = None
    reported: int | None = None  # the same in the reporting currency
    expected: int | None = None  # and weighed by the probability of the stage
    owner_id: str | None = None
    team: str | None = None
    channel: str | None = None
    product: str | None = None
    campaign: str | None = None
    kind: str = "new"
    cohort: tuple[str | None, str | None, str | None] = (None, None, None)  # team, owner and channel at the opening
    ended: Ended | None = None
    imported: bool = False


class Deals(msgspec.Struct, array_like=True, gc=False):
    """The deals by id, in order of their first event."""

    known: dict[str, Deal] = {}
    disqualified: int | None = None  # when the lead was created that was last counted as disqualified


SLOT = Slot("deals", Deals)


def deal_of(rel: Relationship, deal_id: str) -> Deal | None:
    """Return a deal that is remembered."""
    deals = SLOT.of(rel)
    return deals.known.get(deal_id) if deals is not None else None


def remember(rel: Relationship, deal_id: str, deal: Deal) -> Deal:
    """Keep a new deal, making room for it."""
    deals = SLOT.of(rel) or SLOT.put(rel, Deals())
    deals.known[deal_id] = deal
    trim(deals)
    return deal


def owners(rel: Relationship, deal: Deal | None) -> tuple[str | None, str | None]:
    """Return the team and owner of a deal: its own, or those of the relationship."""
    if deal is None:
        return rel.team, rel.owner_id
    return deal.team or rel.team, deal.owner_id or rel.owner_id


def trim(deals: Deals) -> None:
    """Forget the oldest ended deals beyond what is kept, and then the oldest of all."""
    forget_oldest(deals.known, lambda deal: deal.ended.at if deal.ended else None, MOST_ENDED, MOST)


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in the deals of another relationship; of one that both know, the survivor's is kept."""
    theirs = SLOT.of(gone)
    if theirs is None:
        return
    ours = SLOT.of(rel) or SLOT.put(rel, Deals())
    ours.known = {**theirs.known, **ours.known}
    if ours.disqualified is None:
        ours.disqualified = theirs.disqualified
    trim(ours)
