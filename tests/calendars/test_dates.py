"""Public holidays, own closed days and special hours."""

from datetime import UTC, date, datetime, time

import pytest

from stream_app.calendars import (
    Dates,
    Day,
    MisconfiguredError,
    Week,
    WeeklyCalendar,
    load_zone,
    parse_times,
    public_holidays,
)

HOUR = 3_600_000


def open_hours(dates, day, hours="Mon-Sun 09:00-17:00"):
    calendar = WeeklyCalendar(Week.parse([hours]), load_zone("UTC"), dates)
    midnight = int(datetime.combine(day, time(), UTC).timestamp()) * 1000
    return calendar.elapsed(midnight, midnight + 24 * HOUR) / HOUR


def own(**days):
    """Read closed_12_24="..." style keys: the date, and its hours or nothing."""
    return {Day.parse(text.removeprefix("on_").replace("_", "-")): tuple(parse_times(times)) if times else ()
            for text, times in days.items()}  # fmt: skip


@pytest.mark.parametrize(
    ("dates", "day", "expected"),
    [
        pytest.param(Dates(), (2026, 12, 24), 8, id="a-working-day"),
        pytest.param(Dates(("DE",)), (2026, 12, 25), 0, id="a-holiday"),
        pytest.param(Dates(("US",)), (2026, 7, 3), 0, id="observed-on-the-friday-before"),
        pytest.param(Dates(("GB-SCT",)), (2026, 11, 30), 0, id="st-andrew-in-scotland"),
        pytest.param(Dates(("GB-ENG",)), (2026, 11, 30), 8, id="not-in-england"),
        pytest.param(Dates(("DE", "US")), (2026, 7, 3), 0, id="either-of-two-countries"),
        pytest.param(Dates(own=own(on_2026_12_24="")), (2026, 12, 24), 0, id="closed-once"),
        pytest.param(Dates(own=own(on_2026_12_24="")), (2027, 12, 24), 8, id="and-not-a-year-later"),
        pytest.param(Dates(own=own(on_12_24="")), (2031, 12, 24), 0, id="closed-every-year"),
        pytest.param(Dates(own=own(on_02_29="")), (2028, 2, 29), 0, id="leap-day"),
        pytest.param(Dates(own=own(on_02_29="")), (2027, 3, 1), 8, id="no-leap-day"),
        pytest.param(Dates(own=own(on_12_24="09:00-12:00")), (2026, 12, 24), 3, id="special-hours"),
        pytest.param(Dates(("DE",), own(on_12_25="10:00-12:00")), (2026, 12, 25), 2, id="special-over-a-holiday"),
        pytest.param(
            Dates(own=own(on_2026_12_24="08:00-09:00", on_12_24="")), (2026, 12, 24), 1, id="one-date-over-every-year"
        ),
    ],
)  # fmt: skip
def test_open_hours_of_a_date(dates, day, expected):
    """An exception replaces the weekly hours of its date."""
    assert open_hours(dates, date(*day)) == expected


def test_a_closed_date_cuts_night_shifts_at_midnight():
    """A date is closed from midnight to midnight: the night shift before ends, the one on it starts after it."""
    nights = "Mon-Sun 22:00-06:00"
    dates = Dates(own=own(on_2026_12_25=""))

    assert open_hours(dates, date(2026, 12, 24), hours=nights) == 8
    assert open_hours(dates, date(2026, 12, 25), hours=nights) == 0
    assert open_hours(dates, date(2026, 12, 26), hours=nights) == 8


def test_a_holiday_is_a_local_date():
    """Christmas in Kiritimati begins when it is still the 24th, 10:00, in UTC."""
    calendar = WeeklyCalendar(
        Week.parse(["Mon-Sun 00:00-24:00"]), load_zone("Pacific/Kiritimati"), Dates(own=own(on_12_25=""))
    )

    closed = datetime(2026, 12, 24, 10, tzinfo=UTC).timestamp() * 1000
    assert calendar.is_open(int(closed) - 1)
    assert not calendar.is_open(int(closed))
    assert calendar.opens(int(closed)) == closed + 24 * HOUR


def test_a_new_year_of_the_zone_is_not_that_of_utc():
    """A date belongs to its local year, also where that begins before or after UTC's."""
    for zone, opens in (("Pacific/Kiritimati", 10), ("America/Los_Angeles", 32)):
        calendar = WeeklyCalendar(
            Week.parse(["Mon-Sun 00:00-24:00"]), load_zone(zone), Dates(own=own(on_2027_01_01=""))
        )
        eve = int(datetime(2026, 12, 31, tzinfo=UTC).timestamp() * 1000)
        assert not calendar.is_open(eve + opens * HOUR)
        assert calendar.is_open(eve + opens * HOUR - 1)
        assert calendar.opens(eve + opens * HOUR) == eve + (opens + 24) * HOUR


@pytest.mark.parametrize("text", ["24.12.2026", "2026-02-30", "13-01", "", "2026-12-24T10:00"])
def test_a_date_that_cannot_be_read(text):
    """Dates are written as 2026-12-24, or 12-24 for every year."""
    with pytest.raises(MisconfiguredError, match="cannot read the date"):
        Day.parse(text)


@pytest.mark.parametrize(
    ("region", "message", "fix"),
    [
        pytest.param("XX", "country 'XX'", "ISO 3166", id="no-such-country"),
        pytest.param("", "country ''", "ISO 3166", id="nothing"),
        pytest.param("de", "country 'de'", "'DE'", id="lower-case"),
        pytest.param("Germany", "country 'Germany'", "ISO 3166", id="a-name"),
        pytest.param("DE-XX", "'XX' of DE", "DE-BE", id="no-such-part"),
        pytest.param("DE-by", "'by' of DE", "DE-BY", id="lower-case-part"),
        pytest.param("JP-13", "'13' of JP", "'JP'", id="a-country-without-parts"),
    ],
)
def test_a_region_without_known_holidays(region, message, fix):
    """A region that the holidays package does not know is refused, never silently without holidays."""
    with pytest.raises(MisconfiguredError) as refused:
        public_holidays(region, 2026)
    assert message in refused.value.message
    assert fix in refused.value.fix


def test_parts_of_a_country_have_its_holidays_and_their_own():
    """What a subdivision adds comes on top of the country's holidays."""
    germany, bavaria = set(public_holidays("DE", 2026)), set(public_holidays("DE-BY", 2026))

    assert germany < bavaria
    assert date(2026, 1, 6) in bavaria - germany


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        pytest.param("Europe/Berln", "Europe/Berlin", id="a-slip"),
        pytest.param("europe/berlin", "Europe/Berlin", id="lower-case"),
        pytest.param("America/New York", "America/New_York", id="a-space"),
        pytest.param("../../etc/passwd", "IANA zone", id="a-path"),
        pytest.param("Europe", "IANA zone", id="a-region"),
        pytest.param("", "IANA zone", id="nothing"),
        pytest.param("CEST", "IANA zone", id="an-abbreviation"),
    ],
)
def test_an_unknown_zone(name, fix):
    """A zone that does not exist is refused, with names like it."""
    with pytest.raises(MisconfiguredError, match="unknown time zone") as refused:
        load_zone(name)
    assert fix in refused.value.fix
