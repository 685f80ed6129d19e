"""Recurring revenue: what subscriptions bring in, how that moves, who cancels and who renews."""

from __future__ import annotations

from stream_app.journeys import subscription
from stream_app.journeys import subscription_revenue as revenue
from stream_app.kpis.kinds.amounts import Flow, Row, Standing
from stream_app.kpis.kinds.population import Flows, Form, StartShare, StartShares
from stream_app.kpis.kinds.renewals import Renewals
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies

_MOVEMENTS = (revenue.NEW, revenue.REACTIVATION, *revenue.MOVED)
_KINDS = (revenue.PAID, revenue.TRIAL)

REVENUE = Flows(
    revenue.RECURRING,
    revenue.MOVEMENT,
    joined=(revenue.NEW, revenue.REACTIVATION),
    moved=tuple((movement, movement + revenue.OF_JOINERS) for movement in revenue.MOVED),
    forgotten=revenue.FORGOTTEN,
    sign=1,
)


def subscriptions(kind: str) -> Flows:
    """Return the coming and going of subscriptions of one kind: paid, or trial."""
    ends = ("lost", revenue.CONVERTED)
    return Flows(
        revenue.RUNNING,
        revenue.FLOW,
        joined=("new", "reactivated"),
        moved=tuple((end, end + revenue.OF_JOINERS) for end in ends),
        forgotten=revenue.FORGOTTEN,
        fixed=((kind,),),
    )


def _rows(*flows: str) -> tuple[Row, ...]:
    return tuple(Row((kind, flow), {"kind": kind}) for kind in _KINDS for flow in flows)


_BY = revenue.BY
_COHORT = (
    "Revenue at the start is that of now less all movements in the window. Of those, only the ones of customers who "
    "paid at the start count, and none of erased ones. A subscription counts under the plan, segment and tier of now."
)
_PRICE = "The price of a period by its months (quarter: 3, year: 12), converted when the price was set; no trials."


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs of subscriptions, money in the reporting currency of *policies*."""
    money = policies.money
    grace = f"{policies.renewal_grace_ms / 86_400_000:g} d"
    return (
        Kpi(
            name=f"recurring_revenue_{money.unit}",
            unit=money.unit,
            area="value",
            tile=16,
            meaning="What running subscriptions bring in each month (MRR).",
            formula=f"Sum of the monthly amounts of paid subscriptions that run now. {_PRICE}",
            source="A1, A4",
            compute=Standing(revenue.RECURRING, scale=money.major, over=(revenue.RUNNING, (revenue.PAID,))),
            by=_BY,
            windowed=False,
            direction="up",
            ignored=subscription.IGNORED,
        ),
        Kpi(
            name=f"recurring_revenue_movement_{money.unit}",
            unit=money.unit,
            area="value",
            meaning="By how much monthly revenue grew and shrank, and why.",
            formula=(
                "Changes of a customer's monthly amount: new (the first), expansion and contraction (while it pays), "
                "churn (to nothing, below 0), reactivation (from nothing, having paid before). Revenue at the start "
                "of the window plus all movements is the revenue of now."
            ),
            source="A1, A4; field practice",
            compute=Flow(revenue.MOVEMENT, tuple(Row((name,), {"movement": name}) for name in _MOVEMENTS), money.major),
            by=_BY,
            span=(None, None),
        ),
        Kpi(
            name="revenue_retention_ratio",
            unit="ratio",
            area="value",
            tile=20,
            meaning="Share of the monthly revenue at the start of the window that is left.",
            formula=(
                "form=gross: (revenue at the start - churn - contraction) / revenue at the start; form=net: with "
                f"expansion added. Reactivations are apart. {_COHORT}"
            ),
            source="A1, A4; field practice",
            compute=StartShare(
                REVENUE,
                (
                    Form("kept", (revenue.CHURN, revenue.CONTRACTION), {"form": "gross"}),
                    Form("kept", revenue.MOVED, {"form": "net"}),
                ),
                money.major,
                subscriptions(revenue.PAID),
            ),
            by=_BY,
            span=(None, None),
            direction="up",
            ignored=subscription.IGNORED,
        ),
        Kpi(
            name="revenue_churn_ratio",
            unit="ratio",
            area="value",
            meaning="Share of the monthly revenue at the start of the window that was lost.",
            formula=f"(Churn + contraction) / revenue at the start. {_COHORT}",
            source="A1, A4",
            compute=StartShare(
                REVENUE,
                (Form("lost", (revenue.CHURN, revenue.CONTRACTION)),),
                money.major,
                subscriptions(revenue.PAID),
            ),
            by=_BY,
            span=(0, None),
            direction="down",
            ignored=subscription.IGNORED,
        ),
        Kpi(
            name="subscriptions_active",
            unit="subscriptions",
            area="value",
            meaning="Subscriptions that run now, paid for or on trial.",
            formula="Started and not cancelled; kind=trial until the first renewal or change.",
            source="A1",
            compute=Standing(revenue.RUNNING, tuple(Row((kind,), {"kind": kind}) for kind in _KINDS)),
            by=_BY,
            windowed=False,
            direction="up",
        ),
        Kpi(
            name="subscriptions_new",
            unit="subscriptions",
            area="value",
            meaning="Subscriptions that began.",
            formula="First on trial (kind=trial) or paid for (kind=paid); a trial that is paid for counts in both.",
            source="A1",
            compute=Flow(revenue.FLOW, _rows("new")),
            by=_BY,
            direction="up",
        ),
        Kpi(
            name="subscriptions_lost",
            unit="subscriptions",
            area="value",
            meaning="Subscriptions that were cancelled.",
            formula="subscription.cancelled events of running subscriptions, while paid for or on trial.",
            source="A1, A4",
            compute=Flow(revenue.FLOW, _rows("lost")),
            by=_BY,
            direction="down",
            ignored=subscription.IGNORED,
        ),
        Kpi(
            name="subscription_churn_ratio",
            unit="ratio",
            area="value",
            meaning="Share of the subscriptions at the start of the window that were cancelled.",
            formula=(
                "Subscriptions at the start that were cancelled in the window / subscriptions at the start, those of "
                "now less the flows since. A trial that is paid for is not lost."
            ),
            source="A1, A4",
            compute=StartShares(
                tuple(StartShare(subscriptions(kind), (Form("lost", ("lost",), {"kind": kind}),)) for kind in _KINDS)
            ),
            by=_BY,
            direction="down",
            ignored=subscription.IGNORED,
        ),
        Kpi(
            name="renewal_ratio",
            unit="ratio",
            area="value",
            tile=21,
            meaning="Share of the subscriptions that came up for renewal and were renewed.",
            formula=(
                f"Renewed within {grace} after they were due (or up to 90 d before) / due, in the window in which "
                "they were due. of=count: subscriptions; of=amount: their prices, a higher new price counting as the "
                f"old one. form=final: without those due less than {grace} ago, to the pane; form=so_far: with them."
            ),
            source="A1, A2, A4",
            compute=Renewals(subscription.RENEWAL, policies.renewal_grace_ms, money.major),
            by=("plan", "segment"),
            direction="up",
            ignored=subscription.IGNORED,
        ),
    )
