"""Events of a campaign: what runs, what it costs, what is aimed at; the record key is the campaign's id."""

from typing import ClassVar, Literal

from schemas.event_data import EventData
from schemas.fields import Amount, Currency, Id, Moment, Number, Text


class CampaignLaunched(EventData):
    """A campaign began."""

    type_name: ClassVar[str] = "crm.campaign.launched.v1"

    channel: Text | None = None
    """Channel, such as email, social or event."""
    kind: Text | None = None
    """Kind of campaign, such as newsletter, referral or trade_fair."""
    list_id: Id | None = None
    """Mailing list that it writes to."""


class CampaignEnded(EventData):
    """A campaign was over."""

    type_name: ClassVar[str] = "crm.campaign.ended.v1"


class CostRecorded(EventData):
    """Money was spent; the event's time says when, however late it is booked."""

    type_name: ClassVar[str] = "crm.cost.recorded.v1"

    category: Literal["acquisition", "retention", "service", "overhead"]
    """What it was spent on."""
    amount: Amount
    """Amount, in minor units of the currency (cents); negative for a refund."""
    currency: Currency
    """Currency of the amount, ISO 4217, capital letters."""
    channel: Text | None = None
    """Channel that it was spent on."""
    campaign_id: Id | None = None
    """Campaign that it was spent on; absent: the one of the record key, if that is one."""
    segment: Text | None = None
    """Customer segment that it was spent on."""
    period_ends_at: Moment | None = None
    """End of the time that the money is for; absent: the event's time alone. It is spread evenly by day."""


class GoalSet(EventData):
    """A goal for a KPI was set; the latest one of a KPI and breakdown value holds."""

    type_name: ClassVar[str] = "crm.goal.set.v1"

    kpi: Text
    """KPI, as the catalogue names it."""
    at_least: Number | None = None
    """The goal is met at this value or above it, in the unit of the KPI."""
    at_most: Number | None = None
    """The goal is met at this value or below it; with `at_least`, between the two."""
    window: Text | None = None
    """Rolling window that the goal is for, such as 30d; absent: every window."""
    label: Text | None = None
    """Breakdown label that the goal is for, such as team."""
    value: Text | None = None
    """Value of that label, such as emea."""
