"""The event of a page view: somebody known looked at a page of ours."""

from typing import ClassVar

from schemas.event_data import EventData
from schemas.fields import Id, Text


class PageViewed(EventData):
    """A relationship looked at a page."""

    type_name: ClassVar[str] = "crm.page.viewed.v1"

    campaign_id: Id | None = None
    """Campaign that led to the page."""
    channel: Text | None = None
    """Channel that led to the page."""
    url: Text | None = None
    """Page, without personal parts."""
