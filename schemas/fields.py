"""The field types that every event is made of: ids, texts, codes, money and moments."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from schemas.moments import EARLIEST, LATEST

LARGEST_INT = 2**53 - 1  # beyond it JavaScript and spreadsheets silently round

ZONED = Annotated[datetime, msgspec.Meta(tz=True)]


def read_moment(value: Any) -> Any:
    """Read an RFC 3339 text as a datetime; pass anything else through.

    Both readers, pydantic and msgspec, so share one reader of times. A number of milliseconds in a text,
    which pydantic alone would take for a time, is refused.

    Raises:
        ValueError: the text is not an RFC 3339 date-time with a zone.
    """
    if not isinstance(value, str):
        return value
    try:
        return msgspec.convert(value, ZONED)
    except msgspec.ValidationError as problem:
        raise ValueError("expected an RFC 3339 date-time with a zone, such as 2026-03-02T09:15:00Z") from problem


def check_moment(moment: datetime) -> datetime:
    """Refuse a moment that no CRM means; near the years 1 and 9999 it could not even be moved to UTC.

    Raises:
        ValueError: outside of the years 2000 to 2099.
    """
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"{moment} is not in the years 2000 to 2099")
    return moment


Id = Annotated[str, Field(min_length=1, max_length=128)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", min_length=2, max_length=2)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", min_length=3, max_length=3)]
Amount = Annotated[int, Field(ge=-LARGEST_INT, le=LARGEST_INT)]
Price = Annotated[int, Field(ge=0, le=LARGEST_INT)]
Quantity = Annotated[int, Field(ge=1, le=1_000_000_000)]
Number = Annotated[float, Field(ge=-LARGEST_INT, le=LARGEST_INT)]
Period = Literal["month", "quarter", "year"]
LeadScore = Annotated[float, Field(ge=0, le=100)]
SurveyScore = Annotated[float, Field(ge=0, le=10)]
Timestamp = Annotated[AwareDatetime, BeforeValidator(read_moment)]
Moment = Annotated[AwareDatetime, BeforeValidator(read_moment), AfterValidator(check_moment)]
# A decoded JSON array is a list, which strict pydantic does not take for a tuple; the items stay strict.
FromArray = Strict(False)

CONTRACT = ConfigDict(
    strict=True,  # "42" is not a number and 1 is not true
    frozen=True,
    extra="ignore",  # a reader tolerates what a newer writer adds; the published schemas are closed
    allow_inf_nan=False,
    use_attribute_docstrings=True,
)


class Part(BaseModel):
    """A value inside the data of an event."""

    model_config = CONTRACT
