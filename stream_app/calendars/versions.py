"""A calendar that changes: which one is in force, and since when."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from stream_app.calendars.calendar import Calendar
from stream_app.calendars.misconfigured import MisconfiguredError


class Versions:
    """Measure each part of a wait by the calendar that was then in force.

    Args:
        first: The calendar in force from the beginning of time.
        later: Pairs of (instant in ms, calendar in force from then on), in order of time.
    """

    __slots__ = ("_calendars", "_changes", "_last")

    def __init__(self, first: Calendar, later: Sequence[tuple[int, Calendar]]) -> None:
        changes = [since for since, _ in later]
        if any(a >= b for a, b in pairwise(changes)):
            raise MisconfiguredError(
                "the versions of a calendar are not in order of time", "put the oldest first, each start once"
            )
        self._changes = changes
        self._calendars: list[Calendar] = [first, *(calendar for _, calendar in later)]
        self._last = len(changes)

    def elapsed(self, start_ms: int, end_ms: int) -> int:
        """Return the business time from *start_ms* to *end_ms*, each part by its own version."""
        version = bisect_right(self._changes, start_ms)
        total = 0
        while version < self._last and (until := self._changes[version]) < end_ms:
            total += self._calendars[version].elapsed(start_ms, until)
            start_ms = until
            version += 1
        return total + self._calendars[version].elapsed(start_ms, end_ms)

    def due(self, start_ms: int, target_ms: int) -> int:
        """Return the first instant at which *target_ms* of business time have passed since *start_ms*."""
        version = bisect_right(self._changes, start_ms)
        while version < self._last:
            until = self._changes[version]
            worked = self._calendars[version].elapsed(start_ms, until)
            if worked >= target_ms:
                break
            target_ms -= worked
            start_ms = until
            version += 1
        return self._calendars[version].due(start_ms, target_ms)

    def is_open(self, at_ms: int) -> bool:
        """Tell whether *at_ms* is business time in the version then in force."""
        return self._calendars[bisect_right(self._changes, at_ms)].is_open(at_ms)

    def opens(self, at_ms: int) -> int:
        """Return the first instant of business time at or after *at_ms*."""
        version = bisect_right(self._changes, at_ms)
        while version < self._last:
            until = self._changes[version]
            # Any business time before the change ends the search; asking for the opening itself
            # could run far past the change, or never end in a version that is about to be replaced.
            if self._calendars[version].elapsed(at_ms, until) > 0:
                break
            at_ms = until
            version += 1
        return self._calendars[version].opens(at_ms)

    def day_end(self, at_ms: int) -> int:
        """Return the midnight that ends the business day of *at_ms*, or the next one, in the version then in force."""
        opening = self.opens(at_ms)
        return self._calendars[bisect_right(self._changes, opening)].day_end(opening)

    def __repr__(self) -> str:
        later = list(zip(self._changes, self._calendars[1:], strict=True))
        return f"Versions({self._calendars[0]!r}, {later!r})"
