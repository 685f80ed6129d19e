"""Sales: how often deals are won, how long they take, and what they are worth."""

from __future__ import annotations

from stream_app.journeys import deal, deal_end, purchase
from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kinds.money import Amount
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies

_BY = ("team", "owner_id", "channel")
_SOLD_BY = ("team", "channel", "product")
_CREDIT = "Credit goes to the team and owner of the deal at its end; a deal that is opened again is taken out."
_WON = Counted(deal_end.ENDED, ("won",))
_LOST = Counted(deal_end.ENDED, ("lost",))
CONVERTED = "Amounts in other currencies count by the rate of the day of the event; without a rate they are left out."

WIN_RATIO = Kpi(
    name="win_ratio",
    unit="ratio",
    area="sales",
    tile=11,
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
        Kpi(
            name=f"revenue_{money.unit}",
            unit=money.unit,
            area="sales",
            tile=10,
            meaning="Money that was earned: by deals and by orders, each once.",
            formula=(
                "Amounts of won deals at their winning + orders less refunds at their placing. An order that belongs "
                f"to a deal is part of it and does not count again. {CONVERTED}"
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
            tile=7,
            meaning="Money of deals that were won, renewals left out.",
            formula=f"Sum of the amounts of won deals of kind new, cross_sell or up_sell. {_CREDIT} {CONVERTED}",
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
            tile=15,
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
