"""Events of a promised callback: by when, whether it was tried, whether somebody was reached."""

from typing import ClassVar

from schemas.event_data import EventData
from schemas.fields import Id, Moment, Text


class CallbackData(EventData):
    """Which callback it was."""

    callback_id: Id
    """Callback."""


class CallbackPromised(CallbackData):
    """Somebody was promised to be called back."""

    type_name: ClassVar[str] = "crm.callback.promised.v1"

    due_at: Moment
    """By when, 2000 to 2099."""
    queue: Text | None = None
    """Queue that has to call."""
    team: Text | None = None
    """Team that has to call."""
    owner_id: Id | None = None
    """CRM user who has to call."""
    call_id: Id | None = None
    """Call that the callback takes the place of: it was not abandoned."""
    case_id: Id | None = None
    """Service case that it is about."""


class CallbackAttempted(CallbackData):
    """The callback was tried: the promise is kept, reached or not."""

    type_name: ClassVar[str] = "crm.callback.attempted.v1"


class CallbackReached(CallbackData):
    """Somebody was reached."""

    type_name: ClassVar[str] = "crm.callback.reached.v1"
