"""The life of a campaign and the books of the company: launched, paid for, over, and what it all costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from stream_app.simulate.town import DAY, HOUR, Life, Town
from stream_app.simulate.world import CHANNELS, SEGMENTS


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign: its id, where it runs, what it is, and what a week of it costs in cents."""

    key: str
    channel: str
    kind: str
    weekly: int


CAMPAIGNS = (
    Campaign("spring-launch", "web", "launch", 120_000),
    Campaign("webinar-june", "web", "webinar", 45_000),
    Campaign("fair-milan", "event", "trade_fair", 300_000),
    Campaign("retargeting", "social", "advertising", 80_000),
    Campaign("partner-day", "partner", "event", 60_000),
    Campaign("bring-a-friend", "referral", "referral", 15_000),
)
NEWSLETTERS = ("news-weekly", "news-product", "win-back")
LIST = "customers"


@dataclass(frozen=True, slots=True)
class Books:
    """Where costs are booked that belong to no campaign."""

    key: str = "books"


def run(town: Town, campaign: Campaign, weeks: int) -> Life:
    """Run *campaign* for so many weeks, each of which is paid for."""
    yield 0.0, "campaign.launched", {"channel": campaign.channel, "kind": campaign.kind}
    for _ in range(weeks):
        yield town.around(HOUR, 0.2), "cost.recorded", _cost(town, campaign.weekly, channel=campaign.channel)
        yield 7 * DAY - HOUR, "cost.recorded", _cost(town, campaign.weekly // 5, channel=campaign.channel)
    yield town.around(HOUR), "campaign.ended", {}


def mailing(town: Town, newsletter: Campaign) -> Life:
    """Send one issue of a newsletter, which is over when nobody opens it any more."""
    yield 0.0, "campaign.launched", {"channel": "email", "kind": "newsletter", "list_id": LIST}
    yield town.around(60), "cost.recorded", _cost(town, newsletter.weekly, channel="email")
    yield 6 * DAY, "campaign.ended", {}


def month(town: Town) -> Life:
    """Book what a month of everything else costs, spread over its days, and correct a bill."""
    for category, amount in (("acquisition", 400_000), ("retention", 90_000), ("service", 250_000)):
        for channel in CHANNELS if category == "acquisition" else ():
            yield 1.0, "cost.recorded", _cost(town, round(amount * channel.weight / 100), channel=channel.name, days=30)
        for segment, weight in SEGMENTS if category == "retention" else ():
            yield 1.0, "cost.recorded", _cost(town, amount * weight // 10, category, segment=segment, days=30)
        if category == "service":
            yield 1.0, "cost.recorded", _cost(town, amount, category, days=30)
    yield 1.0, "cost.recorded", _cost(town, 350_000, "overhead", days=30)
    yield 2 * HOUR, "cost.recorded", {"category": "overhead", "amount": -12_000, "currency": "EUR"}


def goals() -> Life:
    """Set the goals that nobody wrote into the policies."""
    yield 0.0, "goal.set", {"kpi": "lead_response_sla_ratio", "at_least": 0.8}
    yield 1.0, "goal.set", {"kpi": "csat_ratio", "at_least": 0.7, "window": "7d"}


def _cost(town: Town, median: int, category: str = "acquisition", days: int = 0, **about: str) -> dict[str, Any]:
    cost: dict[str, Any] = {"category": category, "amount": round(town.around(median, 0.2)), "currency": "EUR", **about}
    if days:
        cost["period_ends_at"] = town.moment(0) + timedelta(days=days)
    return cost
