"""Time zones, read from the `tzdata` package, as stretches of constant offset from UTC.

The system's own zone files are not used: two workers on machines with different ones would fold the same
event to different business seconds.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo

from stream_app.calendars.calendar import DAY_MS
from stream_app.calendars.misconfigured import MisconfiguredError


class Stretch(NamedTuple):
    """Time from *start* (ms, UTC) to before *end* in which local time is UTC plus *offset* ms."""

    start: int
    end: int
    offset: int


@cache
def zone_names() -> frozenset[str]:
    """Return the names of all IANA time zones."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split())


@cache
def load_zone(name: str) -> ZoneInfo:
    """Return the IANA time zone *name*.

    Raises:
        MisconfiguredError: There is no such zone; the fix names similar ones.
    """
    if name not in zone_names():
        by_lower = {known.lower(): known for known in sorted(zone_names())}
        close = get_close_matches(name.lower().replace(" ", "_"), by_lower, n=3, cutoff=0.6)
        similar = " or ".join(by_lower[match] for match in close) or "Europe/Berlin"
        raise MisconfiguredError(f"unknown time zone {name!r}", f"write an IANA zone, for example {similar}")
    with (files("tzdata") / "zoneinfo" / name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def midnight_after(zone: ZoneInfo, at_ms: int) -> int:
    """Return the first instant (ms) of the day after that of *at_ms*, by the clock on the wall of *zone*.

    Where the clocks skip midnight, the day begins when they go on.
    """
    wall = datetime.fromtimestamp(at_ms // 1000, tz=zone)
    tomorrow = datetime.combine(wall.date() + timedelta(days=1), time(), tzinfo=zone)
    return int(tomorrow.timestamp()) * 1000


def stretches(zone: ZoneInfo, start_ms: int, end_ms: int) -> Iterator[Stretch]:
    """Cut the time from *start_ms* to *end_ms* (whole days of UTC) where *zone* changes its offset."""
    begun = start_ms
    offset = _offset(zone, start_ms)
    for day in range(start_ms, end_ms, DAY_MS):
        following = _offset(zone, day + DAY_MS)
        if following != offset:
            change = _change(zone, day, day + DAY_MS)
            yield Stretch(begun, change, offset)
            begun, offset = change, following
    # A change at the very end belongs to whoever asks for the time after it.
    if begun < end_ms:
        yield Stretch(begun, end_ms, offset)


def _offset(zone: ZoneInfo, at_ms: int) -> int:
    offset = datetime.fromtimestamp(at_ms // 1000, tz=zone).utcoffset()
    assert offset is not None, "a ZoneInfo always has an offset"
    return offset.days * DAY_MS + offset.seconds * 1000


def _change(zone: ZoneInfo, low_ms: int, high_ms: int) -> int:
    """Return the instant in a day at which the offset becomes that of *high_ms*, to the second."""
    after = _offset(zone, high_ms)
    low, high = low_ms // 1000, high_ms // 1000
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle * 1000) == after:
            high = middle
        else:
            low = middle
    return high * 1000
