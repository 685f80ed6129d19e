"""Cases 1 to 9 of the KPI catalogue: what is due when, and how much of a wait is business time."""

from datetime import datetime

import pytest

from stream_app.calendars import Dates, Versions, Week, WeeklyCalendar, load_zone
from stream_app.policies import parse

MINUTE, HOUR = 60_000, 3_600_000
UTC = "UTC"
BERLIN = "Europe/Berlin"
OFFICE = ("Mon-Fri 09:00-17:00",)


def calendar(*hours, zone=UTC, holidays=()):
    return WeeklyCalendar(Week.parse(hours or OFFICE), load_zone(zone), Dates(tuple(holidays)))


def at(text, zone=UTC):
    """Read "Fri 2026-03-06 16:30" as ms; the weekday is there for the reader, and checked."""
    day, _, rest = text.partition(" ")
    moment = datetime.fromisoformat(rest).replace(tzinfo=load_zone(zone))
    assert moment.strftime("%a") == day, f"{rest} is a {moment:%A}"
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("hours", "created", "target_h", "due"),
    [
        pytest.param(OFFICE, "Fri 2026-03-06 16:30", 1, "Mon 2026-03-09 09:30", id="1-over-the-weekend"),
        pytest.param(OFFICE, "Wed 2026-03-04 07:00", 2, "Wed 2026-03-04 11:00", id="2-before-opening"),
        pytest.param(OFFICE, "Tue 2026-03-03 16:00", 4, "Wed 2026-03-04 12:00", id="3-next-working-day"),
        pytest.param(OFFICE, "Fri 2026-03-06 16:00", 4, "Mon 2026-03-09 12:00", id="3-next-working-day-is-monday"),
        pytest.param(OFFICE, "Tue 2026-03-03 16:00", 1, "Tue 2026-03-03 17:00", id="due-at-closing-not-next-opening"),
        pytest.param(OFFICE, "Sat 2026-03-07 11:11", 0, "Sat 2026-03-07 11:11", id="no-time-is-over-at-once"),
        pytest.param(
            ("Mon-Fri 08:00-12:00, 13:30-18:00",), "Wed 2026-03-04 11:00", 2, "Wed 2026-03-04 14:30", id="9-break"
        ),
    ],
)  # fmt: skip
def test_due(hours, created, target_h, due):
    """A target runs in business time only."""
    assert calendar(*hours).due(at(created), target_h * HOUR) == at(due)


@pytest.mark.parametrize(
    ("hours", "created", "answered", "business_h", "calendar_h"),
    [
        pytest.param(
            ("Mon-Fri 07:00-17:00",), "Tue 2026-03-03 18:00", "Wed 2026-03-04 08:00", 1, 14, id="4-after-hours"
        ),
        pytest.param(OFFICE, "Sat 2026-03-07 10:00", "Sun 2026-03-08 12:00", 0, 26, id="5-answered-out-of-hours"),
        pytest.param(OFFICE, "Fri 2026-03-06 16:00", "Mon 2026-03-09 10:00", 2, 66, id="over-a-weekend"),
        pytest.param(OFFICE, "Wed 2026-03-04 10:00", "Wed 2026-03-04 10:00", 0, 0, id="answered-at-once"),
        pytest.param(OFFICE, "Wed 2026-03-04 12:00", "Wed 2026-03-04 10:00", 0, -2, id="an-answer-before-is-no-time"),
    ],
)  # fmt: skip
def test_elapsed(hours, created, answered, business_h, calendar_h):
    """The business part of a wait, beside the wait itself."""
    start, end = at(created), at(answered)

    assert calendar(*hours).elapsed(start, end) == business_h * HOUR
    assert end - start == calendar_h * HOUR


def test_5_is_flagged_out_of_hours():
    """Arrival and answer out of hours can be told from an answer at once within hours."""
    office = calendar()

    assert not office.is_open(at("Sat 2026-03-07 10:00"))
    assert not office.is_open(at("Sun 2026-03-08 12:00"))
    assert office.is_open(at("Wed 2026-03-04 09:00"))
    assert not office.is_open(at("Wed 2026-03-04 17:00"))


@pytest.mark.parametrize(
    ("region", "raised", "starts"),
    [
        pytest.param("DE", "Fri 2026-05-01 10:00", "Mon 2026-05-04 09:00", id="labour-day"),
        pytest.param("DE-BE", "Fri 2026-05-01 00:00", "Mon 2026-05-04 09:00", id="from-its-midnight"),
        pytest.param("DE-BY", "Tue 2026-01-06 10:00", "Wed 2026-01-07 09:00", id="epiphany-in-bavaria"),
        pytest.param("DE-BE", "Tue 2026-01-06 10:00", "Tue 2026-01-06 10:00", id="no-epiphany-in-berlin"),
        pytest.param("US", "Thu 2026-11-26 10:00", "Fri 2026-11-27 09:00", id="thanksgiving"),
        pytest.param("DE", "Thu 2026-12-31 18:00", "Mon 2027-01-04 09:00", id="over-new-year"),
    ],
)
def test_6_raised_on_a_holiday(region, raised, starts):
    """What is raised on a holiday starts at the first working minute."""
    office = calendar(holidays=[region])

    assert office.opens(at(raised)) == at(starts)
    assert office.due(at(raised), HOUR) == at(starts) + HOUR
    assert office.elapsed(at(raised), at(starts)) == 0


@pytest.mark.parametrize(
    ("created", "answered", "business_h"),
    [
        pytest.param("Mon 2026-03-30 09:00", "Tue 2026-03-31 17:00", 16, id="all-before"),
        pytest.param("Wed 2026-04-01 00:00", "Wed 2026-04-01 23:00", 6, id="all-after"),
        pytest.param("Tue 2026-03-31 15:00", "Wed 2026-04-01 12:00", 2 + 2, id="a-part-by-each"),
        pytest.param("Mon 2026-03-30 15:00", "Thu 2026-04-02 12:00", 2 + 8 + 6 + 2, id="days-by-each"),
    ],
)
def test_7_the_calendar_changes_during_a_wait(created, answered, business_h):
    """Each part of a wait counts by the calendar then in force: 09-17 before 1 April, 10-16 from then on."""
    team = Versions(calendar(), [(at("Wed 2026-04-01 00:00"), calendar("Mon-Fri 10:00-16:00"))])
    start, end = at(created), at(answered)

    assert team.elapsed(start, end) == business_h * HOUR
    assert team.due(start, business_h * HOUR) <= end
    assert team.elapsed(start, team.due(start, business_h * HOUR)) == business_h * HOUR


def test_7_from_a_policies_file():
    """The change of calendars is written in the file, and a date begins at midnight of the new calendar's zone."""
    policies = parse(
        """
        [calendars.berlin]
        zone = "Europe/Berlin"
        hours = "Mon-Fri 09:00-17:00"

        [calendars.tokyo]
        zone = "Asia/Tokyo"
        hours = "Mon-Fri 09:00-17:00"

        [teams.emea]
        calendar = ["berlin", { name = "tokyo", from = 2026-04-01 }]
        """
    )
    team = policies.calendar("emea")

    # Tokyo's 1 April begins on 31 March at 17:00 in Berlin, just when Berlin closes.
    assert team.elapsed(at("Tue 2026-03-31 15:00", BERLIN), at("Wed 2026-04-01 11:00", "Asia/Tokyo")) == 4 * HOUR
    assert not team.is_open(at("Wed 2026-04-01 16:00", BERLIN))


@pytest.mark.parametrize(
    ("hours", "zone", "created", "answered", "business_h", "calendar_h"),
    [
        pytest.param(
            OFFICE, BERLIN, "Fri 2026-03-27 16:00", "Mon 2026-03-30 10:00", 2, 65, id="spring-weekend"
        ),
        pytest.param(
            OFFICE, BERLIN, "Fri 2026-10-23 16:00", "Mon 2026-10-26 10:00", 2, 67, id="autumn-weekend"
        ),
        pytest.param(
            ("Sat 22:00-06:00",), BERLIN, "Sat 2026-03-28 12:00", "Sun 2026-03-29 12:00", 7, 23, id="short-night-shift"
        ),
        pytest.param(
            ("Sat 22:00-06:00",), BERLIN, "Sat 2026-10-24 12:00", "Sun 2026-10-25 12:00", 9, 25, id="long-night-shift"
        ),
        pytest.param(
            ("Sun 02:30-06:00",), BERLIN, "Sat 2026-03-28 12:00", "Sun 2026-03-29 12:00", 3, 23, id="starts-in-the-gap"
        ),
        pytest.param(
            ("Sat 20:00-02:30",), BERLIN, "Sat 2026-03-28 12:00", "Sun 2026-03-29 12:00", 6, 23, id="ends-in-the-gap"
        ),
        pytest.param(
            ("Sun 02:15-02:45",), BERLIN, "Sat 2026-03-28 12:00", "Sun 2026-03-29 12:00", 0, 23, id="all-in-the-gap"
        ),
        pytest.param(
            ("Sun 02:00-03:00",), BERLIN, "Sat 2026-10-24 12:00", "Sun 2026-10-25 12:00", 2, 25, id="hour-comes-twice"
        ),
        pytest.param(
            ("Mon-Sun 00:00-24:00",), BERLIN, "Sun 2026-03-29 00:00", "Mon 2026-03-30 00:00", 23, 23, id="short-day"
        ),
        pytest.param(
            ("Mon-Sun 00:00-24:00",), BERLIN, "Sun 2026-10-25 00:00", "Mon 2026-10-26 00:00", 25, 25, id="long-day"
        ),
        pytest.param(
            ("Mon-Sun 00:00-24:00",), "Australia/Lord_Howe", "Sun 2026-10-04 00:00", "Mon 2026-10-05 00:00", 23.5, 23.5,
            id="a-change-of-half-an-hour",
        ),
        pytest.param(
            ("Mon-Sun 00:00-24:00",), "Pacific/Apia", "Thu 2011-12-29 00:00", "Sat 2011-12-31 00:00", 24, 24,
            id="a-date-that-never-was",
        ),
    ],
)  # fmt: skip
def test_8_clock_change_inside_the_wait(hours, zone, created, answered, business_h, calendar_h):
    """A daylight saving change neither loses nor gains an hour, and due goes the same way back."""
    start, end = at(created, zone), at(answered, zone)
    team = calendar(*hours, zone=zone)

    assert end - start == calendar_h * HOUR
    assert team.elapsed(start, end) == business_h * HOUR
    if business_h:
        due = team.due(start, int(business_h * HOUR))
        assert due <= end
        assert team.elapsed(start, due) == business_h * HOUR


def test_8_due_over_a_clock_change():
    """Fri 16:00 plus two hours is Monday 10:00 by the wall clock, in summer time as in winter time."""
    berlin = calendar(zone=BERLIN)

    assert berlin.due(at("Fri 2026-03-27 16:00", BERLIN), 2 * HOUR) == at("Mon 2026-03-30 10:00", BERLIN)
    assert berlin.due(at("Fri 2026-10-23 16:00", BERLIN), 2 * HOUR) == at("Mon 2026-10-26 10:00", BERLIN)


@pytest.mark.parametrize(
    "team",
    [
        pytest.param(calendar("Mon-Fri 08:00-12:00, 13:30-18:00"), id="two-shifts"),
        pytest.param(
            WeeklyCalendar(Week.parse(["Mon-Fri 08:00-18:00"], ["Mon-Fri 12:00-13:30"]), load_zone(UTC)), id="a-break"
        ),
    ],
)
def test_9_message_in_the_break(team):
    """A message at 12:30 starts its clock at 13:30."""
    message = at("Wed 2026-03-04 12:30")

    assert team.opens(message) == at("Wed 2026-03-04 13:30")
    assert team.elapsed(message, at("Wed 2026-03-04 13:30")) == 0
    assert team.due(message, MINUTE) == at("Wed 2026-03-04 13:31")
