"""What was there before the simulation begins: customers, seats, campaigns, and the books of the last months."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.simulate import campaigns, customers, users
from stream_app.simulate.arrivals import Subject
from stream_app.simulate.campaigns import CAMPAIGNS, Books
from stream_app.simulate.town import Life, Town

DAY_MS = 86_400_000
KNOWN = 80
"""Residents of whose last months everything is told; more of them would drown what happens now."""
_MONTHS = (1, 2, 2, 3)


def of(town: Town, residents: int) -> Iterator[tuple[Subject, Life, int]]:
    """Yield who was there, what happened to them, and since when (ms)."""
    start = town.now
    for number in range(residents):
        person = town.person("customer")
        town.settle(person)
        if number < min(KNOWN, residents // 2):
            months = town.rng.choice(_MONTHS)
            arrived = start - int((33 * months + town.rng.uniform(2, 5)) * DAY_MS)
            yield person, customers.known_customer(town, person, months), arrived
        else:
            arrived = start - int(town.rng.uniform(1, 80) * DAY_MS)
            spoken = town.rng.uniform(-0.2, 1.0) * (start - arrived) / 1000  # below 0: never
            yield person, customers.old_customer(person, spoken), arrived
    if residents:
        yield from _company(town, start)


def _company(town: Town, start: int) -> Iterator[tuple[Subject, Life, int]]:
    """Yield the seats, the campaigns and the books: a company with customers has them."""
    for seat in users.SEATS:
        yield seat, users.given(town, seat), start - int(town.rng.uniform(40, 90) * DAY_MS)
    for campaign in CAMPAIGNS:
        weeks = town.rng.randint(8, 20)
        yield campaign, campaigns.run(town, campaign, weeks), start - int(town.rng.uniform(80, 100) * DAY_MS)
    for month in range(1, 4):
        yield Books(), campaigns.month(town), start - 30 * month * DAY_MS
    yield Books("goals"), campaigns.goals(), start - 10 * DAY_MS
