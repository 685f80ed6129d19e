"""Events of a mailing list: who may be written to."""

from typing import ClassVar

from schemas.event_data import EventData
from schemas.fields import Id, Text


class ListData(EventData):
    """Which list it was, and why."""

    list_id: Id
    """Mailing list."""
    reason: Text | None = None
    """Why, such as too_frequent or complaint."""
    campaign_id: Id | None = None
    """Campaign that led to it."""
    channel: Text | None = None
    """Channel that the list writes to or that the wish came from."""


class ListSubscribed(ListData):
    """A relationship joined a list."""

    type_name: ClassVar[str] = "crm.list.subscribed.v1"


class ListUnsubscribed(ListData):
    """A relationship left a list."""

    type_name: ClassVar[str] = "crm.list.unsubscribed.v1"


class ListBlocked(ListData):
    """A relationship blocked the sender or reported spam."""

    type_name: ClassVar[str] = "crm.list.blocked.v1"
