"""The touch: which campaigns somebody met, what that led to, and which one of them gets the credit.

A touch is something that a person did, or that a human did with the person, and that names a campaign. A bulk mail
that was sent, or that a mail program opened, is none; a click in it is. Credit is whole and goes to one campaign.
"""

from __future__ import annotations

import msgspec

from stream_app.journeys import touch_retention
from stream_app.journeys.part import Emission, Fact, Handler, Labels, Part
from stream_app.journeys.state import Lead, Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

_NAME = "touch"
_BY = ("campaign", "channel")
KEPT = 64
"""Changes from one campaign to another that are remembered within the window; the second oldest makes room."""
_REFERRAL = "referral"
"""The channel of a referral, which names none."""
CREDITED, UNATTRIBUTED = "credited", "unattributed"

PAGE_VIEWS = Measure("page_views", Kind.COUNT, "1", "Pages that somebody known looked at.", by=_BY)
RESPONSES = Measure("campaign_responses", Kind.COUNT, "1", "What somebody did in answer to a campaign.", by=_BY)
CUSTOMERS = Measure(
    "campaign_customers", Kind.COUNT, "1", "New customers, credited to a campaign or to none.", by=_BY, dims=("credit",)
)
REFERRALS = Measure(
    "campaign_referrals", Kind.COUNT, "1", "Referrals, credited to a campaign or to none.", by=_BY, dims=("credit",)
)
ACQUIRED = Measure(
    "customers_acquired", Kind.COUNT, "1", "New customers, by whether a campaign was their first touch.",
    by=("channel",), dims=("origin",),
)  # fmt: skip


class Run(msgspec.Struct, array_like=True, gc=False):
    """Touches of one campaign in a row: of these, the latest says all that any window asks."""

    campaign: str
    channel: str | None
    until: int


class Touches(msgspec.Struct, array_like=True, gc=False):
    """The touches of one relationship."""

    began_at: int  # the first touch, with or without a campaign
    originated: bool  # a campaign was the first touch
    runs: list[Run] = []  # those in the window, in order of time


SLOT = Slot(_NAME, Touches)
_RETURNED = Slot("returned", bool)


def returned(rel: Relationship) -> bool:
    """Tell whether the first that is known of a customer is that it came back: it was acquired before our time."""
    return "returned" in rel.held


def credited(rel: Relationship, at: int, policies: Policies) -> Run | None:
    """Return the touch that gets the credit for what happens at *at* (ms); ``None`` when no campaign does."""
    touches = SLOT.of(rel)
    if touches is None:
        return None
    horizon = at - policies.attribution.window_ms
    inside = [run for run in touches.runs if run.until >= horizon]
    if not inside:
        return None
    return inside[0] if policies.attribution.credit == "first" else inside[-1]


def labels(run: Run | None, channel: str | None) -> tuple[str, Labels]:
    """Return how a credit is counted: credited or unattributed, and under which campaign and channel.

    Where the touch has no *channel*, it is that of the relationship.
    """
    if run is None:
        return UNATTRIBUTED, (None, channel)
    return CREDITED, (run.campaign, run.channel or channel)


def _note(
    rel: Relationship, at: int, campaign: str | None, channel: str | None, policies: Policies, out: list[Emission]
) -> None:
    """Remember a touch; of one without a campaign only that it was the first, where no lead says so."""
    began = _first_inquiry(rel.lead)
    if campaign is None:
        if began is None and _NAME not in rel.held:
            SLOT.put(rel, Touches(at, originated=False))
        return
    touches = SLOT.of(rel)
    if touches is None:
        touches = SLOT.put(rel, Touches(at if began is None else began, originated=began is None))
    last = touches.runs[-1] if touches.runs else None
    if last is not None and last.campaign == campaign and channel in (None, last.channel):
        last.until = at
    else:
        horizon = at - policies.attribution.window_ms
        touches.runs = [run for run in touches.runs if run.until >= horizon]
        touches.runs.append(Run(campaign, channel, at))
        if len(touches.runs) > KEPT:
            del touches.runs[1]
    touch_retention.touched(rel, campaign, out)


def _first_inquiry(lead: Lead | None) -> int | None:
    return lead.created_at if lead is not None and lead.arrived else None


def _respond(rel: Relationship, fact: Fact, channel: str | None, policies: Policies, out: list[Emission]) -> None:
    """Note a touch that the person made: where it names a campaign, it is a response to that."""
    campaign = fact.data.campaign_id
    _note(rel, fact.at, campaign, channel, policies, out)
    if campaign is not None:
        out.append((RESPONSES, fact.at, 1, (), (campaign, channel or rel.channel), 1))


def _lead(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    if fact.data.campaign_id is not None:  # without one, the lead itself tells that it came first
        _respond(rel, fact, fact.data.channel, policies, out)


def _interaction(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    if data.automated or data.internal:
        return
    if data.direction == "in" or data.two_way:
        _respond(rel, fact, data.medium, policies, out)
    else:
        _note(rel, fact.at, data.campaign_id, data.medium, policies, out)


def _clicked(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    _respond(rel, fact, "email", policies, out)


def _viewed(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    _note(rel, fact.at, data.campaign_id, data.channel, policies, out)
    out.append((PAGE_VIEWS, fact.at, 1, (), (data.campaign_id, data.channel or rel.channel), 1))


def _subscribed(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    _respond(rel, fact, fact.data.channel, policies, out)


def _bought(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    _note(rel, fact.at, fact.data.campaign_id, fact.data.channel, policies, out)


def _referred(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    _note(rel, fact.at, fact.data.campaign_id, _REFERRAL, policies, out)
    credit, by = labels(credited(rel, fact.at, policies), rel.channel or _REFERRAL)
    out.append((REFERRALS, fact.at, 1, (credit,), by, 1))


def _customer(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    """Credit a new customer. This part folds before the one that makes the customer."""
    if rel.customer is not None:
        return
    channel = rel.channel or fact.data.channel
    credit, by = labels(credited(rel, fact.at, policies), channel)
    out.append((CUSTOMERS, fact.at, 1, (credit,), by, 1))
    touches = SLOT.of(rel)
    origin = "campaign" if touches is not None and touches.originated else "other"
    out.append((ACQUIRED, fact.at, 1, (origin,), (channel,), 1))


def _reactivated(rel: Relationship, _fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    if rel.customer is None:
        _RETURNED.put(rel, state=True)


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Bring in the touches of *gone*; the one of the two that was touched first says where both came from."""
    if returned(gone):
        _RETURNED.put(rel, state=True)
    mine, theirs = SLOT.of(rel), SLOT.of(gone)
    if theirs is None and mine is None:
        return
    inquiries = [at for at in (_first_inquiry(rel.lead), _first_inquiry(gone.lead)) if at is not None]
    known = [
        *(touches for touches in (mine, theirs) if touches is not None),
        *(Touches(at, originated=False) for at in inquiries),
    ]
    first = min(known, key=lambda touches: touches.began_at)
    runs = sorted((run for touches in known for run in touches.runs), key=lambda run: run.until)
    SLOT.put(rel, Touches(first.began_at, first.originated, [*runs[:1], *runs[1:][-(KEPT - 1) :]]))


HANDLES: dict[str, Handler] = {
    "lead.created": _lead,
    "interaction.logged": _interaction,
    "email.clicked": _clicked,
    "page.viewed": _viewed,
    "list.subscribed": _subscribed,
    "deal.opened": _bought,
    "order.placed": _bought,
    "customer.referred": _referred,
    "customer.created": _customer,
    "customer.reactivated": _reactivated,
}

PART = Part(
    _NAME,
    HANDLES,
    None,
    (PAGE_VIEWS, RESPONSES, CUSTOMERS, REFERRALS, ACQUIRED),
    areas=frozenset({"marketing"}),
    absorb=absorb,
)
