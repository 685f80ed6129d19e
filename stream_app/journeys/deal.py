"""The deal: opened, moved through the stages of its pipeline, won or lost, and perhaps opened again.

Credit for the end of a deal goes to those who own it at that moment. What was counted is taken back when the deal
is opened again or its amount is corrected.
"""

from __future__ import annotations

from stream_app.journeys import deal_end, purchase
from stream_app.journeys.deal_end import IGNORED, MONEY
from stream_app.journeys.deal_state import SLOT, Deal, Deals, absorb, deal_of, owners, remember
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running
from stream_app.journeys.state import Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

CLOCK = "deal"
"""The open clocks of deals: each began when the deal entered its stage."""
BY_OWNER = ("team", "owner_id")
BY_STAGE = ("pipeline_stage", *BY_OWNER)
_BY = (*BY_OWNER, "channel")

OPENED = Measure("deals_opened", Kind.COUNT, "1", "Deals opened.", by=_BY)
PROPOSALS = Measure("proposals_sent", Kind.COUNT, "1", "Proposals sent.", by=BY_OWNER)
DISQUALIFIED = Measure("leads_disqualified", Kind.COUNT, "1", "Leads that were disqualified.", by=_BY)
PIPELINE = Measure("pipeline_amount", Kind.STOCK, MONEY, "Amount of the open deals.", by=BY_STAGE)
EXPECTED = Measure(
    "pipeline_weighted",
    Kind.STOCK,
    MONEY,
    "Amount of the open deals, each weighed by the probability of its stage.",
    by=BY_STAGE,
)


def _opened(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data, at = fact.data, fact.at
    if deal_of(rel, data.deal_id) is not None:
        # Told twice, or dated after a stage or its end: a second opening is no second deal.
        out.append((IGNORED, at, 1, ("opened_when_known",), (), 1))
        return
    deal = Deal(
        opened_at=at,
        stage=data.stage,
        stage_at=at,
        amount=data.amount,
        currency=data.currency,
        owner_id=data.owner_id,
        team=data.team,
        channel=data.channel or rel.channel,
        product=data.product,
        campaign=data.campaign_id or rel.campaign,
        kind=data.kind,
        imported=fact.imported,
    )
    deal.cohort = (*owners(rel, deal), deal.channel)
    deal_end.value(deal, at, policies)
    remember(rel, data.deal_id, deal)
    out.append((OPENED, at, 1, (), deal.cohort, 1))


def _stage_changed(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    data, at = fact.data, fact.at
    deal = deal_of(rel, data.deal_id)
    if deal is None:
        deal = Deal(channel=rel.channel, campaign=rel.campaign, imported=fact.imported)
        remember(rel, data.deal_id, deal)
    if deal.ended is not None:
        out.append((IGNORED, at, 1, ("moved_after_its_end",), (), 1))
        return
    deal.owner_id = data.owner_id or deal.owner_id
    deal.team = data.team or deal.team
    if data.amount is not None:
        deal.amount, deal.currency = data.amount, data.currency
    if data.stage != deal.stage:
        if deal.stage_at is not None:
            deal_end.visited(deal.stage, deal.stage_at, at, 1, out)
        deal.stage, deal.stage_at = data.stage, at
    deal_end.value(deal, at, policies)


def _proposal_sent(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    out.append((PROPOSALS, fact.at, 1, (), owners(rel, deal_of(rel, fact.data.deal_id)), 1))


def _disqualified(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Count each lead once, however often it is disqualified."""
    deals = SLOT.of(rel) or SLOT.put(rel, Deals())
    lead = rel.lead.created_at if rel.lead is not None else 0
    if deals.disqualified != lead:
        deals.disqualified = lead
        out.append((DISQUALIFIED, fact.at, 1, (), (rel.team, rel.owner_id, rel.channel), 1))


_HANDLES: dict[str, Handler] = {
    "deal.opened": _opened,
    "deal.stage_changed": _stage_changed,
    "deal.proposal_sent": _proposal_sent,
    "deal.won": deal_end.won,
    "deal.lost": deal_end.lost,
    "deal.reopened": deal_end.reopened,
    "lead.disqualified": _disqualified,
}


def _standing(rel: Relationship, stocks: list[Holding], clocks: list[Running]) -> None:
    """Hold the open deals: a clock for each, and their amounts."""
    deals = SLOT.of(rel)
    if deals is None or rel.merged:
        return
    for name, deal in deals.known.items():
        if deal.ended is not None or deal.stage_at is None:
            continue
        labels = (deal.stage, *owners(rel, deal))
        clocks.append((CLOCK, name, deal.stage_at, None, None, BY_STAGE, labels, None, deal.imported, False))
        if deal.reported:
            stocks.append((PIPELINE, 0, (), labels, deal.reported))
        if deal.expected:
            stocks.append((EXPECTED, 0, (), labels, deal.expected))


PART = Part(
    "deal",
    _HANDLES,
    _standing,
    (OPENED, PROPOSALS, DISQUALIFIED, PIPELINE, EXPECTED, purchase.REVENUE, purchase.IGNORED, *deal_end.MEASURES),
    areas=purchase.COUNTING,
    # Deals without an owner are held by that of the relationship, and none once it is merged.
    moved_by=frozenset({"customer.created", "lead.created", "lead.assigned", "relationship.merged"}),
    absorb=absorb,
)
