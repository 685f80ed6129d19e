"""Events of a lead: somebody who may become a customer."""

from typing import ClassVar

from schemas.event_data import EventData
from schemas.fields import Country, Id, LeadScore, Moment, Text


class LeadCreated(EventData):
    """A lead came in: the first response clock starts at the event's time."""

    type_name: ClassVar[str] = "crm.lead.created.v1"

    channel: Text
    """Where the lead came from, such as web, phone or partner."""
    team: Text | None = None
    """Team that has to answer; its calendar gives the business time."""
    owner_id: Id | None = None
    """CRM user who has to answer."""
    campaign_id: Id | None = None
    """Campaign that brought the lead."""
    form: Text | None = None
    """Form or landing page that was filled in."""
    country: Country | None = None
    """Country, ISO 3166-1 alpha-2, capital letters."""
    segment: Text | None = None
    """Customer segment that the lead would belong to."""
    score: LeadScore | None = None
    """Lead score of the CRM, 0 to 100, higher is better."""
    captured_at: Moment | None = None
    """When the CRM stored the lead, 2000 to 2099; the event's time is when the person asked."""


class LeadAssigned(EventData):
    """A lead was routed to an owner, or moved to another one."""

    type_name: ClassVar[str] = "crm.lead.assigned.v1"

    owner_id: Id
    """CRM user who owns the lead from now on."""
    team: Text | None = None
    """Team that owns the lead from now on; absent: unchanged."""


class LeadStageChanged(EventData):
    """A lead moved to another stage of its pipeline."""

    type_name: ClassVar[str] = "crm.lead.stage_changed.v1"

    stage: Text
    """Stage that the lead is in from now on, such as qualified."""


class LeadConverted(EventData):
    """A lead became a customer or a deal."""

    type_name: ClassVar[str] = "crm.lead.converted.v1"

    customer_id: Id | None = None
    """Customer that the lead became."""
    deal_id: Id | None = None
    """Deal that the lead became."""


class LeadDisqualified(EventData):
    """A lead was given up."""

    type_name: ClassVar[str] = "crm.lead.disqualified.v1"

    reason: Text
    """Why, such as no_budget, spam or duplicate."""
