"""Customer value: who stays, what they are worth and what it costs to keep them."""

from __future__ import annotations

from stream_app.journeys import campaign, customer_flows, customer_worth
from stream_app.journeys import subscription_revenue as revenue
from stream_app.kpis.kinds.amounts import Flow, Mean, Row, Standing
from stream_app.kpis.kinds.keeping import KeepingCost
from stream_app.kpis.kinds.lifetime import Expected, Lifespan, Lifespans, Purchases, Revenue, ToDate
from stream_app.kpis.kinds.population import Flows, Form, Kept, StartShare
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies

_SEGMENT_TIER = ("segment", "tier")
_SEGMENT_CHANNEL = ("segment", "channel")
_LOST = (customer_flows.LOST, customer_flows.LOST_OF_JOINERS)

CUSTOMERS = Flows(
    customer_flows.ACTIVE,
    customer_flows.FLOW,
    joined=(customer_flows.NEW, customer_flows.REACTIVATED),
    moved=(_LOST,),
    forgotten=customer_flows.FORGOTTEN,
)
_LIFESPANS = Lifespans(customer_flows.ACTIVE, customer_flows.ENDED, customer_flows.STAYED)

_AT_START = (
    "Customers at the start are those of now, less those who joined or came back in the window, plus those who left"
)
_COHORT = (
    "Who joined and left within the window was not there at its start and counts on neither side; who left and came "
    "back within it was lost. Erased customers are left out. A customer counts under the labels that it has now."
)


def _flow(flow: str) -> Flow:
    return Flow(customer_flows.FLOW, (Row((flow,)),))


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs of customers, money in the reporting currency of *policies*."""
    money = policies.money
    worth = Revenue(
        customer_worth.BOUGHT, customer_worth.WORTH, revenue.PAYING, revenue.EARNED_FROM, money.major
    )  # fmt: skip
    return (
        Kpi(
            name="customers_active",
            unit="customers",
            area="value",
            tile=19,
            meaning="Customers that we have now.",
            formula="customer.created or customer.reactivated, and no customer.churned since.",
            source="A1, A2",
            compute=Standing(customer_flows.ACTIVE),
            by=_SEGMENT_CHANNEL,
            windowed=False,
            direction="up",
            ignored=customer_flows.IGNORED,
        ),
        Kpi(
            name="customers_new",
            unit="customers",
            area="value",
            meaning="Customers that were won for the first time.",
            formula="First customer.created of a relationship.",
            source="A1, A2, A4",
            compute=_flow(customer_flows.NEW),
            by=_SEGMENT_CHANNEL,
            direction="up",
        ),
        Kpi(
            name="customers_retained",
            unit="customers",
            area="value",
            meaning="Customers who were there when the window began and have stayed.",
            formula=f"Customers at the start, less those of them who left. {_AT_START}. {_COHORT}",
            source="A1, A2",
            compute=Kept(CUSTOMERS),
            by=_SEGMENT_CHANNEL,
            direction="up",
        ),
        Kpi(
            name="customers_lost",
            unit="customers",
            area="value",
            meaning="Customers who left.",
            formula="customer.churned events of active customers.",
            source="A1, A4",
            compute=_flow(customer_flows.LOST),
            by=_SEGMENT_CHANNEL,
            direction="down",
            ignored=customer_flows.IGNORED,
        ),
        Kpi(
            name="customers_reactivated",
            unit="customers",
            area="value",
            meaning="Customers who had left and came back.",
            formula="customer.reactivated events of customers who had left, or who were not known as such before.",
            source="A1; field practice",
            compute=_flow(customer_flows.REACTIVATED),
            by=_SEGMENT_CHANNEL,
            direction="up",
            ignored=customer_flows.IGNORED,
        ),
        Kpi(
            name="retention_ratio",
            unit="ratio",
            area="value",
            tile=17,
            meaning="Share of the customers at the start of the window who are customers still.",
            formula=(
                "(Customers at the end - those of them who joined or came back in the window) / customers at the "
                f"start. {_AT_START}. {_COHORT}"
            ),
            source="A1, A2, A3, A4",
            compute=StartShare(CUSTOMERS, (Form("kept", (customer_flows.LOST,)),)),
            by=_SEGMENT_TIER,
            direction="up",
            ignored=customer_flows.IGNORED,
        ),
        Kpi(
            name="churn_ratio",
            unit="ratio",
            area="value",
            tile=18,
            meaning="Share of the customers at the start of the window who left.",
            formula=(
                "Customers at the start who left in the window / customers at the start: 1 - retention. Those who "
                f"came back do not make up for it: see customers_reactivated. {_AT_START}. {_COHORT}"
            ),
            source="A1, A3, A4",
            compute=StartShare(CUSTOMERS, (Form("lost", (customer_flows.LOST,)),)),
            by=_SEGMENT_TIER,
            direction="down",
            ignored=customer_flows.IGNORED,
        ),
        Kpi(
            name=f"customer_lifetime_value_{money.unit}",
            unit=money.unit,
            area="value",
            meaning="What a customer has brought in so far, on average.",
            formula=(
                "All orders and won deals net of refunds, and what subscriptions have earned by the second (monthly "
                "amount x time), of everybody who has ever been a customer, bought or subscribed / their number. "
                "form=revenue: as it is; form=margin: times the gross margin of the policies, absent without one. A "
                "won deal of somebody with a subscription does not count: the subscription is how it is paid."
            ),
            source="A1, A2, A3",
            compute=ToDate(worth, customer_worth.BUYERS, money.gross_margin),
            by=_SEGMENT_CHANNEL,
            windowed=False,
            direction="up",
        ),
        Kpi(
            name=f"customer_lifetime_value_expected_{money.unit}",
            unit=money.unit,
            area="value",
            meaning="What a customer brings in over its whole life, if it goes on as in this window.",
            formula=(
                "Average purchase value x purchases per customer and time x lifespan: money of the purchases in the "
                "window / its length so far, plus recurring revenue now, / customers (mean of start and end), x "
                "customer_lifespan. Absent while no customer has left. Revenue, not margin."
            ),
            source="A4",
            compute=Expected(worth, _LIFESPANS, CUSTOMERS),
            by=_SEGMENT_CHANNEL,
            direction="up",
        ),
        Kpi(
            name=f"purchase_value_{money.unit}",
            unit=money.unit,
            area="value",
            meaning="What a purchase comes to, on average.",
            formula="Orders and won deals in the window, net of refunds / their number.",
            source="A4",
            compute=Mean(customer_worth.BOUGHT, scale=money.major),
            by=_SEGMENT_CHANNEL,
            direction="up",
        ),
        Kpi(
            name="purchases_per_customer",
            unit="purchases",
            area="value",
            meaning="How often a customer buys in the window.",
            formula="Orders and won deals in the window / customers (mean of its start and end).",
            source="A4",
            compute=Purchases(worth, CUSTOMERS),
            by=_SEGMENT_CHANNEL,
            direction="up",
        ),
        Kpi(
            name="customer_lifespan_seconds",
            unit="seconds",
            area="value",
            meaning="How long somebody stays a customer, on average.",
            formula=(
                "Time that all customers have stayed so far, ended or not, / how often a customer left; to half a "
                "day. Absent while nobody has left. Those who stay count with their time so far, so that young "
                "customers do not make it short."
            ),
            source="A4",
            compute=Lifespan(_LIFESPANS),
            by=_SEGMENT_CHANNEL,
            windowed=False,
            direction="up",
        ),
        Kpi(
            name=f"retention_cost_{money.unit}",
            unit=money.unit,
            area="value",
            meaning="What it costs to keep a customer.",
            formula=(
                "Costs of category retention in the window / customers who were there at its start and still are. By "
                "segment: costs that name the segment."
            ),
            source="A1, A4",
            compute=KeepingCost(campaign.COSTS, ("retention",), CUSTOMERS, money.major),
            by=("segment",),
            direction="down",
            ignored=campaign.IGNORED,
        ),
    )
