"""Read the calendars and teams of a policies file."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any

from stream_app.calendars import (
    ALWAYS,
    Calendar,
    Dates,
    Day,
    Versions,
    Week,
    WeeklyCalendar,
    load_zone,
    merge,
    parse_times,
)
from stream_app.places import Path
from stream_app.policies.policies import Team
from stream_app.policies.problems import Findings, similar
from stream_app.policies.tables import CalendarTable, TeamTable, VersionTable

# A leap year that is computed at the start anyway: what is closed all through it is closed for good.
_YEAR = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
_YEAR_MS = (int(_YEAR[0].timestamp() * 1000), int(_YEAR[1].timestamp() * 1000))


class TeamHours:
    """The calendars and teams of a file, and which of them could not be read."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._zones: dict[str, Any] = {"always": UTC}
        self._unreadable: set[str] = set()
        self._in_use: dict[str | None, tuple[str, ...]] = {}
        self.calendars: dict[str, Calendar] = {"always": ALWAYS}
        self.teams: dict[str, Team] = {}
        self.default: Calendar = ALWAYS

    def read_calendars(self, raw: Mapping[str, Any]) -> None:
        """Read every ``[calendars.<name>]``."""
        for name, table in raw.items():
            path = ("calendars", name)
            if name == "always":
                self._findings.add(path, "the calendar 'always' is built in", "give yours another name")
                continue
            read = self._findings.read(CalendarTable, table, path)
            if read is None:
                self._unreadable.add(name)
                continue
            calendar = _calendar(read)
            if calendar.elapsed(*_YEAR_MS) == 0:
                self._unreadable.add(name)
                fix = "correct closed, special or hours; a wait in it would never be over"
                self._findings.add(path, "it is closed on every day of the year", fix)
                continue
            self.calendars[name] = calendar
            self._zones[name] = load_zone(read.zone)

    def read_default(self, raw: list[str | dict[str, Any]]) -> None:
        """Read ``default_calendar``."""
        calendar, self._in_use[None] = self._versions(raw, ("default_calendar",))
        self.default = calendar or ALWAYS

    def read_teams(self, raw: Mapping[str, Any]) -> None:
        """Read every ``[teams.<name>]``."""
        for name, table in raw.items():
            path = ("teams", name)
            read = self._findings.salvage(TeamTable, table, path)
            calendar: Calendar | None = None
            if read.calendar is not None:
                calendar, self._in_use[name] = self._versions(read.calendar, (*path, "calendar"))
            self.teams[name] = Team(calendar or self.default, promises=read.policy == "default")

    def open_ms_a_year(self, teams: tuple[str, ...]) -> tuple[str, int]:
        """Return the name and the open ms a year of the least open calendar of *teams* (all when empty)."""
        users: tuple[str | None, ...] = teams or (None, *(name for name, team in self.teams.items() if team.promises))
        default = self._in_use.get(None, ())
        names = {name for user in users for name in self._in_use.get(user, default)} or {"always"}
        hours = {name: self.calendars[name].elapsed(*_YEAR_MS) for name in sorted(names)}
        least = min(hours, key=lambda name: hours[name])
        return least, hours[least]

    def _versions(self, raw: list[str | dict[str, Any]], path: Path) -> tuple[Calendar | None, tuple[str, ...]]:
        """Return the calendar that the versions in *raw* make, and the names it is made of."""
        if not raw:
            self._findings.add(path, "the list of calendars is empty", 'write a name such as "always"')
        versions: list[tuple[int | None, str]] = []
        for number, item in enumerate(raw):
            where = path if isinstance(item, str) and len(raw) == 1 else (*path, number)
            read = self._findings.read(VersionTable, {"name": item} if isinstance(item, str) else item, where)
            if read is None or read.name in self._unreadable:
                continue
            if read.name not in self.calendars:
                known = similar(read.name, {*self.calendars, *self._unreadable})
                self._findings.add(where, f"unknown calendar {read.name!r}", f"write {known}, or add it as a table")
                continue
            if number == 0 and read.since is not None:
                self._findings.add(where, "nothing is in force before the first calendar", "take its from away")
            elif number > 0 and read.since is None:
                self._findings.add(where, "since when this calendar is in force is not said", "add from = 2026-04-01")
            else:
                versions.append((self._instant(read.since, read.name), read.name))
        if len(versions) < max(len(raw), 1):
            return None, ()
        names = tuple(name for _, name in versions)
        changes = [(since, self.calendars[name]) for since, name in versions if since is not None]
        if any(earlier >= later for (earlier, _), (later, _) in pairwise(changes)):
            self._findings.add(path, "the calendars are not in order of time", "put the oldest from first")
            return None, ()
        first = self.calendars[names[0]]
        return (Versions(first, changes) if changes else first), names

    def _instant(self, since: date | None, name: str) -> int | None:
        """Return *since* in ms; a date begins at its midnight in the zone of the calendar that begins."""
        if since is None:
            return None
        begin = since if isinstance(since, datetime) else datetime.combine(since, time())
        if begin.tzinfo is None:
            begin = begin.replace(tzinfo=self._zones[name])
        return int(begin.timestamp() * 1000)


def _calendar(table: CalendarTable) -> WeeklyCalendar:
    own = {Day.parse(day): () for day in table.closed}
    special = {
        Day.parse(day): merge(part for text in times for part in parse_times(text))
        for day, times in table.special.items()
    }
    dates = Dates(tuple(table.holidays), own | special)
    return WeeklyCalendar(Week.parse(table.hours, table.breaks), load_zone(table.zone), dates)
