"""Marketing: what campaigns set going, who gets the credit, and whether the lists grow."""

from __future__ import annotations

from stream_app.journeys import campaign, list_membership, purchase, touch, touch_retention, touch_revenue
from stream_app.kpis.kinds.growth import Growth
from stream_app.kpis.kinds.money import Amount
from stream_app.kpis.kinds.population import Flows, Form, StartShare
from stream_app.kpis.kinds.quotient import Form as Share
from stream_app.kpis.kinds.quotient import Money, Quotient, Things
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.standing import Standing
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kinds.together import Together
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies
from stream_app.policies.durations import write_ms

BY = ("campaign", "channel")
CREDITS = (touch.CREDITED, touch.UNATTRIBUTED)
_TOUCH = (
    "A touch is an event that names a campaign and that the person or one of us made: a lead, a click, a page view, a "
    "subscription, a human contact, a deal, an order; not a mail that was sent or opened."
)

CAMPAIGNS_ACTIVE = Kpi(
    name="campaigns_active",
    unit="campaigns",
    area="marketing",
    tile=16,
    meaning="Campaigns that run right now.",
    formula="campaign.launched and no campaign.ended since.",
    source="A1, A2",
    compute=Standing(campaign.ACTIVE),
    by=BY,
    windowed=False,
)
CAMPAIGN_RESPONSES = Kpi(
    name="campaign_responses",
    unit="responses",
    area="marketing",
    tile=18,
    meaning="How often people answered a campaign.",
    formula=(
        "Leads, clicks, subscriptions and human contacts in which the other side took part, where the event names a "
        "campaign; each counts once, for that campaign."
    ),
    source="A1, A2",
    compute=Tally(touch.RESPONSES),
    by=BY,
    direction="up",
)
PAGE_VIEWS = Kpi(
    name="page_views",
    unit="page views",
    area="marketing",
    tile=20,
    meaning="Pages that people we know looked at.",
    formula="page.viewed events, with or without a campaign.",
    source="A1",
    compute=Tally(touch.PAGE_VIEWS),
    by=BY,
    direction="up",
)
LIST_GROWTH = Kpi(
    name="list_growth_ratio",
    unit="ratio",
    span=(None, None),
    area="marketing",
    tile=17,
    meaning="How much a mailing list has grown.",
    formula=(
        "(Joined - left) / size when the window began; left means unsubscribed or blocked. Only those count whose "
        "joining is known. Below 0 when the list shrinks; absent when it began empty."
    ),
    source="A1, A2",
    compute=Growth(
        Flows(
            list_membership.SIZE,
            list_membership.MOVES,
            joined=(list_membership.JOINED,),
            moved=((list_membership.LEFT, ""),),
            forgotten=list_membership.FORGOTTEN,
        )
    ),
    by=("list",),
    direction="up",
)
LIST_SIZE = Kpi(
    name="list_size",
    unit="subscriptions",
    area="marketing",
    meaning="How many are on a mailing list right now.",
    formula="Relationships that joined the list and have neither left nor blocked it since; the total adds up lists.",
    source="A1",
    compute=Standing(list_membership.SIZE),
    by=("list",),
    windowed=False,
    direction="up",
)
MARKETING_ORIGINATED = Kpi(
    name="marketing_originated_ratio",
    unit="ratio",
    area="marketing",
    tile=15,
    meaning="Share of new customers who first met us through a campaign.",
    formula=(
        "New customers whose first touch of all names a campaign / new customers, by customer.created. A lead or human "
        "contact without a campaign that came before speaks against it; no window limits how long ago the touch was."
    ),
    source="A4",
    compute=Ratio(
        (
            Variant(
                (Counted(touch.ACQUIRED, ("campaign",)),),
                (Counted(touch.ACQUIRED, ("campaign",)), Counted(touch.ACQUIRED, ("other",))),
            ),
        )
    ),
    by=("channel",),
    direction="up",
)


def _retention(touched: str) -> StartShare:
    flows = Flows(
        touch_retention.ACTIVE,
        touch_retention.FLOW,
        joined=(touch_retention.GAINED,),
        moved=((touch_retention.LOST, touch_retention.LOST_OF_JOINERS),),
        forgotten=touch_retention.FORGOTTEN,
        fixed=((touched,),),
    )
    return StartShare(flows, (Form("kept", (touch_retention.LOST,), {"touched": touched}),))


RETENTION_BY_CAMPAIGN = Kpi(
    name="retention_by_campaign_ratio",
    unit="ratio",
    area="marketing",
    meaning="Whether customers whom a campaign has touched stay longer than the others.",
    formula=(
        "Customers of the window's start who have stayed without a break / customers at its start; touched=yes: a "
        "campaign has touched them by now, by the campaign of the first touch; touched=no: none has. It is observed, "
        "not tried: who stays longer has more time to be touched."
    ),
    source="A1, A4",
    compute=Together(tuple(_retention(touched) for touched in (touch_retention.YES, touch_retention.NO))),
    by=("campaign",),
    direction="up",
)


def _credited(policies: Policies) -> str:
    return (
        f"Credit goes whole to the {policies.attribution.credit} campaign that touched the relationship within "
        f"{write_ms(policies.attribution.window_ms)} before; credit=unattributed: to none, so the two add up to "
        f"all. {_TOUCH}"
    )


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs of campaigns and lists, with the attribution and the currency of *policies*."""
    major, unit, credit = policies.money.major, policies.money.unit, _credited(policies)

    def money(*credits_: str) -> Money:
        return Money(touch_revenue.REVENUE, major, tuple((one,) for one in credits_))

    def things(*credits_: str) -> Things:
        return Things(tuple(Counted(touch_revenue.PURCHASES, (one,)) for one in credits_))

    def customers(*credits_: str) -> Things:
        return Things(tuple(Counted(touch.CUSTOMERS, (one,)) for one in credits_))

    return (
        CAMPAIGNS_ACTIVE,
        CAMPAIGN_RESPONSES,
        PAGE_VIEWS,
        Kpi(
            name="campaign_purchases",
            unit="purchases",
            area="marketing",
            meaning="Purchases that campaigns brought in.",
            formula=f"Won deals, and orders that belong to no deal. {credit}",
            source="A1, A2",
            compute=Tally(touch_revenue.PURCHASES, closed=CREDITS),
            by=BY,
            direction="up",
        ),
        Kpi(
            name="campaign_new_customers",
            unit="customers",
            area="marketing",
            tile=19,
            meaning="New customers whom campaigns brought in.",
            formula=f"The first customer.created of a relationship. {credit}",
            source="A1, A2",
            compute=Tally(touch.CUSTOMERS, closed=CREDITS),
            by=BY,
            direction="up",
        ),
        Kpi(
            name="campaign_referrals",
            unit="referrals",
            area="marketing",
            meaning="Referrals that campaigns brought in.",
            formula=f"customer.referred events. {credit}",
            source="A1, A2",
            compute=Tally(touch.REFERRALS, closed=CREDITS),
            by=BY,
            direction="up",
        ),
        Kpi(
            name=f"campaign_revenue_{unit}",
            unit=unit,
            area="marketing",
            tile=12,
            meaning="Revenue that campaigns brought in.",
            formula=(
                "Money of won deals, and of orders that belong to no deal, net of refunds, when they were bought; "
                f"a late order or refund restates it. {credit}"
            ),
            source="A1, A2, A4",
            compute=Amount(touch_revenue.REVENUE, major, closed=CREDITS),
            by=BY,
            direction="up",
            ignored=purchase.IGNORED,
        ),
        Kpi(
            name="campaign_unattributed_ratio",
            unit="ratio",
            area="marketing",
            meaning="Share of what was earned that no campaign gets the credit for.",
            formula=f"Unattributed / all: of=revenue, of=purchases, of=customers. {credit}",
            source="field practice",
            compute=Quotient(
                tuple(
                    Share(None, of(*CREDITS), (of(touch.UNATTRIBUTED),), {"of": name}, cut=False)
                    for name, of in (("revenue", money), ("purchases", things), ("customers", customers))
                )
            ),
            direction="down",
        ),
        MARKETING_ORIGINATED,
        RETENTION_BY_CAMPAIGN,
        LIST_SIZE,
        LIST_GROWTH,
    )
