"""The weekly hours of a team: shifts and breaks, by the clock on the wall."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stream_app.calendars.calendar import DAY_MS
from stream_app.calendars.misconfigured import MisconfiguredError

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Spans = tuple[tuple[int, int], ...]
"""Open parts of one day: (start, end) in ms of wall time since its midnight, in order, never touching."""

# "Mon-Fri 09:00-12:30, 13:30-18:00" is days, then times.
_LINE = re.compile(r"\s*(?P<days>[A-Za-z][A-Za-z ,-]*?)\s+(?P<times>\d.*?)\s*")
# "09:00-12:30"; "9:00" is fine, 24:00 is the end of the day.
_TIMES = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_EXAMPLE = 'write days and times, for example "Mon-Fri 09:00-12:30, 13:30-18:00"'


@dataclass(frozen=True, slots=True)
class Week:
    """Hold the open parts of each weekday, Monday first.

    A shift that spans midnight is kept as two parts, one on each day, so that a closed date closes from
    its midnight to the next, whatever was going to happen on it.
    """

    days: tuple[Spans, ...]

    @classmethod
    def parse(cls, hours: Iterable[str], breaks: Iterable[str] = ()) -> "Week":
        """Read lines such as ``"Mon-Fri 09:00-12:30, 13:30-18:00"``.

        Shifts may overlap (early and late shift): a minute is open or not, never twice. A time range whose
        end is not after its start ends on the next day. *breaks* are cut out of the hours.

        Raises:
            MisconfiguredError: A line cannot be read, a break lies outside the hours, or nothing is open.
        """
        open_parts: list[list[tuple[int, int]]] = [[] for _ in DAYS]
        for line in hours:
            for day, start, end in _read(line):
                open_parts[day].append((start, end))
        days = [merge(parts) for parts in open_parts]
        for line in breaks:
            cut = [_subtract(days, day, start, end) for day, start, end in _read(line)]
            if not any(cut):
                raise MisconfiguredError(f"break {line!r} is outside the hours", "correct its days or its times")
        if not any(days):
            raise MisconfiguredError("no hour of the week is open", 'give hours such as "Mon-Fri 09:00-17:00"')
        return cls(tuple(days))

    @property
    def open_ms(self) -> int:
        """Return the ms that are open in a week without holidays or clock changes."""
        return sum(end - start for spans in self.days for start, end in spans)


def merge(parts: Iterable[tuple[int, int]]) -> Spans:
    """Put *parts* in order and join those that overlap or touch."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def parse_times(times: str) -> list[tuple[int, int]]:
    """Read ``"09:00-12:30, 13:30-18:00"`` as (start, end) in ms of a day; a night shift ends after 24 h."""
    parts = []
    for text in times.split(","):
        match = _TIMES.fullmatch(text.strip())
        if match is None:
            raise MisconfiguredError(f"cannot read the times {text.strip()!r}", 'write for example "09:00-17:30"')
        from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
        start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
        if from_minute > 59 or to_minute > 59 or start >= 24 * 60 or end > 24 * 60:
            raise MisconfiguredError(f"no such time of day in {text.strip()!r}", "write 00:00 to 24:00")
        if start == end:
            raise MisconfiguredError(f"{text.strip()!r} lasts no time", 'write "00:00-24:00" for a whole day')
        if end < start:
            end += 24 * 60
        parts.append((start * 60_000, end * 60_000))
    return parts


def _read(line: str) -> list[tuple[int, int, int]]:
    """Return (weekday, start, end) of each open part of *line*, cut at midnight."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise MisconfiguredError(f"cannot read the hours {line!r}", _EXAMPLE)
    parts = []
    for day in _read_days(match["days"], line):
        for start, end in parse_times(match["times"]):
            parts.append((day, start, min(end, DAY_MS)))
            if end > DAY_MS:
                parts.append(((day + 1) % 7, 0, end - DAY_MS))
    return parts


def _read_days(text: str, line: str) -> list[int]:
    """Return the weekdays of ``"Mon-Wed, Fri"``, Monday as 0; ``"Fri-Mon"`` goes over the weekend."""
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = (name.strip() for name in part.partition("-"))
        begin = _weekday(first, line)
        length = (_weekday(last, line) - begin) % 7 if dash else 0
        days.extend((begin + step) % 7 for step in range(length + 1))
    return days


def _weekday(name: str, line: str) -> int:
    for number, day in enumerate(DAYS):
        if name.lower() in {day, day[:3]}:
            return number
    raise MisconfiguredError(f"unknown day {name!r} in {line!r}", "write Mon, Tue, Wed, Thu, Fri, Sat or Sun")


def _subtract(days: list[Spans], day: int, start: int, end: int) -> bool:
    """Cut *start* to *end* out of *day*; tell whether anything was there to cut."""
    kept: list[tuple[int, int]] = []
    for opened, closed in days[day]:
        kept.extend(
            (left, right) for left, right in ((opened, min(closed, start)), (max(opened, end), closed)) if left < right
        )
    changed = tuple(kept) != days[day]
    days[day] = tuple(kept)
    return changed
