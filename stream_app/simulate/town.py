"""The state of the simulated world: its clock, its people, its chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

from stream_app.simulate.rhythm import shares, until_open
from stream_app.simulate.world import CHANNELS, SEGMENTS, TEAMS, TIERS, Channel, Owner, Team

T = TypeVar("T")

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

Step = tuple[float, str, Mapping[str, Any]]
"""Seconds to wait, then the short type and the data of the event that happens."""

Life = Iterator[Step]
"""One story, told step by step; the clock of the town stands at the last step when it goes on."""

MOST_CUSTOMERS = 5_000
"""Customers that the town remembers; older ones move away."""
MOST_DEALS = 200
"""Deals that people of the company remember to work on."""


@dataclass(slots=True)
class Person:
    """One relationship of the town.

    Attributes:
        key: The record key of what is told of them; a customer may get another one than the lead had.
        active: Whether they are a customer who has not left.
        orders: Orders so far.
        subscription: What they pay for every month, if anything: its id, as events carry it.
        gone: Whether they were erased: nothing more is told of them.
    """

    key: str
    channel: Channel
    team: Team
    owner: Owner
    segment: str
    tier: str
    active: bool = True
    orders: int = 0
    subscription: dict[str, str] | None = None
    gone: bool = False


@dataclass(slots=True)
class Town:
    """Everybody and everything that lives share.

    Attributes:
        rng: The only source of chance.
        run: Short name of this run, part of every id.
        squeeze: Exponent on waits in seconds: 1 is real life, 0.5 makes a day of five minutes.
        now: The simulated time in ms.
        customers: Those who can be met.
        deals: What people of the company worked on last.
        issues: Newsletters that were launched.
        attentive: A team that forgets no lead for good.
    """

    rng: Random
    run: str
    squeeze: float
    now: int
    customers: list[Person] = field(default_factory=list)
    deals: list[str] = field(default_factory=list)
    issues: set[str] = field(default_factory=set)
    attentive: str = ""
    _numbers: dict[str, int] = field(default_factory=dict)

    def id(self, kind: str) -> str:
        """Return a new id, such as ``lead-k3f9-000017``."""
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return f"{kind}-{self.run}-{number:06d}"

    def person(self, kind: str) -> Person:
        """Return a new person: where they are follows the hour, how they come follows the channels."""
        team = self.rng.choices(TEAMS, shares(self.now))[0]
        channel = self.rng.choices(CHANNELS, [channel.weight for channel in CHANNELS])[0]
        owner = self.rng.choice(team.owners)
        return Person(self.id(kind), channel, team, owner, self.weighted(SEGMENTS), self.weighted(TIERS))

    def weighted(self, options: Sequence[tuple[T, int]]) -> T:
        """Return one of *options*, (value, weight) pairs."""
        return self.rng.choices([value for value, _ in options], [weight for _, weight in options])[0]

    def chance(self, probability: float) -> bool:
        """Return True with this *probability*."""
        return self.rng.random() < probability

    def around(self, median: float, spread: float = 0.6) -> float:
        """Return a log-normal number of seconds with this *median*."""
        return median * math.exp(self.rng.gauss(0.0, spread))

    def moment(self, seconds: float) -> datetime:
        """Return the time *seconds* from now, squeezed like a wait."""
        return datetime.fromtimestamp(self.now / 1000 + seconds**self.squeeze, UTC)

    def at_work(self, team: Team, seconds: float) -> float:
        """Return *seconds*, longer where they end outside the working hours of *team*.

        In squeezed time a day is minutes long, so nobody goes home.
        """
        if self.squeeze < 1:
            return seconds
        closed = until_open(team, self.now + int(seconds * 1000))
        return seconds + closed / 1000 + (self.around(600) if closed else 0)

    def replies_in(self, owner: Owner, team: Team, patience: float) -> float:
        """Return the seconds that *owner* takes to answer."""
        return self.at_work(team, self.around(owner.reply_seconds * patience, owner.spread))

    def work_on(self, deal_id: str) -> None:
        """Let people of the company work on a deal from now on."""
        self.deals.append(deal_id)
        if len(self.deals) > MOST_DEALS:
            self.deals.pop(0)

    def settle(self, person: Person) -> None:
        """Let *person* be a customer from now on."""
        self.customers.append(person)
        if len(self.customers) > MOST_CUSTOMERS:
            self.customers.pop(0)
