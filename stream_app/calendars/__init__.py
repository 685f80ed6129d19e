"""Business time: how much of a wait counts, by the hours, time zone and holidays of a team."""

from stream_app.calendars.calendar import ALWAYS, Always, Calendar, OutOfRangeError, UnreachableError
from stream_app.calendars.dates import Dates, Day, public_holidays
from stream_app.calendars.misconfigured import MisconfiguredError
from stream_app.calendars.versions import Versions
from stream_app.calendars.week import Week, merge, parse_times
from stream_app.calendars.weekly import WeeklyCalendar
from stream_app.calendars.zone import load_zone

__all__ = [
    "ALWAYS",
    "Always",
    "Calendar",
    "Dates",
    "Day",
    "MisconfiguredError",
    "OutOfRangeError",
    "UnreachableError",
    "Versions",
    "Week",
    "WeeklyCalendar",
    "load_zone",
    "merge",
    "parse_times",
    "public_holidays",
]
