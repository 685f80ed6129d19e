"""The event of an interaction: one touch between the company and a relationship."""

from typing import ClassVar, Literal

from schemas.event_data import EventData
from schemas.fields import Id, Text


class InteractionLogged(EventData):
    """Somebody called, wrote or met somebody."""

    type_name: ClassVar[str] = "crm.interaction.logged.v1"

    direction: Literal["in", "out"]
    """in: from the relationship to the company; out: the other way."""
    medium: Literal["call", "email", "chat", "sms", "meeting", "visit", "social"]
    """How they met."""
    automated: bool = False
    """Made by a machine: bot, auto-reply, sequence, bulk mail; no human response."""
    internal: bool = False
    """Between colleagues only; never a contact with the relationship."""
    two_way: bool = False
    """Both sides spoke, as in an answered call or a meeting."""
    user_id: Id | None = None
    """CRM user who took part."""
    team: Text | None = None
    """Team of that user."""
    outcome: Text | None = None
    """Result as the CRM has it, such as connected or no_answer."""
    campaign_id: Id | None = None
    """Campaign that the touch belongs to."""
    case_id: Id | None = None
    """Service case that the touch belongs to."""
    deal_id: Id | None = None
    """Deal that the touch belongs to."""
    call_id: Id | None = None
    """Call that it was, where the telephone system reports its calls too: the two are one contact."""
