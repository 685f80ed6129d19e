"""Who takes part: channels, teams, owners with their habits, what they sell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Channel:
    """Where leads come from.

    Attributes:
        name: Label on the events.
        weight: Share of the leads, relative to the other channels.
        patience: Factor on the owner's usual reply time: a chat is answered sooner than a mail.
        medium: How the first human touch is made.
        wins: Chance that an opportunity from here is won.
    """

    name: str
    weight: float
    patience: float
    medium: str
    wins: float


@dataclass(frozen=True, slots=True)
class Owner:
    """A sales or service person and their habits.

    Attributes:
        id: CRM user id.
        reply_seconds: Median time to a first reply while at work.
        spread: Sigma of the log-normal reply time: a steady person has 0.6, a moody one 1.4.
        diligence: Share of their leads that they ever answer.
    """

    id: str
    reply_seconds: float
    spread: float
    diligence: float


@dataclass(frozen=True, slots=True)
class Team:
    """A team: its label, its zone, its share of the traffic, its people and its working hours."""

    name: str
    zone: str
    weight: float
    countries: tuple[str, ...]
    owners: tuple[Owner, ...]
    opens: int = 8
    closes: int = 18


CHANNELS = (
    Channel("web", 30, 1.0, "email", 0.30),
    Channel("chat", 18, 0.3, "chat", 0.28),
    Channel("phone", 14, 0.5, "call", 0.42),
    Channel("email", 14, 2.0, "email", 0.26),
    Channel("social", 10, 1.6, "social", 0.16),
    Channel("partner", 8, 1.3, "call", 0.52),
    Channel("event", 6, 3.0, "call", 0.35),
)

TEAMS = (
    Team(
        "emea", "Europe/Rome", 0.45, ("IT", "DE", "FR", "GB", "ES"),
        (
            Owner("ada", 240, 0.7, 0.98),
            Owner("bruno", 480, 0.9, 0.95),
            Owner("chiara", 600, 0.8, 0.93),
            Owner("dieter", 2400, 1.3, 0.80),
        ),
    ),
    Team(
        "americas", "America/New_York", 0.35, ("US", "CA", "MX", "BR"),
        (
            Owner("ellen", 180, 0.6, 0.99),
            Owner("frank", 420, 1.0, 0.92),
            Owner("gloria", 900, 1.1, 0.90),
            Owner("hank", 1500, 1.4, 0.82),
        ),
    ),
    Team(
        "apac", "Asia/Singapore", 0.20, ("SG", "JP", "AU", "IN"),
        (
            Owner("indira", 300, 0.8, 0.97),
            Owner("jun", 540, 0.9, 0.94),
            Owner("kai", 780, 1.0, 0.90),
            Owner("lien", 1200, 1.2, 0.86),
        ),
    ),
)  # fmt: skip

SEGMENTS = (("smb", 6), ("mid-market", 3), ("enterprise", 1))
TIERS = (("basic", 5), ("plus", 3), ("premium", 1))
FORMS = ("contact", "demo-request", "pricing", "ebook")
REASONS_LOST = ("price", "competitor", "no_decision", "timing")
REASONS_DISQUALIFIED = ("no_budget", "no_need", "wrong_contact", "spam")
STAGES = ("discovery", "demo", "proposal", "negotiation")
"""Stages of the pipeline, in order."""


class Product(NamedTuple):
    """An article: its SKU, tier, line, and the price of one unit in cents."""

    sku: str
    tier: str
    line: str
    price: int


PRODUCTS = (
    Product("seat-basic", "basic", "seats", 1_900),
    Product("seat-plus", "plus", "seats", 4_900),
    Product("seat-premium", "premium", "seats", 9_900),
    Product("onboarding", "basic", "services", 45_000),
    Product("training", "plus", "services", 80_000),
)


class Plan(NamedTuple):
    """A subscription: plan, tier, and the price of one month in cents."""

    name: str
    tier: str
    monthly: int


PLANS = (Plan("starter", "basic", 4_900), Plan("team", "plus", 19_900), Plan("company", "premium", 89_000))
"""From the smallest to the largest."""

CURRENCIES = {"emea": "EUR", "americas": "USD", "apac": "USD"}
