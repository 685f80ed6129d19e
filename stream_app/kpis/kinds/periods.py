"""Calendar periods: today, or this week, month or quarter so far, as a window of panes; in UTC, as panes are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from stream_app.measures.window import DAY, HOUR, Pane, Window

_PANES: Final = {"day": HOUR, "week": HOUR, "month": DAY, "quarter": DAY}
_MONTHS: Final = {"month": 1, "quarter": 3}
LONGEST_MS: Final = {"day": DAY.size, "week": 7 * DAY.size, "month": 31 * DAY.size, "quarter": 92 * DAY.size}
"""How long a period may be: what a rolling window of the same panes must cover."""


def pane_of(period: str) -> Pane:
    """Return the panes that a *period* ("day", "week", "month", "quarter") is made of."""
    return _PANES[period]


def bounds(period: str, now: int) -> tuple[int, int]:
    """Return the beginning of the *period* in which *now* lies, and its end; in ms. A week begins on Monday."""
    moment = datetime.fromtimestamp(now / 1000, UTC)
    today = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if period == "day":
        return _ms(today), _ms(today + timedelta(days=1))
    if period == "week":
        monday = today - timedelta(days=today.weekday())
        return _ms(monday), _ms(monday + timedelta(days=7))
    months = _MONTHS[period]
    first = (moment.month - 1) // months * months  # from 0
    after = moment.year * 12 + first + months
    begin, end = datetime(moment.year, first + 1, 1, tzinfo=UTC), datetime(after // 12, after % 12 + 1, 1, tzinfo=UTC)
    return _ms(begin), _ms(end)


def so_far(period: str, now: int) -> Window:
    """Return the panes of the *period* until and with the one of *now*, as a window of the period's name."""
    pane = _PANES[period]
    begin, _ = bounds(period, now)
    return Window(period, (now // pane.size + 1) * pane.size - begin, pane)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
