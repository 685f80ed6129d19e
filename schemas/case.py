"""Events of a case: a question or complaint that the service team has to settle."""

from typing import ClassVar, Literal

from schemas.event_data import EventData
from schemas.fields import Id, Text


class CaseData(EventData):
    """Which case it was."""

    case_id: Id
    """Service case."""


class CaseOpened(CaseData):
    """A customer asked for something: first response and resolution clocks start."""

    type_name: ClassVar[str] = "crm.case.opened.v1"

    category: Literal["question", "incident", "complaint", "request"] = "question"
    """What it is about."""
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    """How urgent it is; chooses the response targets."""
    channel: Text | None = None
    """Channel that the case came in by."""
    team: Text | None = None
    """Team that has to settle it."""
    owner_id: Id | None = None
    """CRM user who has to settle it."""


class CaseAssigned(CaseData):
    """A case was given to a user or a team, or taken from its user."""

    type_name: ClassVar[str] = "crm.case.assigned.v1"

    owner_id: Id | None = None
    """CRM user who owns the case from now on; absent: nobody."""
    team: Text | None = None
    """Team that owns the case from now on; absent: unchanged."""
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    """How urgent it is from now on; absent: unchanged. A target that was already missed stays as it was."""


class CaseReplied(CaseData):
    """The company wrote in a case."""

    type_name: ClassVar[str] = "crm.case.replied.v1"

    automated: bool = False
    """Written by a machine; no human response."""
    public: bool = True
    """Seen by the customer; an internal note is not."""
    user_id: Id | None = None
    """CRM user who wrote."""


class CasePaused(CaseData):
    """A case waits for the customer or a third party; its clocks stand still."""

    type_name: ClassVar[str] = "crm.case.paused.v1"

    reason: Text | None = None
    """Why, such as waiting_for_customer."""


class CaseResumed(CaseData):
    """A paused case goes on."""

    type_name: ClassVar[str] = "crm.case.resumed.v1"


class CaseResolved(CaseData):
    """A case was solved; it may still be reopened."""

    type_name: ClassVar[str] = "crm.case.resolved.v1"

    automated: bool = False
    """Solved by a machine."""
    user_id: Id | None = None
    """CRM user who solved it."""


class CaseReopened(CaseData):
    """A resolved case came back."""

    type_name: ClassVar[str] = "crm.case.reopened.v1"

    reason: Text | None = None
    """Why, such as not_fixed."""


class CaseClosed(CaseData):
    """A case ended for good."""

    type_name: ClassVar[str] = "crm.case.closed.v1"


class CaseMerged(CaseData):
    """A case turned out to be the same as another one; its clocks end."""

    type_name: ClassVar[str] = "crm.case.merged.v1"

    into: Id
    """Case that goes on."""
