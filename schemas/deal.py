"""Events of a deal: a sale that may be won."""

from typing import ClassVar, Literal

from schemas.event_data import EventData
from schemas.fields import Amount, Currency, Id, Text


class DealData(EventData):
    """Which deal it was."""

    deal_id: Id
    """Deal."""


class DealOpened(DealData):
    """A deal was opened."""

    type_name: ClassVar[str] = "crm.deal.opened.v1"

    amount: Amount | None = None
    """Expected amount, in minor units of the currency (cents)."""
    currency: Currency | None = None
    """Currency of the amount, ISO 4217, capital letters."""
    kind: Literal["new", "renewal", "cross_sell", "up_sell"] = "new"
    """What is sold: first business, the same again, something else, or more."""
    stage: Text | None = None
    """Pipeline stage that the deal starts in."""
    owner_id: Id | None = None
    """CRM user who owns the deal."""
    team: Text | None = None
    """Team that owns the deal."""
    campaign_id: Id | None = None
    """Campaign that the deal comes from."""
    channel: Text | None = None
    """Channel that the deal comes from."""
    product: Text | None = None
    """Product or product line that is sold."""


class DealStageChanged(DealData):
    """A deal moved to another stage of its pipeline."""

    type_name: ClassVar[str] = "crm.deal.stage_changed.v1"

    stage: Text
    """Stage that the deal is in from now on; the one it was in when only something else changed."""
    amount: Amount | None = None
    """Expected amount from now on, in minor units of the currency (cents); absent: as before."""
    currency: Currency | None = None
    """Currency of the amount, ISO 4217, capital letters."""
    owner_id: Id | None = None
    """CRM user who owns the deal from now on; absent: as before."""
    team: Text | None = None
    """Team that owns the deal from now on; absent: as before."""


class DealProposalSent(DealData):
    """A proposal for a deal was sent to the relationship."""

    type_name: ClassVar[str] = "crm.deal.proposal_sent.v1"


class DealWon(DealData):
    """A deal was won."""

    type_name: ClassVar[str] = "crm.deal.won.v1"

    amount: Amount | None = None
    """Final amount, in minor units of the currency (cents); absent: as opened."""
    currency: Currency | None = None
    """Currency of the amount, ISO 4217, capital letters."""


class DealLost(DealData):
    """A deal was lost."""

    type_name: ClassVar[str] = "crm.deal.lost.v1"

    reason: Text | None = None
    """Why, such as price or timing."""


class DealReopened(DealData):
    """A won or lost deal is open again."""

    type_name: ClassVar[str] = "crm.deal.reopened.v1"
