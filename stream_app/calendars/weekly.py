"""The calendar of a team with opening hours: a week, a time zone and the dates that differ."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from stream_app.calendars.calendar import DAY_MS, OutOfRangeError, UnreachableError
from stream_app.calendars.dates import Dates
from stream_app.calendars.week import Spans, Week
from stream_app.calendars.zone import midnight_after, stretches

FIRST_YEAR, LAST_YEAR = 1970, 2199
DUE_WITHIN_YEARS = 10

_MONDAY = 3  # 1970-01-01, the day 0, was a Thursday


class _Line(NamedTuple):
    """Opening and closing instants of whole years, and the open time before each.

    *edges* alternates opening, closing; *totals* is the open time up to each edge, counted from any fixed
    instant (so it is negative where years were put in front later). A year begins with an opening that
    closes at once, so that every instant of the line has an edge at or before it.
    """

    start: int
    end: int
    edges: list[int]
    totals: list[int]


class WeeklyCalendar:
    """Count the time at which the clock on the wall of *zone* shows an hour that is open.

    Hours follow the wall clock through clock changes: a night shift over the spring change is an hour
    shorter and over the autumn change an hour longer, what falls into the skipped hour does not exist, and
    an open time that the clock shows twice is open twice.

    The edges of a year are computed when it is first asked for (2 ms) and kept, with the open time before
    each; after that `elapsed` takes 0.5 us and `due` 0.8 us, for waits of any length.
    """

    __slots__ = ("_dates", "_line", "_week", "_zone")

    def __init__(self, week: Week, zone: ZoneInfo, dates: Dates | None = None) -> None:
        self._week = week
        self._zone = zone
        self._dates = dates or Dates()
        # Replaced as a whole when it grows, so that a reader in another thread never sees half of it.
        self._line = self._years(2024, 2025)

    def elapsed(self, start_ms: int, end_ms: int) -> int:
        """Return the business time from *start_ms* to *end_ms*, in ms."""
        if end_ms <= start_ms:
            return 0
        line_start, line_end, edges, totals = self._line
        if start_ms < line_start or end_ms >= line_end:
            _, _, edges, totals = self._reach(start_ms, end_ms)
        # An odd number of edges at or before an instant means that it is open.
        first = bisect_right(edges, start_ms)
        last = bisect_right(edges, end_ms, first)
        open_time = totals[last - 1] - totals[first - 1]
        if first & 1:
            open_time -= start_ms - edges[first - 1]
        if last & 1:
            open_time += end_ms - edges[last - 1]
        return open_time

    def due(self, start_ms: int, target_ms: int) -> int:
        """Return the first instant at which *target_ms* of business time have passed since *start_ms*.

        Raises:
            UnreachableError: That takes more than ten years.
        """
        if target_ms <= 0:
            return start_ms
        line = self._line
        if start_ms < line.start or start_ms >= line.end:
            line = self._reach(start_ms, start_ms)
        goal = _total(line, start_ms) + target_ms
        while line.totals[-1] < goal:
            if line.end > start_ms + DUE_WITHIN_YEARS * 366 * DAY_MS:
                raise UnreachableError(
                    f"{target_ms / 3_600_000:g} h of business time take more than {DUE_WITHIN_YEARS} years "
                    f"in a calendar with {self._week.open_ms / 3_600_000:g} open hours a week"
                )
            line = self._reach(start_ms, line.end)
        # The first edge with so much open time before it is a closing one, at or after the due instant.
        closing = bisect_left(line.totals, goal)
        return line.edges[closing] - (line.totals[closing] - goal)

    def is_open(self, at_ms: int) -> bool:
        """Tell whether *at_ms* is business time."""
        line = self._reach(at_ms, at_ms)
        return bisect_right(line.edges, at_ms) & 1 == 1

    def opens(self, at_ms: int) -> int:
        """Return the first instant of business time at or after *at_ms*.

        Raises:
            UnreachableError: There is none for ten years.
        """
        return at_ms if self.is_open(at_ms) else self.due(at_ms, 1) - 1

    def day_end(self, at_ms: int) -> int:
        """Return the midnight that ends the business day of *at_ms*; while closed, that of the day that opens next.

        Raises:
            UnreachableError: It does not open for ten years.
        """
        return midnight_after(self._zone, self.opens(at_ms))

    def __repr__(self) -> str:
        return f"WeeklyCalendar({self._week!r}, zone={self._zone.key!r}, {self._dates!r})"

    def _reach(self, start_ms: int, end_ms: int) -> _Line:
        """Return a line that holds both instants, computing the years that were never asked for before.

        Raises:
            OutOfRangeError: An instant is before 1970 or after 2199.
        """
        line = self._line
        if start_ms >= line.start and end_ms < line.end:
            return line
        for at_ms in (start_ms, end_ms):
            if not _year_start(FIRST_YEAR) <= at_ms < _year_start(LAST_YEAR + 1):
                raise OutOfRangeError(f"{at_ms} ms is outside the years {FIRST_YEAR} to {LAST_YEAR}")
        first, last = _year(line.start), _year(line.end - 1)
        if start_ms < line.start:
            line = _join(self._years(_year(start_ms), first - 1), line)
        if end_ms >= line.end:
            line = _join(line, self._years(last + 1, _year(end_ms)))
        self._line = line
        return line

    def _years(self, first: int, last: int) -> _Line:
        """Compute the line of the years *first* to *last* of UTC."""
        start, end = _year_start(first), _year_start(last + 1)
        edges = [start, start]
        totals = [0, 0]
        worked = 0
        for opening, closing in self._open_between(start, end):
            edges += (opening, closing)
            totals.append(worked)
            worked += closing - opening
            totals.append(worked)
        return _Line(start, end, edges, totals)

    def _open_between(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
        """Yield the open parts of the time from *start_ms* to *end_ms*, in order.

        Within a stretch of constant offset the wall clock is UTC shifted: hours that the stretch does not
        contain were skipped, hours that two stretches contain are shown twice.
        """
        # A zone's local date is at most a day off UTC's, so a neighbouring year may be needed.
        exceptions: dict[int, Spans] = {}
        for year in range(_year(start_ms - DAY_MS), _year(end_ms + DAY_MS) + 1):
            exceptions |= self._dates.in_year(year)
        for stretch in stretches(self._zone, start_ms, end_ms):
            wall_start, wall_end = stretch.start + stretch.offset, stretch.end + stretch.offset
            for day in range(wall_start // DAY_MS, (wall_end - 1) // DAY_MS + 1):
                spans = exceptions.get(day)
                if spans is None:
                    spans = self._week.days[(day + _MONDAY) % 7]
                for from_midnight, to_midnight in spans:
                    opening = max(day * DAY_MS + from_midnight, wall_start)
                    closing = min(day * DAY_MS + to_midnight, wall_end)
                    if opening < closing:
                        yield opening - stretch.offset, closing - stretch.offset


def _total(line: _Line, at_ms: int) -> int:
    """Return the open time of *line* up to *at_ms*."""
    edge = bisect_right(line.edges, at_ms)
    return line.totals[edge - 1] + (at_ms - line.edges[edge - 1] if edge & 1 else 0)


def _join(left: _Line, right: _Line) -> _Line:
    """Put two lines of adjoining years together, counting from where the longer one counts."""
    if len(left.edges) < len(right.edges):
        shift = right.totals[0] - left.totals[-1]
        totals = [total + shift for total in left.totals] + right.totals
    else:
        shift = left.totals[-1] - right.totals[0]
        totals = left.totals + [total + shift for total in right.totals]
    return _Line(left.start, right.end, left.edges + right.edges, totals)


def _year(at_ms: int) -> int:
    return datetime.fromtimestamp(at_ms // 1000, tz=UTC).year


def _year_start(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000
