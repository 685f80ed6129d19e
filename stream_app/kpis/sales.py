"""Sales: how often deals are won, how long they take, what they are worth, and what stands in the pipeline."""

from __future__ import annotations

from stream_app.journeys import deal, deal_end, deal_work, purchase
from stream_app.kpis.kinds.different import Different
from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kinds.money import Amount, Held
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.survival import Survival
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kinds.waiting import Ages, Open
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies

_BY = ("team", "owner_id", "channel")
_SOLD_BY = ("team", "channel", "product")
_STAGE_BY = ("pipeline_stage", "team", "owner_id")
_CREDIT = "Credit goes to the team and owner of the deal at its end; a deal that is opened again is taken out."
_WON = Counted(deal_end.ENDED, ("won",))
_LOST = Counted(deal_end.ENDED, ("lost",))
_CONVERTED = "Amounts in other currencies count by the rate of the day of the event; without a rate they are left out."

WIN_RATIO = Kpi(
    name="win_ratio",
    unit="ratio",
    area="sales",
    meaning="Share of decided deals that were won.",
    formula=(
        "form=narrow: won / (won + lost). form=broad: won / (won + lost + leads disqualified). All by the time of the "
        f"decision; deals still open do not count. {_CREDIT}"
    ),
    source="A1, A2, A4",
    compute=Ratio(
        (
            Variant((_WON,), (_WON, _LOST), {"form": "narrow"}),
            Variant((_WON,), (_WON, _LOST, Counted(deal.DISQUALIFIED)), {"form": "broad"}),
        )
    ),
    by=_BY,
    direction="up",
    ignored=deal_end.IGNORED,
)

CLOSE_RATIO = Kpi(
    name="close_ratio",
    unit="ratio",
    area="sales",
    meaning="Share of the deals opened in the window that have been won since.",
    formula=(
        "Won / opened, both among deals that were opened in the window, under the team, owner and channel at the "
        "opening. Young windows grow for as long as a deal takes: compare those that are older than a sales cycle."
    ),
    source="A1, A4",
    compute=Ratio((Variant((Counted(deal_end.COHORT),), (Counted(deal.OPENED),)),)),
    by=_BY,
    direction="up",
    ignored=deal_end.IGNORED,
)

DEALS_ENDED = Kpi(
    name="deals_ended",
    unit="deals",
    area="sales",
    meaning="Deals that were won and lost.",
    formula=f"deal.won and deal.lost events, by outcome, once for each deal. {_CREDIT}",
    source="A1, A2",
    compute=Tally(deal_end.ENDED, ("won", "lost")),
    by=_BY,
)

DEALS_OPENED = Kpi(
    name="deals_opened",
    unit="deals",
    area="sales",
    meaning="Deals that were opened.",
    formula="deal.opened events, once for each deal.",
    source="A1, A2",
    compute=Tally(deal.OPENED),
    by=_BY,
    direction="up",
)


def _cycle(name: str, outcome: str, verb: str) -> Kpi:
    return Kpi(
        name=f"{name}_cycle_seconds",
        unit="seconds",
        area="sales",
        meaning=f"How long deals took from opening until they were {verb}.",
        formula=(
            f"Time of deal.{outcome} minus time of deal.opened, counted when the deal was {verb}; deals whose opening "
            "is not known do not count, nor does a time in which a deal was thought to have ended and was not."
        ),
        source="A1, A2, A4",
        compute=Distribution(deal_end.CYCLE, where=(("outcome", outcome),)),
        by=("team", "product"),
        direction="down",
        ignored=deal_end.IGNORED,
    )


DEAL_STAGE = Kpi(
    name="deal_stage_seconds",
    unit="seconds",
    area="sales",
    meaning="How long deals stay in a stage, with those that still stand there counted too.",
    formula=(
        "Kaplan-Meier over the visits of a stage that began in the window. A visit ends with the next stage or with "
        "the end of the deal; one that goes on has lasted at least until now. A deal that is opened again never left "
        "the stage it was in. Absent while too few visits have ended to know."
    ),
    source="A1",
    compute=Survival(deal_end.VISIT, deal.CLOCK, over="left"),
    by=("pipeline_stage",),
    direction="down",
    clock=deal.CLOCK,
)

DEALS_OPEN = Kpi(
    name="deals_open",
    unit="deals",
    area="sales",
    meaning="Deals that are open right now.",
    formula="Deals opened, or first heard of in a stage, and neither won nor lost; a deal without a team or owner of "
    "its own counts for that of its relationship.",
    source="A1, A2, A4",
    compute=Open(((deal.CLOCK, ()),)),
    by=_STAGE_BY,
    windowed=False,
    clock=deal.CLOCK,
)

DEAL_STAGE_AGE = Kpi(
    name="deal_stage_age_seconds",
    unit="seconds",
    area="sales",
    meaning="How long the deals that are open now have stood in their stage.",
    formula="Now minus the time at which each open deal entered its stage.",
    source="A1",
    compute=Ages(deal.CLOCK),
    by=_STAGE_BY,
    windowed=False,
    direction="down",
    clock=deal.CLOCK,
)

PROPOSALS = Kpi(
    name="proposals_sent",
    unit="proposals",
    area="sales",
    meaning="Proposals that were sent.",
    formula="deal.proposal_sent events, for the team and owner of the deal at that time.",
    source="A2, A3",
    compute=Tally(deal.PROPOSALS),
    by=("team", "owner_id"),
    direction="up",
)

CALLS = Kpi(
    name="sales_calls",
    unit="calls",
    area="sales",
    meaning="Calls about a deal.",
    formula=(
        "interaction.logged events with medium call and a deal, and call.queued events with a deal; automated and "
        "internal ones do not count. A system that reports one call as both should give the deal on one of them."
    ),
    source="A2, A3",
    compute=Tally(deal_work.CALLS),
    by=("team", "owner_id"),
    direction="up",
)

CALLS_PER_DEAL = Kpi(
    name="calls_per_deal",
    unit="calls per deal",
    area="sales",
    meaning="How many calls a deal gets that is worked on.",
    formula="Sales calls / different deals with a call or any other human touch, in the window; see deal_activities.",
    source="A2",
    compute=Ratio((Variant((Counted(deal_work.CALLS),), (Different(deal_work.WORKED),)),)),
    by=("team", "owner_id"),
)

ACTIVITIES = Kpi(
    name="deal_activities",
    unit="activities",
    area="sales",
    meaning="Human touches about a deal: calls, messages, meetings, visits.",
    formula="Sales calls, and interaction.logged events of any other medium with a deal; automated and internal ones "
    "do not count.",
    source="A2, A3",
    compute=Tally(deal_work.ACTIVITIES),
    by=("team", "owner_id"),
)

ACTIVITIES_PER_DEAL = Kpi(
    name="activities_per_deal",
    unit="activities per deal",
    area="sales",
    meaning="How many touches a deal gets that is worked on.",
    formula="Deal activities / different deals with one, in the window.",
    source="A2, A3",
    compute=Ratio((Variant((Counted(deal_work.ACTIVITIES),), (Different(deal_work.WORKED),)),)),
    by=("team", "owner_id"),
)


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs of deals; those of money have the name of the reporting currency."""
    money = policies.money
    return (
        WIN_RATIO,
        CLOSE_RATIO,
        DEALS_OPENED,
        DEALS_ENDED,
        _cycle("sales", "won", "won"),
        _cycle("loss", "lost", "lost"),
        DEAL_STAGE,
        DEALS_OPEN,
        DEAL_STAGE_AGE,
        Kpi(
            name=f"pipeline_amount_{money.unit}",
            unit=money.unit,
            area="sales",
            meaning="Money of the deals that are open right now.",
            formula=f"Sum of the latest amounts of open deals; one without an amount adds nothing. {_CONVERTED}",
            source="A1, A4",
            compute=Held(deal.PIPELINE, money.major, deal.CLOCK),
            by=_STAGE_BY,
            windowed=False,
            direction="up",
            clock=deal.CLOCK,
        ),
        Kpi(
            name=f"pipeline_weighted_{money.unit}",
            unit=money.unit,
            area="sales",
            meaning="Money that the open deals can be expected to bring.",
            formula=(
                "Sum of amount x probability of the stage over open deals. The probability is the one of the policies "
                "when the deal entered its stage or got its amount; stages without one are left out."
            ),
            source="A4",
            compute=Held(deal.EXPECTED, money.major, deal.CLOCK),
            by=_STAGE_BY,
            windowed=False,
            direction="up",
            clock=deal.CLOCK,
        ),
        PROPOSALS,
        CALLS,
        CALLS_PER_DEAL,
        ACTIVITIES,
        ACTIVITIES_PER_DEAL,
        Kpi(
            name=f"revenue_{money.unit}",
            unit=money.unit,
            area="sales",
            meaning="Money that was earned: by deals and by orders, each once.",
            formula=(
                "Amounts of won deals at their winning + orders less refunds at their placing. An order that belongs "
                f"to a deal is part of it and does not count again. {_CONVERTED}"
            ),
            source="A1, A2, A4",
            compute=Amount(purchase.REVENUE, money.major),
            by=_SOLD_BY,
            direction="up",
            ignored=purchase.IGNORED,
        ),
        Kpi(
            name=f"revenue_new_{money.unit}",
            unit=money.unit,
            area="sales",
            meaning="Money of deals that were won, renewals left out.",
            formula=f"Sum of the amounts of won deals of kind new, cross_sell or up_sell. {_CREDIT} {_CONVERTED}",
            source="A1, A2",
            compute=Amount(deal_end.NEW, money.major),
            by=_SOLD_BY,
            direction="up",
            ignored=purchase.IGNORED,
        ),
        Kpi(
            name=f"deal_size_{money.unit}",
            unit=money.unit,
            area="sales",
            meaning="How large a won deal is.",
            formula=(
                "Mean: total won amount / won deals with an amount; and the median. Deals without an amount or "
                f"without a rate are left out. {_CREDIT}"
            ),
            source="A1, A2, A4",
            compute=Distribution(deal_end.SIZE, quantiles=(0.5,), per=money.major),
            by=_SOLD_BY,
            direction="up",
            ignored=purchase.IGNORED,
        ),
    )
