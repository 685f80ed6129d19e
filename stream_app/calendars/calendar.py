"""What every calendar can do, and the calendar that never closes."""

from typing import Protocol

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class OutOfRangeError(ValueError):
    """Refuse an instant outside the years that calendars know."""


class UnreachableError(ValueError):
    """Refuse a target that would still not be reached ten years after its start."""


class Calendar(Protocol):
    """Tell how much of a wait is business time.

    All instants are ms since the epoch, UTC; all durations are ms. Four laws hold for every calendar:
    `elapsed` adds up over any split of a wait, never falls as the wait grows, is never negative, and
    `due` is its inverse: `elapsed(start, due(start, target)) == target`.
    """

    def elapsed(self, start_ms: int, end_ms: int) -> int:
        """Return the business time from *start_ms* to *end_ms*; 0 when the end is not after the start."""
        ...

    def due(self, start_ms: int, target_ms: int) -> int:
        """Return the first instant at which *target_ms* of business time have passed since *start_ms*."""
        ...

    def is_open(self, at_ms: int) -> bool:
        """Tell whether *at_ms* is business time."""
        ...

    def opens(self, at_ms: int) -> int:
        """Return the first instant of business time at or after *at_ms*."""
        ...

    def day_end(self, at_ms: int) -> int:
        """Return the midnight, by the clock on the wall, that ends the business day of *at_ms*, or the next one."""
        ...


class Always:
    """Count every second: the calendar of a team that works around the clock."""

    __slots__ = ()

    def elapsed(self, start_ms: int, end_ms: int) -> int:
        """Return the plain time from *start_ms* to *end_ms*."""
        return end_ms - start_ms if end_ms > start_ms else 0

    def due(self, start_ms: int, target_ms: int) -> int:
        """Return *start_ms* plus *target_ms*."""
        return start_ms + target_ms if target_ms > 0 else start_ms

    def is_open(self, at_ms: int) -> bool:  # noqa: ARG002 - the same answer at any time
        """Tell that it is open."""
        return True

    def opens(self, at_ms: int) -> int:
        """Return *at_ms*: it is open already."""
        return at_ms

    def day_end(self, at_ms: int) -> int:
        """Return the midnight of UTC that ends the day of *at_ms*."""
        return (at_ms // DAY_MS + 1) * DAY_MS

    def __repr__(self) -> str:
        return "Always()"


ALWAYS: Calendar = Always()
