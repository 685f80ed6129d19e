"""The event of an order: what was bought."""

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
