"""How weekly hours are written, and what is refused."""

import pytest

from stream_app.calendars import MisconfiguredError, Week

HOUR = 3_600_000
MON, TUE, FRI, SAT, SUN = 0, 1, 4, 5, 6


def hours(week):
    """Show a week as {weekday: [(from hour, to hour)]}, open days only."""
    return {day: [(start / HOUR, end / HOUR) for start, end in spans] for day, spans in enumerate(week.days) if spans}


@pytest.mark.parametrize(
    ("lines", "breaks", "expected"),
    [
        pytest.param(["Mon 09:00-17:00"], [], {MON: [(9, 17)]}, id="a-day"),
        pytest.param(["Mon, Fri 9:00-17:30"], [], {MON: [(9, 17.5)], FRI: [(9, 17.5)]}, id="some-days"),
        pytest.param(["monday-TUESDAY 09:00 - 10:00"], [], {MON: [(9, 10)], TUE: [(9, 10)]}, id="long-names-any-case"),
        pytest.param(["Sat-Mon 09:00-10:00"], [], {MON: [(9, 10)], SAT: [(9, 10)], SUN: [(9, 10)]}, id="weekend"),
        pytest.param(["Mon 08:00-12:00, 13:30-18:00"], [], {MON: [(8, 12), (13.5, 18)]}, id="two-shifts"),
        pytest.param(["Mon 06:00-14:00", "Mon 13:00-22:00"], [], {MON: [(6, 22)]}, id="overlapping-shifts-count-once"),
        pytest.param(["Mon 06:00-14:00", "Mon 14:00-22:00"], [], {MON: [(6, 22)]}, id="touching-shifts-are-one"),
        pytest.param(["Mon 00:00-24:00"], [], {MON: [(0, 24)]}, id="whole-day"),
        pytest.param(["Mon 22:00-06:00"], [], {MON: [(22, 24)], TUE: [(0, 6)]}, id="over-midnight"),
        pytest.param(["Sun 22:00-06:00"], [], {MON: [(0, 6)], SUN: [(22, 24)]}, id="over-midnight-into-monday"),
        pytest.param(["Mon 22:00-00:00"], [], {MON: [(22, 24)]}, id="to-midnight"),
        pytest.param(["Mon 08:00-18:00"], ["Mon 12:00-13:00"], {MON: [(8, 12), (13, 18)]}, id="a-break"),
        pytest.param(["Mon 22:00-06:00"], ["Mon 23:30-00:30"], {MON: [(22, 23.5)], TUE: [(0.5, 6)]}, id="night-break"),
        pytest.param(["Mon 08:00-18:00"], ["Mon-Fri 17:00-20:00"], {MON: [(8, 17)]}, id="a-break-past-the-end"),
        pytest.param(["Mon-Tue 08:00-09:00"], ["Mon 08:00-09:00"], {TUE: [(8, 9)]}, id="a-whole-shift"),
    ],
)  # fmt: skip
def test_parse(lines, breaks, expected):
    """Lines of days and times make a week."""
    assert hours(Week.parse(lines, breaks)) == expected


def test_open_hours_of_a_week():
    """A week knows how long it is open."""
    assert Week.parse(["Mon-Fri 09:00-17:00"], ["Fri 12:00-17:00"]).open_ms == 35 * HOUR


@pytest.mark.parametrize(
    ("lines", "breaks", "message", "fix"),
    [
        pytest.param(["Mon-Fry 09:00-17:00"], [], "unknown day 'Fry'", "write Mon, Tue", id="no-such-day"),
        pytest.param(["09:00-17:00"], [], "cannot read the hours", "Mon-Fri 09:00-12:30", id="no-day"),
        pytest.param(["Mon"], [], "cannot read the hours", "Mon-Fri 09:00-12:30", id="no-times"),
        pytest.param([""], [], "cannot read the hours", "Mon-Fri 09:00-12:30", id="nothing"),
        pytest.param(["Mon 9-17"], [], "cannot read the times '9-17'", "09:00-17:30", id="no-minutes"),
        pytest.param(["Mon 09:00-17:00,"], [], "cannot read the times ''", "09:00-17:30", id="trailing-comma"),
        pytest.param(["Mon 09:00-25:00"], [], "no such time of day", "00:00 to 24:00", id="hour-25"),
        pytest.param(["Mon 09:60-17:00"], [], "no such time of day", "00:00 to 24:00", id="minute-60"),
        pytest.param(["Mon 24:00-09:00"], [], "no such time of day", "00:00 to 24:00", id="starts-at-24"),
        pytest.param(["Mon 09:00-09:00"], [], "lasts no time", "00:00-24:00", id="no-time"),
        pytest.param([], [], "no hour of the week is open", "give hours", id="empty"),
        pytest.param(["Mon 09:00-10:00"], ["Mon 08:00-11:00"], "no hour of the week is open", "give hours", id="all"),
        pytest.param(["Mon 09:00-17:00"], ["Tue 12:00-13:00"], "outside the hours", "correct", id="closed-day"),
    ],
)  # fmt: skip
def test_refused(lines, breaks, message, fix):
    """What cannot be meant is refused, with what to write instead."""
    with pytest.raises(MisconfiguredError) as refused:
        Week.parse(lines, breaks)
    assert message in refused.value.message
    assert fix in refused.value.fix
