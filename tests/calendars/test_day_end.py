"""The midnight that ends a business day, by the clock on the wall of the calendar's zone."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.calendars import ALWAYS, Versions, Week, WeeklyCalendar, load_zone

BERLIN = WeeklyCalendar(Week.parse(["Mon-Fri 09:00-17:00"]), load_zone("Europe/Berlin"))
NEW_YORK = WeeklyCalendar(Week.parse(["Mon-Fri 09:00-17:00"]), load_zone("America/New_York"))
CAIRO = WeeklyCalendar(Week.parse(["Mon-Sun 00:00-24:00"]), load_zone("Africa/Cairo"))


def ms(text):
    return int(datetime.fromisoformat(text).timestamp() * 1000)


MOVED = Versions(BERLIN, [(ms("2026-03-04T00:00:00Z"), NEW_YORK)])

DAYS = [
    pytest.param(BERLIN, "2026-03-05T12:00:00+01:00", "2026-03-06T00:00:00+01:00", id="in hours"),
    pytest.param(BERLIN, "2026-03-05T20:00:00+01:00", "2026-03-07T00:00:00+01:00", id="evening: the next day's"),
    pytest.param(BERLIN, "2026-03-06T20:00:00+01:00", "2026-03-10T00:00:00+01:00", id="Friday evening: Monday's"),
    pytest.param(BERLIN, "2026-03-28T12:00:00+01:00", "2026-03-31T00:00:00+02:00", id="over the change of clocks"),
    pytest.param(NEW_YORK, "2026-03-05T23:00:00+01:00", "2026-03-07T00:00:00-05:00", id="in its own zone: closed"),
    pytest.param(CAIRO, "2026-04-23T12:00:00+02:00", "2026-04-24T01:00:00+03:00", id="midnight is skipped"),
    pytest.param(ALWAYS, "2026-03-05T23:59:59Z", "2026-03-06T00:00:00Z", id="around the clock: UTC"),
    pytest.param(MOVED, "2026-03-03T12:00:00+01:00", "2026-03-04T00:00:00+01:00", id="before the move"),
    pytest.param(MOVED, "2026-03-03T18:00:00+01:00", "2026-03-05T00:00:00-05:00", id="opens after the move"),
]


@pytest.mark.parametrize(("calendar", "at", "expected"), DAYS)
def test_the_day_ends_at_midnight_on_the_wall(calendar, at, expected):
    """What comes while closed belongs to the day that opens next."""
    assert calendar.day_end(ms(at)) == ms(expected)


@given(st.integers(ms("2024-01-01T00:00:00Z"), ms("2027-01-01T00:00:00Z")), st.sampled_from([BERLIN, NEW_YORK, CAIRO]))
def test_the_day_ends_after_it_opened_and_holds_business_time(at, calendar):
    """The end lies after the opening, within 25 hours, and no later day is open before it."""
    opening, end = calendar.opens(at), calendar.day_end(at)

    assert opening < end <= opening + 25 * 3_600_000
    assert calendar.day_end(opening) == end
