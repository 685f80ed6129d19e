"""Events of a subscription: what a customer pays for again and again."""

from typing import ClassVar

from schemas.event_data import EventData
from schemas.fields import Amount, Currency, Id, Moment, Period, Text


class SubscriptionData(EventData):
    """Which subscription it was."""

    subscription_id: Id
    """Subscription."""


class Terms(SubscriptionData):
    """What is paid, and for what; what is absent stays as it was."""

    plan: Text | None = None
    """Plan, such as team or enterprise."""
    tier: Text | None = None
    """Tier of the plan, such as basic or premium."""
    amount: Amount | None = None
    """Price of one period, in minor units of the currency (cents)."""
    currency: Currency | None = None
    """Currency of the amount, ISO 4217, capital letters."""
    period: Period | None = None
    """What the amount pays for: a month, a quarter or a year; at the start, absent means a month."""
    ends_at: Moment | None = None
    """When the paid time ends."""


class SubscriptionStarted(Terms):
    """A subscription began."""

    type_name: ClassVar[str] = "crm.subscription.started.v1"

    trial: bool = False
    """Not paid for yet: it counts in no revenue until it is renewed or changed."""


class SubscriptionRenewalDue(SubscriptionData):
    """A subscription came up for renewal at the event's time."""

    type_name: ClassVar[str] = "crm.subscription.renewal_due.v1"


class SubscriptionRenewed(Terms):
    """A subscription was renewed."""

    type_name: ClassVar[str] = "crm.subscription.renewed.v1"


class SubscriptionChanged(Terms):
    """A subscription moved to another plan, tier or price."""

    type_name: ClassVar[str] = "crm.subscription.changed.v1"


class SubscriptionCancelled(SubscriptionData):
    """A subscription ended."""

    type_name: ClassVar[str] = "crm.subscription.cancelled.v1"

    reason: Text | None = None
    """Why, such as price or competitor."""
