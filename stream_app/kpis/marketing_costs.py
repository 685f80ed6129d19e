"""What marketing costs, and what it earns for that: by campaign, by channel, and per customer won."""

from __future__ import annotations

from stream_app.journeys import campaign, touch, touch_revenue
from stream_app.kpis.kinds.lost_value import LostValue
from stream_app.kpis.kinds.money import Amount
from stream_app.kpis.kinds.payback import Payback
from stream_app.kpis.kinds.quotient import Form, Money, Quotient, Things
from stream_app.kpis.kinds.ratio import Counted
from stream_app.kpis.kpi import Kpi
from stream_app.kpis.marketing import BY, CREDITS
from stream_app.policies import Policies

CATEGORIES = ("acquisition", "retention", "service", "overhead")
"""What money is spent on."""
_SPREAD = "A cost for a period is spread evenly over its days (UTC); a late one restates the days that it is for."
_NEW = Things((Counted(touch.ACQUIRED, ("campaign",)), Counted(touch.ACQUIRED, ("other",))))


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs of costs in the currency and with the gross margin of *policies*."""
    major, unit = policies.money.major, policies.money.unit
    acquisition = Money(campaign.COSTS, major, (("acquisition",),))
    return (
        Kpi(
            name=f"campaign_cost_{unit}",
            unit=unit,
            area="marketing",
            meaning="What campaigns cost.",
            formula=(
                "cost.recorded events that name a campaign, or whose key is one; the channel is that of the cost, else "
                f"of the campaign. {_SPREAD}"
            ),
            source="A1, A4",
            compute=Amount(campaign.SPENT, major),
            by=BY,
            direction="down",
            ignored=campaign.IGNORED,
        ),
        Kpi(
            name="campaign_roi_ratio",
            unit="ratio",
            span=(None, None),
            area="marketing",
            tile=13,
            meaning="What a campaign earned beyond its cost, per unit of money spent on it.",
            formula=(
                "(Revenue credited to campaigns - their cost) / their cost, in the same window; form=margin: with the "
                "gross margin of that revenue in its place, where the policies set one. Below 0 when it earned less "
                f"than it cost; absent where nothing was spent. {_SPREAD}"
            ),
            source="A1, A4",
            compute=Quotient(_roi(policies)),
            by=BY,
            direction="up",
            ignored=campaign.IGNORED,
        ),
        Kpi(
            name=f"acquisition_cost_{unit}",
            unit=unit,
            area="marketing",
            tile=14,
            meaning="What it costs to win a new customer (CAC).",
            formula=(
                "Costs of category acquisition / new customers, in the same window; the channel is that of the "
                f"cost and of the customer. Absent where no such cost is known at all. {_SPREAD}"
            ),
            source="A4",
            compute=Quotient((Form(acquisition, _NEW),)),
            by=("channel",),
            direction="down",
            ignored=campaign.IGNORED,
        ),
        Kpi(
            name="acquisition_payback_seconds",
            unit="seconds",
            area="marketing",
            meaning="How long new customers take to bring in what it cost to win them.",
            formula=(
                "Of the customers won in the window: the age at which their gross profit so far (revenue x gross "
                "margin), per customer, first covers the acquisition cost per new customer of that window. Absent "
                "until it does, and without a gross margin in the policies."
            ),
            source="A4",
            compute=Payback(acquisition, _NEW, touch_revenue.PAYBACK, policies.money.gross_margin, major),
            by=("channel",),
            direction="down",
            ignored=campaign.IGNORED,
        ),
        Kpi(
            name="expense_to_revenue_ratio",
            unit="ratio",
            span=(0, None),
            area="marketing",
            meaning="How much of what is earned is spent again.",
            formula=(
                "Costs / revenue of won deals and orders net of refunds, in the same window; all of them, and with "
                f"category= those of one category. {_SPREAD}"
            ),
            source="A4",
            compute=Quotient(_expenses(major)),
            direction="down",
            ignored=campaign.IGNORED,
        ),
        Kpi(
            name=f"money_at_risk_{unit}",
            unit=unit,
            area="marketing",
            tile=11,
            meaning="What the leads that wait for an answer have lost in expected value so far.",
            formula=(
                "For each waiting lead: (conversion of matured leads answered within 5 minutes - conversion of those "
                "answered after as long a wait as its own so far) x mean revenue of a converted lead, added up. From "
                "the leads of the longest window; a later answer never counts as better than an earlier one. "
                "It is observed, not tried: who is answered late may be another sort of lead."
            ),
            source="A0; field practice",
            compute=LostValue(policies.lead_maturity_ms, major),
            by=("team",),
            windowed=False,
            direction="down",
        ),
    )


def _roi(policies: Policies) -> tuple[Form, ...]:
    major, margin = policies.money.major, policies.money.gross_margin
    spent = Money(campaign.SPENT, major)
    shares = {"revenue": 1.0} if margin is None else {"revenue": 1.0, "margin": margin}
    return tuple(
        Form(
            Money(campaign.SPENT, major, share=-1.0),
            spent,
            (Money(touch_revenue.REVENUE, major, ((touch.CREDITED,),), share),),
            {"form": form},
        )
        for form, share in shares.items()
    )


def _expenses(major: int) -> tuple[Form, ...]:
    revenue = Money(touch_revenue.REVENUE, major, tuple((credit,) for credit in CREDITS))
    every = Form(Money(campaign.COSTS, major, tuple((category,) for category in CATEGORIES)), revenue, cut=False)
    each = (
        Form(Money(campaign.COSTS, major, ((category,),)), revenue, labels={"category": category}, cut=False)
        for category in CATEGORIES
    )
    return every, *each
