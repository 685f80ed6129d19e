"""Years that were not asked for before, years that no calendar knows, and targets that are never reached."""

import random
from datetime import UTC, date, datetime

import pytest

from stream_app.calendars import (
    ALWAYS,
    Dates,
    Day,
    MisconfiguredError,
    OutOfRangeError,
    UnreachableError,
    Versions,
    Week,
    WeeklyCalendar,
    load_zone,
)

HOUR, DAY = 3_600_000, 86_400_000


def ms(year, month, day, hour=0, minute=0):
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()) * 1000


def berlin():
    return WeeklyCalendar(Week.parse(["Mon-Fri 09:00-17:00"]), load_zone("Europe/Berlin"), Dates(("DE",)))


def test_thirty_years_back_and_ten_ahead():
    """A wait may begin long before and end long after the years that are computed at the start."""
    working_days = sum(
        8
        for ordinal in range(date(1996, 1, 1).toordinal(), date(2036, 1, 1).toordinal())
        if date.fromordinal(ordinal).weekday() < 5
    )
    office = WeeklyCalendar(Week.parse(["Mon-Fri 09:00-17:00"]), load_zone("Europe/Berlin"))

    assert office.elapsed(ms(1996, 1, 1), ms(2036, 1, 1)) == working_days * HOUR


def test_the_order_of_questions_does_not_matter():
    """Years are put in front and at the end as they are asked for, and nothing changes by it."""
    questions = [
        (ms(year, 3, 1, 12, 30), days * DAY) for year in (2026, 2001, 2040, 2013, 1990) for days in (1, 40, 400)
    ]
    expected = {one: berlin().elapsed(one[0], one[0] + one[1]) for one in questions}
    dues = {one: berlin().due(one[0], one[1] // 10) for one in questions}

    for seed in range(5):
        calendar = berlin()
        for one in random.Random(seed).sample(questions, len(questions)):
            assert calendar.elapsed(one[0], one[0] + one[1]) == expected[one]
            assert calendar.due(one[0], one[1] // 10) == dues[one]


@pytest.mark.parametrize("year", range(2010, 2040))
def test_open_at_the_turn_of_the_year(year):
    """A night shift over New Year's Eve is one shift, wherever the computed years end."""
    nights = WeeklyCalendar(Week.parse(["Mon-Sun 22:00-06:00"]), load_zone("UTC"))
    midnight = ms(year, 1, 1)

    assert nights.elapsed(midnight - DAY // 2, midnight + DAY // 2) == 8 * HOUR
    assert nights.is_open(midnight)
    assert nights.due(midnight - 2 * HOUR, 8 * HOUR) == midnight + 6 * HOUR
    assert nights.due(midnight - 2 * HOUR, 2 * HOUR) == midnight


@pytest.mark.parametrize("at", [-1, ms(2200, 1, 1), 10**18], ids=["1969", "2200", "a-number"])
def test_outside_the_years(at):
    """An instant that no CRM can mean is refused by name."""
    with pytest.raises(OutOfRangeError, match="outside the years 1970 to 2199"):
        berlin().is_open(at)


def test_a_target_that_takes_too_long():
    """A target is given up after ten years instead of being looked for for ever."""
    rare = WeeklyCalendar(Week.parse(["Mon 09:00-09:01"]), load_zone("UTC"))

    assert rare.due(ms(2026, 1, 1), HOUR) == ms(2027, 2, 22, 9, 1)
    with pytest.raises(UnreachableError, match="more than 10 years"):
        rare.due(ms(2026, 1, 1), 10 * HOUR)


def test_a_calendar_that_is_closed_on_every_date():
    """A week with hours can still be closed for good; opens and due say so."""
    all_year = {Day(None, one.month, one.day): () for one in (date.fromordinal(n) for n in range(730_120, 730_486))}
    closed = WeeklyCalendar(Week.parse(["Mon-Sun 09:00-17:00"]), load_zone("UTC"), Dates(own=all_year))

    assert closed.elapsed(ms(2026, 1, 1), ms(2030, 1, 1)) == 0
    with pytest.raises(UnreachableError):
        closed.opens(ms(2026, 1, 1))


def test_a_version_that_never_opens_is_passed_over():
    """A closed version only delays what is due until the next version begins."""
    all_year = {Day(None, one.month, one.day): () for one in (date.fromordinal(n) for n in range(730_120, 730_486))}
    closed = WeeklyCalendar(Week.parse(["Mon-Sun 09:00-17:00"]), load_zone("UTC"), Dates(own=all_year))
    reopening = Versions(closed, [(ms(2026, 6, 1), ALWAYS)])

    assert reopening.opens(ms(2026, 1, 1)) == ms(2026, 6, 1)
    assert reopening.due(ms(2026, 1, 1), HOUR) == ms(2026, 6, 1, 1)


def test_versions_out_of_order():
    """Two versions cannot begin in the wrong order."""
    with pytest.raises(MisconfiguredError, match="order of time"):
        Versions(ALWAYS, [(ms(2026, 6, 1), ALWAYS), (ms(2026, 5, 1), ALWAYS)])
