"""Calendar periods: where they begin and end, and which panes are a part of them so far."""

from datetime import UTC, datetime

import pytest

from stream_app.kpis.kinds.periods import LONGEST_MS, bounds, so_far


def ms(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("period", "now", "begin", "end"),
    [
        pytest.param("day", "2026-03-11T17:00", "2026-03-11", "2026-03-12", id="day"),
        pytest.param("day", "2026-03-11T00:00", "2026-03-11", "2026-03-12", id="midnight-begins-the-day"),
        pytest.param("week", "2026-03-11T17:00", "2026-03-09", "2026-03-16", id="week-from-monday"),
        pytest.param("week", "2026-03-15T23:59", "2026-03-09", "2026-03-16", id="sunday-ends-the-week"),
        pytest.param("week", "2026-01-01T00:00", "2025-12-29", "2026-01-05", id="week-over-the-year"),
        pytest.param("month", "2026-03-11T17:00", "2026-03-01", "2026-04-01", id="month"),
        pytest.param("month", "2024-02-29T12:00", "2024-02-01", "2024-03-01", id="leap-year"),
        pytest.param("month", "2026-12-31T23:59", "2026-12-01", "2027-01-01", id="december"),
        pytest.param("quarter", "2026-03-31T23:59", "2026-01-01", "2026-04-01", id="first-quarter"),
        pytest.param("quarter", "2026-10-01T00:00", "2026-10-01", "2027-01-01", id="last-quarter"),
    ],
)
def test_a_period(period, now, begin, end):
    assert bounds(period, ms(now)) == (ms(begin), ms(end))
    window = so_far(period, ms(now))
    span = window.span(ms(now))
    assert span.start * window.pane.size == ms(begin)
    assert span.stop * window.pane.size == (ms(now) // window.pane.size + 1) * window.pane.size
    assert ms(end) - ms(begin) <= LONGEST_MS[period]
