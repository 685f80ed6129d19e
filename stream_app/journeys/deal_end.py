"""How a deal ends: won or lost, corrected later, or opened again, which takes back all that was counted."""

from __future__ import annotations

import msgspec

from stream_app.journeys import purchase
from stream_app.journeys.deal_state import Deal, Ended, deal_of, owners, remember
from stream_app.journeys.part import Emission, Fact
from stream_app.journeys.purchase import Earning, Purchases
from stream_app.journeys.state import Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

MONEY = "minor units of the reporting currency"
SOLD_BY = ("team", "channel", "product")
RENEWAL = "renewal"

ENDED = Measure(
    "deals_ended",
    Kind.COUNT,
    "1",
    "Deals won and lost, at their end.",
    by=("team", "owner_id", "channel"),
    dims=("outcome",),
)
COHORT = Measure(
    "deals_won_cohort",
    Kind.COUNT,
    "1",
    "Deals won, at the time of their opening and for those who owned them then.",
    by=("team", "owner_id", "channel"),
)
CYCLE = Measure(
    "deal_cycle", Kind.HISTOGRAM, "seconds", "Time from opening to end.", by=("team", "product"), dims=("outcome",)
)
SIZE = Measure("deal_size", Kind.HISTOGRAM, MONEY, "Amount of won deals.", by=SOLD_BY)
NEW = Measure("deal_revenue_new", Kind.SUM, MONEY, "Amount of won deals that are no renewals.", by=SOLD_BY)
VISIT = Measure(
    "deal_stage",
    Kind.HISTOGRAM,
    "seconds",
    "Time that deals spent in a stage, at the time of entering it.",
    by=("pipeline_stage",),
    dims=("fate",),
)
IGNORED = Measure("deals_ignored", Kind.COUNT, "1", "Deal events left out, by reason.", dims=("reason",))
MEASURES = (ENDED, COHORT, CYCLE, SIZE, NEW, VISIT, IGNORED)


def visited(stage: str | None, since: int, at: int, weight: int, out: list[Emission]) -> None:
    """Count a visit of a stage that is over, or take it back: the deal never left."""
    out.append((VISIT, since, at - since, ("left",), (stage,), weight))


def won(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    """Count a deal as won; a second time, with another amount, corrects the first."""
    data, at = fact.data, fact.at
    purchases, deal = _begin(rel, fact)
    if data.amount is not None:
        deal.amount, deal.currency = data.amount, data.currency
    ended = deal.ended
    if ended is not None and ended.outcome == "won":
        amount = _amount(deal, ended.at, policies)
        if amount != ended.amount:
            _count(data.deal_id, deal, -1, purchases, out)
            deal.ended = msgspec.structs.replace(ended, amount=amount)
            _count(data.deal_id, deal, 1, purchases, out)
        return
    if ended is not None:
        _undo(data.deal_id, deal, purchases, out)
    new = purchase.is_first(purchases, "deal", data.deal_id)
    _end(rel, data.deal_id, deal, Ended(at, "won", _amount(deal, at, policies), new=new), purchases, out)


def lost(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Count a deal as lost."""
    purchases, deal = _begin(rel, fact)
    if deal.ended is not None:
        if deal.ended.outcome == "lost":
            return
        _undo(fact.data.deal_id, deal, purchases, out)
    _end(rel, fact.data.deal_id, deal, Ended(fact.at, "lost"), purchases, out)


def reopened(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    """Take back the end of a deal: it goes on in the stage that it was in, as if it had never left."""
    purchases = purchase.begin(rel)
    deal = deal_of(rel, fact.data.deal_id)
    if deal is None or deal.ended is None:
        reason = "unknown_deal_reopened" if deal is None else "open_deal_reopened"
        out.append((IGNORED, fact.at, 1, (reason,), (), 1))
        return
    _undo(fact.data.deal_id, deal, purchases, out)
    value(deal, fact.at, policies)


def value(deal: Deal, at: int, policies: Policies) -> None:
    """Say what an open deal is worth, by the rate of the day *at* (ms) and the probability of its stage."""
    deal.reported = _amount(deal, at, policies)
    share = policies.stage_probabilities.get(deal.stage) if deal.stage is not None else None
    deal.expected = None if share is None or deal.reported is None else round(deal.reported * share)


def _amount(deal: Deal, at: int, policies: Policies) -> int | None:
    return None if deal.amount is None else policies.money.reported(deal.amount, deal.currency, at)


def _begin(rel: Relationship, fact: Fact) -> tuple[Purchases, Deal]:
    deal = deal_of(rel, fact.data.deal_id)
    if deal is None:
        deal = Deal(channel=rel.channel, campaign=rel.campaign, imported=fact.imported)
        remember(rel, fact.data.deal_id, deal)
    return purchase.begin(rel), deal


def _end(rel: Relationship, deal_id: str, deal: Deal, ended: Ended, purchases: Purchases, out: list[Emission]) -> None:
    """End an open deal, to the credit of those who own it now."""
    team, owner_id = owners(rel, deal)
    cycle = None if deal.opened_at is None else ended.at - deal.opened_at
    deal.ended = msgspec.structs.replace(ended, team=team, owner_id=owner_id, channel=deal.channel, cycle=cycle)
    _count(deal_id, deal, 1, purchases, out)


def _undo(deal_id: str, deal: Deal, purchases: Purchases, out: list[Emission]) -> None:
    _count(deal_id, deal, -1, purchases, out)
    deal.ended = None


def _count(deal_id: str, deal: Deal, weight: int, purchases: Purchases, out: list[Emission]) -> None:
    """Publish the end of a deal, or take it back (*weight* -1)."""
    ended = deal.ended
    assert ended is not None  # the callers have seen to it
    at, outcome, amount = ended.at, ended.outcome, ended.amount
    out.append((ENDED, at, 1, (outcome,), (ended.team, ended.owner_id, ended.channel), weight))
    if deal.stage_at is not None:
        visited(deal.stage, deal.stage_at, at, weight, out)
    if ended.cycle is not None and deal.opened_at is not None:
        out.append((CYCLE, at, ended.cycle, (outcome,), (ended.team, deal.product), weight))
        if outcome == "won":
            out.append((COHORT, deal.opened_at, 1, (), deal.cohort, weight))
    if outcome != "won":
        return
    sold_by = (ended.team, ended.channel, deal.product)
    if amount is None:
        reason = "no_amount" if deal.amount is None else "no_rate"
        out.append((purchase.IGNORED, at, 1, (reason,), (), weight))
    else:
        out.append((SIZE, at, amount, (), sold_by, weight))
        if deal.kind != RENEWAL:
            out.append((NEW, at, amount, (), sold_by, weight))
    earning = Earning(
        at=at,
        amount=amount,
        weight=weight,
        source="deal",
        item=deal_id,
        channel=ended.channel,
        team=ended.team,
        product=deal.product,
        campaign=deal.campaign,
        case_id=None,
        new=ended.new,
    )
    purchase.earn(purchases, earning, out)
