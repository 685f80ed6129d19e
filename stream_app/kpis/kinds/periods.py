"""Calendar periods: this month or quarter so far, as a window of days; in UTC, as panes are."""

from __future__ import annotations

from datetime import UTC, datetime

from stream_app.measures.window import DAY, Window

_MONTHS = {"month": 1, "quarter": 3}
LONGEST_MS = {"month": 31 * DAY.size, "quarter": 92 * DAY.size}
"""How long a period may be: what the longest rolling window must cover."""


def bounds(period: str, now: int) -> tuple[int, int]:
    """Return the beginning of the *period* ("month" or "quarter") in which *now* lies, and its end; in ms."""
    moment = datetime.fromtimestamp(now / 1000, UTC)
    months = _MONTHS[period]
    first = (moment.month - 1) // months * months  # from 0
    after = moment.year * 12 + first + months
    begin, end = datetime(moment.year, first + 1, 1, tzinfo=UTC), datetime(after // 12, after % 12 + 1, 1, tzinfo=UTC)
    return int(begin.timestamp() * 1000), int(end.timestamp() * 1000)


def so_far(period: str, now: int) -> Window:
    """Return the days of the *period* until and with the one of *now*, as a window of the period's name."""
    begin, _ = bounds(period, now)
    return Window(period, (now // DAY.size + 1) * DAY.size - begin, DAY)
