"""Events of a survey: what a relationship thinks of us."""

from typing import ClassVar, Literal

from schemas.event_data import EventData
from schemas.fields import Id, SurveyScore, Text


class SurveySent(EventData):
    """A survey was sent."""

    type_name: ClassVar[str] = "crm.survey.sent.v1"

    survey_id: Id
    """Survey, one per recipient."""
    kind: Literal["nps", "csat", "ces"]
    """What is asked: recommendation, satisfaction or effort."""
    agent_id: Id | None = None
    """CRM user who gets the credit for the answer, as of the sending."""
    case_id: Id | None = None
    """Service case that the survey is about."""
    team: Text | None = None
    """Team of that user."""
    category: Text | None = None
    """What the survey is about, such as product or delivery."""


class SurveyAnswered(EventData):
    """A survey was answered."""

    type_name: ClassVar[str] = "crm.survey.answered.v1"

    survey_id: Id
    """Survey, one per recipient."""
    kind: Literal["nps", "csat", "ces"]
    """What was asked: recommendation, satisfaction or effort."""
    score: SurveyScore
    """Answer on the survey's own scale: nps 0 to 10, csat 1 to 5, ces 1 to 7."""
    agent_id: Id | None = None
    """CRM user who got the survey's credit."""
    case_id: Id | None = None
    """Service case that the survey is about."""
