"""Events by the million: leads with a first touch, made from templates at a few hundred thousand a second."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

CHANNELS = ("web", "phone", "email", "partner", "chat")
TEAMS = ("emea", "americas", "apac")
OWNERS = 40
SEED = 20260302

Record = tuple[bytes, bytes]
"""Key and value."""


def iso(at: int) -> str:
    """Return a time in ms as RFC 3339."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def name(number: int) -> str:
    """Return the id of a relationship."""
    return f"lead-{SEED:x}-{number:07d}"


def created(number: int, at: int, channel: str | None = None) -> Record:
    """Return the event of a new lead."""
    who = name(number)
    chosen = channel or CHANNELS[number % len(CHANNELS)]
    value = (
        f'{{"specversion":"1.0","type":"crm.lead.created.v1","id":"c-{number}","source":"/scale","time":"{iso(at)}",'
        f'"subject":"{who}","data":{{"channel":"{chosen}","team":"{TEAMS[number % len(TEAMS)]}","country":"GB",'
        f'"segment":"smb","score":19.7}}}}'
    )
    return who.encode(), value.encode()


def touched(number: int, at: int, times: int = 0, direction: str = "out") -> Record:
    """Return the event of somebody who got in touch; *times* tells one touch from the next."""
    who = name(number)
    value = (
        f'{{"specversion":"1.0","type":"crm.interaction.logged.v1","id":"t-{number}-{times}","source":"/scale",'
        f'"time":"{iso(at)}","subject":"{who}","data":{{"direction":"{direction}","medium":"call",'
        f'"user_id":"agent-{number % OWNERS:02d}"}}}}'
    )
    return who.encode(), value.encode()


def filled(first: int, stop: int, now: int, span: int) -> Iterator[Record]:
    """Yield two events for each relationship in [first, stop): a lead and its first touch, ending at *now* (ms).

    In blocks of a thousand, as a busy source would send them: leads, then the touches that answer them.
    """
    step = span / max(stop - first, 1)
    for start in range(first, stop, 1_000):
        block = range(start, min(start + 1_000, stop))
        times = [now - span + int((number - first) * step) for number in block]
        yield from (created(number, at) for number, at in zip(block, times, strict=True))
        yield from (touched(number, at + 30_000) for number, at in zip(block, times, strict=True))


def probes(count: int, relationships: int, now: int, run: int) -> Iterator[Record]:
    """Yield later touches of relationships that are there, in turn and in no order of their ids.

    One each ms from *now* (ms) on, behind those of the runs before: none comes out of order, which would cost more.
    """
    order = list(range(relationships))
    Random(SEED + run).shuffle(order)  # noqa: S311  a benchmark wants the same order each time
    for place in range(count):
        turn, number = divmod(place, relationships)
        direction = "in" if place % 3 else "out"
        yield touched(order[number], now + run * count + place, 1 + run * 1_000 + turn, direction)
