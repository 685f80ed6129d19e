"""Durations as people write them in a file: "90s", "15m", "24h", "7d"."""

import re

from stream_app.calendars import MisconfiguredError

_UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d{1,6})([smhd])")


def parse_ms(text: str) -> int:
    """Return the ms of a duration such as ``"15m"``; a day is always 24 hours.

    Raises:
        MisconfiguredError: It is no positive whole number with one of the units s, m, h, d.
    """
    match = _DURATION.fullmatch(text)
    duration = int(match[1]) * _UNITS_MS[match[2]] if match else 0
    if duration == 0:
        raise MisconfiguredError(
            f"{text!r} is no duration", 'write a number and a unit such as "90s", "15m", "4h", "7d"'
        )
    return duration


def write_ms(ms: int) -> str:
    """Return a positive duration in its largest whole unit: "30d", "36h"; what is less than a second is lost."""
    name, size = max(
        ((name, size) for name, size in _UNITS_MS.items() if ms % size == 0), key=_size, default=("s", 1000)
    )
    return f"{ms // size}{name}"


def _size(unit: tuple[str, int]) -> int:
    return unit[1]
