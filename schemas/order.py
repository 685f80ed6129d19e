"""Events of an order: what was bought, and what was paid back."""

from typing import Annotated, ClassVar

from pydantic import Field

from schemas.event_data import EventData
from schemas.fields import Currency, FromArray, Id, Part, Price, Quantity, Text


class OrderLine(Part):
    """One line of an order."""

    sku: Id
    """Article."""
    quantity: Quantity
    """Units, at least 1."""
    price: Price
    """Price of one unit, in minor units of the order's currency (cents)."""
    product_tier: Text | None = None
    """Tier of the article, such as basic or premium."""
    product_line: Text | None = None
    """Product line of the article, such as phones or tariffs."""


class OrderPlaced(EventData):
    """A relationship placed an order."""

    type_name: ClassVar[str] = "crm.order.placed.v1"

    order_id: Id
    """Order."""
    currency: Currency
    """Currency of all prices, ISO 4217, capital letters."""
    lines: Annotated[tuple[OrderLine, ...], FromArray, Field(min_length=1, max_length=1000)]
    """What was bought, at least one line."""
    campaign_id: Id | None = None
    """Campaign that the order comes from."""
    case_id: Id | None = None
    """Service case that the order comes from."""
    channel: Text | None = None
    """Channel that the order came by."""
    team: Text | None = None
    """Team that sold it."""
    deal_id: Id | None = None
    """Deal that the order belongs to: its money is counted with the deal and not again."""


class OrderRefunded(EventData):
    """Money of an order was paid back."""

    type_name: ClassVar[str] = "crm.order.refunded.v1"

    order_id: Id
    """Order."""
    amount: Price
    """Amount paid back, in minor units of the currency (cents)."""
    currency: Currency
    """Currency of the amount, ISO 4217, capital letters."""
    quantity: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """Units that came back."""
