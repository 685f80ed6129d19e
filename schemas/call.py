"""Events of a phone call through a queue: who waited, who answered, who hung up."""

from typing import ClassVar, Literal

from schemas.event_data import EventData
from schemas.fields import Id, Moment, Text


class CallData(EventData):
    """Which call it was."""

    call_id: Id
    """Call."""


class CallQueued(CallData):
    """A call came in, or was placed: its wait begins."""

    type_name: ClassVar[str] = "crm.call.queued.v1"

    direction: Literal["in", "out"] = "in"
    """in: somebody called the company; out: the other way."""
    queue: Text | None = None
    """Queue or call type that it waits in."""
    team: Text | None = None
    """Team that has to answer."""
    deal_id: Id | None = None
    """Deal that the call is about."""
    case_id: Id | None = None
    """Service case that the call is about."""
    arrived_at: Moment | None = None
    """When the call reached the company, before menus and announcements; absent: when it was queued. 2000 to 2099."""


class CallAnswered(CallData):
    """An agent took the call: its wait ends."""

    type_name: ClassVar[str] = "crm.call.answered.v1"

    agent_id: Id | None = None
    """CRM user who took it."""


class CallHeld(CallData):
    """The agent put the caller on hold."""

    type_name: ClassVar[str] = "crm.call.held.v1"


class CallResumed(CallData):
    """The agent came back to the caller."""

    type_name: ClassVar[str] = "crm.call.resumed.v1"


class CallAbandoned(CallData):
    """The caller hung up before anybody answered."""

    type_name: ClassVar[str] = "crm.call.abandoned.v1"


class CallEnded(CallData):
    """The conversation was over; the agent's wrap-up begins."""

    type_name: ClassVar[str] = "crm.call.ended.v1"


class CallWrapped(CallData):
    """The agent finished the work after the call."""

    type_name: ClassVar[str] = "crm.call.wrapped.v1"
