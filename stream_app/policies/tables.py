"""What the tables of a policies file may hold, each checked on its own."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator

from stream_app.calendars import Day, MisconfiguredError, Week, load_zone, parse_times, public_holidays
from stream_app.policies.areas import AREAS, Area
from stream_app.policies.durations import parse_ms


def _list(value: Any) -> Any:
    """Let one text stand for a list of one."""
    return [value] if isinstance(value, str | dict) else value


def _checked(read: Callable[[str], object]) -> AfterValidator:
    """Refuse a text that *read* cannot read, and keep it as it is written."""

    def check(text: str) -> str:
        read(text)
        return text

    return AfterValidator(check)


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _moment(value: Any) -> date:
    if isinstance(value, date):
        return value
    raise MisconfiguredError(f"{value!r} is no date", "write a date without quotes, for example 2026-04-01")


def _within_a_day(times: str) -> None:
    if any(end > 86_400_000 for _, end in parse_times(times)):
        raise MisconfiguredError(
            f"special hours {times!r} go past midnight", "end them at 24:00 and write the rest under the next date"
        )


def _growing(durations: list[str]) -> list[str]:
    lengths = [parse_ms(text) for text in durations]
    if not lengths or any(shorter >= longer for shorter, longer in pairwise(lengths)):
        raise MisconfiguredError(f"{durations} does not grow", "write the shortest first, each length once")
    return durations


def _different(names: list[str]) -> list[str]:
    lower = [name.lower() for name in names]
    if not names or len(set(lower)) < len(lower):
        raise MisconfiguredError(f"{names} does not order the tiers", "write the lowest first, each tier once")
    return lower


def _window(text: str) -> None:
    """Check that panes of a minute, an hour or a day fill the window, as its length demands."""
    length = parse_ms(text)
    pane, name = (86_400_000, "days") if length > 7 * 86_400_000 else (3_600_000, "hours")
    if length <= 2 * 3_600_000:
        pane, name = 60_000, "minutes"
    if length % pane or length > 3660 * 86_400_000:
        raise MisconfiguredError(
            f"a window of {text!r} cannot be made of panes", f"write whole {name}, up to ten years"
        )


Texts = Annotated[list[Annotated[str, Field(min_length=1)]], BeforeValidator(_list)]
Duration = Annotated[str, _checked(parse_ms)]
Window = Annotated[str, _checked(_window)]
Cap = Annotated[int, Field(ge=1)]
Growing = Annotated[list[Duration], BeforeValidator(_list), AfterValidator(_growing)]
Versions = Annotated[list[str | dict[str, Any]], BeforeValidator(_list)]


class Table(BaseModel):
    """A table of the file: it knows its keys and refuses others."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AgesTable(Table):
    """Upper bounds of the ages of a relationship; what is older is stale."""

    active: Duration = "30d"
    cooling: Duration = "60d"
    dormant: Duration = "90d"

    @model_validator(mode="after")
    def _in_order(self) -> "AgesTable":
        if not parse_ms(self.active) < parse_ms(self.cooling) < parse_ms(self.dormant):
            raise MisconfiguredError("the ages do not grow", "write active < cooling < dormant")
        return self


class CaseTables(Table):
    """The three promises of a case; a list in the file replaces the default list."""

    first: list[Any] | None = None
    next: list[Any] | None = None
    resolution: list[Any] | None = None


class MoneyTable(Table):
    """The currency of all money, the rates of others, and what is left of revenue."""

    reporting: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    rates: Annotated[str, Field(min_length=1)] | None = None
    gross_margin: float | None = Field(default=None, ge=0, le=1)


class PipelineTable(Table):
    """How likely a deal in each stage is to be won."""

    probabilities: dict[Annotated[str, Field(min_length=1)], Annotated[float, Field(ge=0, le=1)]] = {}


class AttributionTable(Table):
    """Which campaign is credited with what somebody does."""

    credit: Literal["first", "last"] = "first"
    window: Duration = "90d"


class CallsTable(Table):
    """By which times calls are measured."""

    service_level: Growing = ["20s"]
    short_abandon: Annotated[str, _checked(lambda text: text == "none" or parse_ms(text))] = "5s"
    repeat_contact: Growing = ["7d"]


class CatalogueTable(Table):
    """Which KPIs are followed."""

    areas: Annotated[list[Area], Field(min_length=1)] = list(AREAS)


class FileTable(Table):
    """The whole file; what stands in the tables below is read on its own."""

    default_calendar: Versions = ["always"]
    risk_share: float = Field(default=0.8, gt=0, lt=1)
    lateness: Duration = "24h"
    future_skew: Duration = "5m"
    reply_horizon: Duration = "14d"
    unresponsive_after: int = Field(default=4, ge=1)
    renewal_grace: Duration = "14d"
    lead_maturity: Duration = "30d"
    freshness: Annotated[list[Duration], AfterValidator(_growing)] = ["7d", "30d"]
    windows: Annotated[list[Window], AfterValidator(_growing)] = [
        "15m", "1h", "24h", "7d", "30d", "90d",
    ]  # fmt: skip
    label_cap: Cap = 200
    tiers: Annotated[Texts, AfterValidator(_different)] = [
        "free", "basic", "standard", "plus", "pro", "premium", "enterprise",
    ]  # fmt: skip
    label_caps: dict[str, Cap] = {}
    owners: dict[str, Annotated[str, Field(min_length=1, max_length=200)]] = {}
    goals: list[Any] = []
    thresholds: dict[str, Any] = {}
    links: list[Any] = []
    slo: dict[str, Any] = {}
    alerts: dict[str, Any] = {}
    ages: dict[str, Any] = {}
    catalogue: dict[str, Any] = {}
    money: dict[str, Any] = {}
    pipeline: dict[str, Any] = {}
    attribution: dict[str, Any] = {}
    calls: dict[str, Any] = {}
    calendars: dict[str, Any] = {}
    teams: dict[str, Any] = {}
    response: list[Any] | None = None
    case: dict[str, Any] = {}
    funnels: dict[str, Any] = {}


class CalendarTable(Table):
    """The hours of a team: where, on which weekdays, and on which dates not."""

    zone: Annotated[str, _checked(load_zone)]
    hours: Annotated[list[Annotated[str, _checked(lambda line: Week.parse([line]))]], BeforeValidator(_list)]
    breaks: Annotated[list[Annotated[str, _checked(lambda line: Week.parse([line]))]], BeforeValidator(_list)] = []
    holidays: Annotated[
        list[Annotated[str, _checked(lambda region: public_holidays(region, 2024))]], BeforeValidator(_list)
    ] = []
    closed: Annotated[list[Annotated[str, BeforeValidator(_iso), _checked(Day.parse)]], BeforeValidator(_list)] = []
    special: dict[
        Annotated[str, _checked(Day.parse)],
        Annotated[list[Annotated[str, _checked(_within_a_day)]], BeforeValidator(_list)],
    ] = {}

    @model_validator(mode="after")
    def _week(self) -> "CalendarTable":
        Week.parse(self.hours, self.breaks)
        return self


class TeamTable(Table):
    """A team: its calendar (or its calendars over time), and whether anything is promised for it."""

    calendar: Versions | None = None
    policy: Literal["default", "none"] = "default"


class VersionTable(Table):
    """A calendar, and the date or time from which it is in force."""

    name: str
    since: Annotated[date | None, PlainValidator(_moment)] = Field(default=None, alias="from")


class RuleTable(Table):
    """A promise on the first answer to a lead."""

    within: Annotated[str, _checked(lambda text: text == "none" or parse_ms(text))]
    team: Texts = []
    channel: Texts = []
    time: Literal["team", "always"] = "team"
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class CaseRuleTable(RuleTable):
    """A promise on an answer to a case."""

    priority: Annotated[list[Literal["low", "normal", "high", "urgent"]], BeforeValidator(_list)] = []


class FunnelTable(Table):
    """A funnel; what a shipped one of the same name has and this has not stays as shipped."""

    enabled: bool = True
    key: Literal["relationship", "message"] = "relationship"
    order: Literal["sequential", "strict", "any"] = "sequential"
    window: Duration = "30d"
    steps: list[Any] | None = None
    exits: list[Any] | None = None
    exclude: list[Any] | None = None


class StepTable(Table):
    """A step: its name, and the event or the several events that reach it."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    event: str | None = None
    where: dict[str, Any] = {}
    events: list[Any] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "StepTable":
        if (self.event is None) == (self.events is None) or (self.events is not None and self.where):
            raise MisconfiguredError(
                f"step {self.name!r} needs either event (with where) or events",
                'write event = "deal.won", or events = ["deal.won", { event = "...", where = { ... } }]',
            )
        return self


class MatchTable(Table):
    """One event that reaches a step, and the values that its fields must have."""

    event: str
    where: dict[str, Any] = {}
