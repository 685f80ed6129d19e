"""The rhythm of a day and a week, in each team's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from stream_app.simulate.world import TEAMS, Team

HOUR_MS = 3_600_000

# Share of a weekday's traffic in each local hour: a rise at nine, a dip at lunch, a tail in the evening.
_HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 12, 17, 18, 16, 11, 14, 17, 16, 14, 11, 8, 7, 6, 5, 3, 2)
_DAYS = (1.1, 1.15, 1.1, 1.05, 0.9, 0.45, 0.35)  # Monday to Sunday
_MEAN = sum(_HOURS) / 24 * sum(_DAYS) / 7


@lru_cache(maxsize=4096)
def _local(zone: str, hour: int) -> datetime:
    """Return the local time at the start of the *hour* since the epoch."""
    return datetime.fromtimestamp(hour * 3600, UTC).astimezone(ZoneInfo(zone))


@lru_cache(maxsize=4096)
def _shares(hour: int) -> tuple[float, ...]:
    shares = []
    for team in TEAMS:
        local = _local(team.zone, hour)
        shares.append(team.weight * _HOURS[local.hour] * _DAYS[local.weekday()] / _MEAN)
    return tuple(shares)


def shares(at: int) -> tuple[float, ...]:
    """Return how busy each team's customers are at *at* ms; the sum is 1 on average over a week."""
    return _shares(at // HOUR_MS)


PEAK = max(sum(_shares(hour)) for hour in range(24 * 7))
"""The busiest hour of a week, relative to the mean."""


def until_open(team: Team, at: int) -> int:
    """Return the ms from *at* until *team* is at work; 0 while it is."""
    local = _local(team.zone, at // HOUR_MS)
    if local.weekday() < 5 and team.opens <= local.hour < team.closes:
        return 0
    day = local.replace(hour=team.opens, minute=0, second=0, microsecond=0)
    if local.hour >= team.opens:
        day += timedelta(days=1)  # wall time: the zone's clock may change in between
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return max(0, int(day.timestamp() * 1000) - at)
