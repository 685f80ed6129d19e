"""The conversation: tries, replies, the last contact that went both ways, and who stopped answering."""

from __future__ import annotations

from typing import Any

from stream_app.journeys import contact_merge
from stream_app.journeys import contact_outreach as outreach
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Labels, Part, Running
from stream_app.journeys.state import Attempt, Contact, Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

_CUSTOMER = ("segment", "tier", "owner_id")
LAST_ATTEMPT_SHOWN = 6

ACTIONS = Measure("outreach_actions", Kind.COUNT, "1", "Human outbound actions.", by=("medium", "team", "campaign"))
INQUIRIES = Measure(
    "inquiries_inbound", Kind.COUNT, "1", "Times that somebody contacted us, and not in reply to an attempt of ours.",
    by=("channel", "campaign"),
)  # fmt: skip
ENGAGEMENTS = Measure("engagements", Kind.COUNT, "1", "Contacts that went both ways.", by=("medium", "team"))
ATTEMPTS = Measure(
    "attempts", Kind.COUNT, "1", "Outbound attempts by their number since the last reply.",
    by=("medium",), dims=("attempt",),
)  # fmt: skip
ANSWERED = Measure(
    "attempts_answered", Kind.COUNT, "1", "Attempts that got a reply within the horizon, at the time of the attempt.",
    by=("medium",), dims=("attempt",),
)  # fmt: skip
TRIES_TO_REPLY = Measure(
    "tries_to_reply", Kind.HISTOGRAM, "1", "Human outbound tries before the first contact that went both ways.",
    by=("channel",),
)  # fmt: skip
TRIES_TO_PURCHASE = Measure(
    "tries_to_purchase", Kind.HISTOGRAM, "1", "Human outbound tries before the first order or won deal.",
    by=("channel",),
)  # fmt: skip
OPT_OUTS = Measure(
    "opt_outs", Kind.COUNT, "1", "Unsubscribes and blocks.", by=("channel", "campaign", "reason"), dims=("kind",)
)
REFERRALS = Measure("referrals", Kind.COUNT, "1", "Customers who were referred by another.", by=("campaign",))
IGNORED = Measure(
    "outreach_ignored", Kind.COUNT, "1", "Interactions that relationship KPIs leave out, by reason.", dims=("reason",)
)
CUSTOMERS = Measure("customers", Kind.STOCK, "1", "Active customers.", by=_CUSTOMER, bucket="none")
CONTACTED = Measure(
    "customers_contacted", Kind.STOCK, "1", "Active customers by the hour of their last two-way contact.",
    by=_CUSTOMER, bucket="h",
)  # fmt: skip
UNRESPONSIVE = Measure(
    "unresponsive", Kind.STOCK, "1", "Relationships tried often enough without an answer.",
    by=("team", "owner_id"), bucket="none",
)  # fmt: skip


def _interaction(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    if data.automated or data.internal:
        out.append((IGNORED, fact.at, 1, ("automated" if data.automated else "internal",), (), 1))
        return
    contact = rel.contact
    if contact is None:
        contact = rel.contact = Contact()
    if data.direction == "out":
        _attempt(rel, contact, fact, policies, out)
        if data.two_way:
            _engage(rel, contact, fact, policies, out)
        return
    if not _in_reach(contact, fact.at, policies):
        outreach.act(rel, None, data.campaign_id, fact.at, policies, out)
        out.append((INQUIRIES, fact.at, 1, (), (rel.channel, data.campaign_id or rel.campaign), 1))
        if not data.two_way:
            _answered(contact)  # too late for a reply, but no silence either
            return
    _engage(rel, contact, fact, policies, out)


def _in_reach(contact: Contact, at: int, policies: Policies) -> bool:
    return bool(contact.pending) and at - contact.pending[-1].at <= policies.reply_horizon_ms


def _attempt(rel: Relationship, contact: Contact, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data, at = fact.data, fact.at
    contact.tries += 1
    contact.tries_ever += 1
    contact.silent = contact.tries >= policies.unresponsive_after
    number = min(contact.tries, LAST_ATTEMPT_SHOWN)
    horizon = at - policies.reply_horizon_ms
    contact.pending = [earlier for earlier in contact.pending if earlier.at >= horizon][-1:]
    contact.pending.append(Attempt(at, number, data.medium, data.campaign_id))
    out.append((ACTIONS, at, 1, (), (data.medium, data.team or rel.team, data.campaign_id), 1))
    out.append((ATTEMPTS, at, 1, (attempt_name(number),), (data.medium,), 1))


def _engage(rel: Relationship, contact: Contact, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data, at = fact.data, fact.at
    out.append((ENGAGEMENTS, at, 1, (), (data.medium, data.team or rel.team), 1))
    if _in_reach(contact, at, policies):
        attempt = contact.pending[-1]
        outreach.led(attempt, out)
        out.append((ANSWERED, attempt.at, 1, (attempt_name(attempt.number),), (attempt.medium,), 1))
    _answered(contact)
    if contact.last_two_way is None or at > contact.last_two_way:
        contact.last_two_way = at
    if not contact.first_two_way_done:
        contact.first_two_way_done = True
        if contact.tries_ever:
            out.append((TRIES_TO_REPLY, at, contact.tries_ever, (), (rel.channel,), 1))
        else:
            out.append((IGNORED, at, 1, ("contacted_us_first",), (), 1))


def _answered(contact: Contact) -> None:
    contact.pending = []
    contact.tries = 0
    contact.silent = False


def attempt_name(number: int) -> str:
    """Return the label of an attempt: ``1`` to ``5``, then ``6+``."""
    return f"{number}+" if number >= LAST_ATTEMPT_SHOWN else str(number)


def _ordered(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    _purchased(rel, fact.at, data.campaign_id, policies, out, of_deal=data.deal_id is not None)


def _won(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    _purchased(rel, fact.at, None, policies, out)


def _purchased(
    rel: Relationship, at: int, campaign: str | None, policies: Policies, out: list[Emission], *, of_deal: bool = False
) -> None:
    contact = rel.contact
    if contact is None:
        contact = rel.contact = Contact()
    if not of_deal:  # a deal leads to one purchase, when it is won
        attempt = contact.pending[-1] if _in_reach(contact, at, policies) else None
        outreach.act(rel, attempt, campaign, at, policies, out)
    if not contact.purchased:
        contact.purchased = True
        out.append((TRIES_TO_PURCHASE, at, contact.tries_ever, (), (rel.channel,), 1))


def _referred(_rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    out.append((REFERRALS, fact.at, 1, (), (fact.data.campaign_id,), 1))


def _unsubscribed(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    out.append((OPT_OUTS, fact.at, 1, ("unsubscribed",), _opt_out(rel, fact.data), 1))


def _blocked(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    out.append((OPT_OUTS, fact.at, 1, ("blocked",), _opt_out(rel, fact.data), 1))


def _opt_out(rel: Relationship, data: Any) -> Labels:
    return (data.channel or rel.channel, data.campaign_id or rel.campaign, data.reason)


_HANDLES: dict[str, Handler] = {
    "interaction.logged": _interaction,
    "order.placed": _ordered,
    "deal.won": _won,
    "customer.referred": _referred,
    "list.unsubscribed": _unsubscribed,
    "list.blocked": _blocked,
}


def _standing(rel: Relationship, stocks: list[Holding], _clocks: list[Running]) -> None:
    """Hold the customer, its last two-way contact and, if so, its silence."""
    if rel.merged:
        return
    contact, customer = rel.contact, rel.customer
    if customer is not None and customer.active:
        labels = (rel.segment, rel.tier, rel.owner_id)
        stocks.append((CUSTOMERS, 0, (), labels))
        if contact is not None and contact.last_two_way is not None:
            stocks.append((CONTACTED, contact.last_two_way, (), labels))
    if contact is not None and contact.silent and not (customer and not customer.active):
        stocks.append((UNRESPONSIVE, 0, (), (rel.team, rel.owner_id)))


PART = Part(
    "contact",
    _HANDLES,
    _standing,
    (
        ACTIONS,
        ENGAGEMENTS,
        ATTEMPTS,
        ANSWERED,
        TRIES_TO_REPLY,
        TRIES_TO_PURCHASE,
        OPT_OUTS,
        REFERRALS,
        IGNORED,
        CUSTOMERS,
        CONTACTED,
        UNRESPONSIVE,
        INQUIRIES,
    ),
    areas=frozenset({"relationship", "funnel"}),
    # It is held under labels of the relationship, by customers alone, and until the relationship is merged.
    moved_by=frozenset(
        {
            "customer.created",
            "customer.churned",
            "customer.reactivated",
            "lead.created",
            "lead.assigned",
            "relationship.merged",
        }
    ),
    absorb=contact_merge.absorb,
)
