"""The pipeline: the deals that are open, the stages they stand in, and the work that is done on them."""

from __future__ import annotations

from stream_app.journeys import deal, deal_end, deal_work
from stream_app.kpis.kinds.different import Different
from stream_app.kpis.kinds.money import Held
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.survival import Survival
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kinds.waiting import Ages, Open
from stream_app.kpis.kpi import Kpi
from stream_app.kpis.sales import CONVERTED
from stream_app.policies import Policies

_STAGE_BY = ("pipeline_stage", "team", "owner_id")

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
    tile=13,
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
    """Return the KPIs of the pipeline; those of money have the name of the reporting currency."""
    money = policies.money
    return (
        DEAL_STAGE,
        DEALS_OPEN,
        DEAL_STAGE_AGE,
        Kpi(
            name=f"pipeline_amount_{money.unit}",
            unit=money.unit,
            area="sales",
            tile=12,
            meaning="Money of the deals that are open right now.",
            formula=f"Sum of the latest amounts of open deals; one without an amount adds nothing. {CONVERTED}",
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
    )
