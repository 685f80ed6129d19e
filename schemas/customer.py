"""Events of a customer: somebody who has bought."""

from typing import ClassVar

from schemas.event_data import EventData
from schemas.fields import Country, Id, Text


class CustomerCreated(EventData):
    """A relationship became a customer."""

    type_name: ClassVar[str] = "crm.customer.created.v1"

    segment: Text | None = None
    """Customer segment, such as smb or enterprise."""
    tier: Text | None = None
    """Service or product tier, such as basic or premium."""
    owner_id: Id | None = None
    """CRM user who looks after the customer."""
    team: Text | None = None
    """Team that looks after the customer."""
    channel: Text | None = None
    """Channel that the customer came from."""
    acquired_by: Id | None = None
    """Lead that became this customer."""
    country: Country | None = None
    """Country of the customer, ISO 3166-1 alpha-2, capital letters."""


class CustomerReferred(EventData):
    """A customer brought in somebody else."""

    type_name: ClassVar[str] = "crm.customer.referred.v1"

    by: Id | None = None
    """Relationship that made the referral."""
    campaign_id: Id | None = None
    """Referral campaign."""


class CustomerChurned(EventData):
    """A customer left."""

    type_name: ClassVar[str] = "crm.customer.churned.v1"

    reason: Text | None = None
    """Why, such as price or competitor."""


class CustomerReactivated(EventData):
    """A customer who had left came back."""

    type_name: ClassVar[str] = "crm.customer.reactivated.v1"
