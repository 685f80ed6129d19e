"""Laws that hold for every calendar, and agreement with an oracle that asks minute by minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_app.calendars import ALWAYS, Dates, Day, Versions, Week, WeeklyCalendar, load_zone

MINUTE, DAY = 60_000, 86_400_000
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# Changes of an hour, of half an hour, at midnight, in both hemispheres, and zones that never change.
ZONES = (
    "Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe",
    "Asia/Kathmandu", "Pacific/Kiritimati", "UTC",
)  # fmt: skip
# Days around which one of those zones changes its clocks in 2026.
CHANGES = [
    date(2026, month, day)
    for month, day in ((3, 8), (3, 29), (4, 5), (4, 24), (9, 6), (10, 4), (10, 25), (10, 30), (11, 1))
]


@st.composite
def specs(draw):
    """A calendar as plain data: zone, shifts as (weekday, from minute, to minute), closed dates."""
    minute = st.integers(0, 24 * 60 - 1) | st.sampled_from([0, 120, 150, 180, 1320])
    shift = st.tuples(st.integers(0, 6), minute, minute).filter(lambda one: one[1] != one[2])
    around = draw(st.sampled_from(CHANGES))
    closed = st.builds(lambda days: around + timedelta(days=days), st.integers(-2, 3))
    return (
        draw(st.sampled_from(ZONES)),
        draw(st.lists(shift, min_size=1, max_size=6)),
        draw(st.sets(closed, max_size=2)),
        around,
    )


def build(spec):
    zone, shifts, closed, _ = spec
    lines = [f"{NAMES[day]} {clock(start)}-{clock(end)}" for day, start, end in shifts]
    own = {Day(one.year, one.month, one.day): () for one in closed}
    return WeeklyCalendar(Week.parse(lines), load_zone(zone), Dates(own=own))


def clock(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


def oracle_open(spec, at_ms):
    """Look at the clock on the wall, as a person would; no code of the product."""
    zone, shifts, closed, _ = spec
    wall = datetime.fromtimestamp(at_ms / 1000, tz=ZoneInfo(zone))
    if wall.date() in closed:
        return False
    now = wall.hour * 60 + wall.minute
    for day, start, end in shifts:
        if start < end:
            if wall.weekday() == day and start <= now < end:
                return True
        elif (wall.weekday() == day and now >= start) or (wall.weekday() == (day + 1) % 7 and now < end):
            return True
    return False


@st.composite
def waits(draw):
    """A calendar and a wait of whole minutes, up to three days, near a clock change."""
    spec = draw(specs())
    begin = int(datetime.combine(spec[3], datetime.min.time(), UTC).timestamp()) * 1000
    start = begin + draw(st.integers(-2 * 1440, 1440)) * MINUTE
    return spec, start, start + draw(st.integers(0, 3 * 1440)) * MINUTE


@given(wait=waits())
@settings(max_examples=120, deadline=None)
def test_elapsed_equals_the_oracle(wait):
    """The business time of a wait is the number of its minutes in which the wall clock shows open time."""
    spec, start, end = wait

    expected = sum(MINUTE for minute in range(start, end, MINUTE) if oracle_open(spec, minute))
    assert build(spec).elapsed(start, end) == expected


@given(wait=waits())
@settings(max_examples=80, deadline=None)
def test_open_and_opens_equal_the_oracle(wait):
    """is_open and opens say what the wall clock says."""
    spec, start, end = wait
    calendar = build(spec)

    assert calendar.is_open(start) == oracle_open(spec, start)
    first = next((minute for minute in range(start, end, MINUTE) if oracle_open(spec, minute)), None)
    opens = calendar.opens(start)
    assert opens == first if first is not None else opens >= end


def some_calendars():
    """Calendars that do not depend on an example, so that they are computed once."""
    office = WeeklyCalendar(Week.parse(["Mon-Fri 09:00-17:00"]), load_zone("America/New_York"), Dates(("US",)))
    nights = WeeklyCalendar(Week.parse(["Mon-Sun 22:00-06:30"], ["Sun 23:00-23:30"]), load_zone("Australia/Lord_Howe"))
    rare = WeeklyCalendar(Week.parse(["Mon-Sun 02:10-02:50"]), load_zone("Europe/Berlin"))
    change, later = 1_774_750_000_000, 1_793_000_000_000
    return {
        "always": ALWAYS,
        "office": office,
        "nights": nights,
        "rare": rare,
        "versions": Versions(office, [(change, nights), (later, ALWAYS)]),
        "version-of-versions": Versions(Versions(ALWAYS, [(change, rare)]), [(later, office)]),
    }


CALENDARS = some_calendars()
every_calendar = pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS)
# The years 2025 to 2027, to the ms.
instants = st.integers(1_735_689_600_000, 1_830_000_000_000)
spans = st.integers(0, 40 * DAY) | st.integers(0, 10_000)


@every_calendar
@given(start=instants, one=spans, two=spans)
@settings(max_examples=60, deadline=None)
def test_elapsed_adds_up_over_any_split(calendar, start, one, two):
    """A wait is the sum of its parts."""
    middle, end = start + one, start + one + two

    assert calendar.elapsed(start, end) == calendar.elapsed(start, middle) + calendar.elapsed(middle, end)


@every_calendar
@given(start=instants, one=spans, two=spans)
@settings(max_examples=60, deadline=None)
def test_elapsed_is_monotone_never_negative_and_never_more_than_the_wait(calendar, start, one, two):
    """A longer wait has at least as much business time, and no wait has more than its own length."""
    shorter, longer = calendar.elapsed(start, start + one), calendar.elapsed(start, start + one + two)

    assert 0 <= shorter <= one
    assert shorter <= longer <= one + two
    assert calendar.elapsed(start + one, start) == 0


@every_calendar
@given(start=instants, target=spans)
@settings(max_examples=60, deadline=None)
def test_due_is_the_inverse_of_elapsed_and_the_first_such_instant(calendar, start, target):
    """At due the target has just passed; a ms before, it had not."""
    due = calendar.due(start, target)

    assert due >= start + target
    assert calendar.elapsed(start, due) == target
    if target:
        assert calendar.elapsed(start, due - 1) == target - 1


@every_calendar
@given(start=instants, one=spans, two=spans)
@settings(max_examples=60, deadline=None)
def test_due_is_monotone_and_adds_up(calendar, start, one, two):
    """A target in two parts is due when both parts together are."""
    assert calendar.due(start, one) <= calendar.due(start, one + two)
    if one and two:
        assert calendar.due(calendar.due(start, one), two) == calendar.due(start, one + two)


@every_calendar
@given(at=instants)
@settings(max_examples=60, deadline=None)
def test_opens_is_the_first_open_instant(calendar, at):
    """The calendar is open at opens, and not before."""
    opens = calendar.opens(at)

    assert calendar.is_open(opens)
    assert calendar.elapsed(at, opens) == 0
    assert calendar.is_open(at) == (opens == at)
