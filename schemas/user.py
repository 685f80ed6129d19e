"""Events of a CRM user: seats, logins, work and features; the record key is the user's id."""

from typing import ClassVar

from schemas.event_data import EventData
from schemas.fields import Id, Moment, Text


class UserCreated(EventData):
    """A seat was given to somebody."""

    type_name: ClassVar[str] = "crm.user.created.v1"

    role: Text | None = None
    """Role, such as sales, service or owner."""
    team: Text | None = None
    """Team."""
    human: bool = True
    """A person; false for an integration or a bot."""


class UserDeactivated(EventData):
    """A seat was taken back."""

    type_name: ClassVar[str] = "crm.user.deactivated.v1"


class UserLoggedIn(EventData):
    """A user logged in."""

    type_name: ClassVar[str] = "crm.user.logged_in.v1"


class ActivityCompleted(EventData):
    """A user finished an activity, such as a task, a call or a meeting."""

    type_name: ClassVar[str] = "crm.activity.completed.v1"

    kind: Text
    """Kind of activity, such as task, call or meeting."""
    activity_id: Id | None = None
    """Activity; with it, a reminder ends."""
    feature: Text | None = None
    """Feature of the CRM that was used for it."""
    deal_id: Id | None = None
    """Deal that it was for."""


class ActivityDue(EventData):
    """A user was reminded of an activity."""

    type_name: ClassVar[str] = "crm.activity.due.v1"

    activity_id: Id
    """Activity."""
    due_at: Moment
    """By when, 2000 to 2099."""
    kind: Text | None = None
    """Kind of activity, such as task, call or meeting."""


class RecordCreated(EventData):
    """A user created a record in the CRM."""

    type_name: ClassVar[str] = "crm.record.created.v1"

    entity: Text
    """What was created, such as account, contact or deal."""


class FeatureUsed(EventData):
    """A user used a feature of the CRM."""

    type_name: ClassVar[str] = "crm.feature.used.v1"

    feature: Text
    """Feature."""
