"""Events of a campaign e-mail, told apart by campaign and message."""

from typing import ClassVar

from schemas.event_data import EventData
from schemas.fields import Id, Text


class EmailData(EventData):
    """Which message it was."""

    campaign_id: Id
    """Campaign that the message belongs to."""
    message_id: Id
    """Message, one per recipient and mailing."""


class EmailSent(EmailData):
    """A campaign message was sent."""

    type_name: ClassVar[str] = "crm.email.sent.v1"


class EmailDelivered(EmailData):
    """A campaign message reached the mail server of the recipient."""

    type_name: ClassVar[str] = "crm.email.delivered.v1"


class EmailOpened(EmailData):
    """A campaign message was opened."""

    type_name: ClassVar[str] = "crm.email.opened.v1"


class EmailClicked(EmailData):
    """A link in a campaign message was followed."""

    type_name: ClassVar[str] = "crm.email.clicked.v1"

    url: Text | None = None
    """Link that was followed, without personal parts."""


class EmailBounced(EmailData):
    """A campaign message came back."""

    type_name: ClassVar[str] = "crm.email.bounced.v1"

    reason: Text | None = None
    """Why, such as mailbox_full or unknown_user."""
