"""What every contestant must find: computed from the events once more, shared with none of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import floor

TOLERANCE = 0.011
"""Of a p90 from bins with 1 % relative error, and a rounding."""

Place = tuple[str, int]
"""Channel and minute of a window."""


@dataclass(frozen=True, slots=True)
class Window:
    """Answers of one channel in one minute: how many, their waits in ms added up, and the waits' p90."""

    count: int
    sum: int
    p90: float


def windows(events: Iterable[bytes]) -> dict[Place, Window]:
    """Return the windows of events that are in order of time for each lead."""
    waits: dict[Place, list[int]] = defaultdict(list)
    waiting: dict[str, tuple[datetime, str]] = {}
    for value in events:
        event = json.loads(value)
        kind, who, data = event["type"].split(".", 1)[1], event["subject"], event["data"]
        at = datetime.fromisoformat(event["time"])
        if kind == "lead.created.v1":
            waiting.setdefault(who, (at, data["channel"]))
        elif kind in {"lead.disqualified.v1", "lead.converted.v1", "relationship.merged.v1"}:
            waiting.pop(who, None)
        elif kind == "interaction.logged.v1" and who in waiting:
            touched = data["direction"] == "out" or data.get("two_way") is True
            if touched and not (data.get("automated") is True or data.get("internal") is True):
                created, channel = waiting.pop(who)
                waits[channel, int(at.timestamp()) // 60].append(round((at - created).total_seconds() * 1000))
    return {place: Window(len(found), sum(found), exact(sorted(found), 0.9)) for place, found in waits.items()}


def exact(values: list[int], share: float) -> float:
    """Return a quantile of sorted values, linear between ranks (R's type 7)."""
    rank = share * (len(values) - 1)
    low = floor(rank)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (rank - low)


def differences(wanted: Mapping[Place, Window], found: Mapping[Place, Window]) -> list[str]:
    """Return what is wrong, in words: empty if each window has its count and sum exactly and its p90 within 1 %."""
    wrong = []
    for place in sorted(wanted.keys() | found.keys()):
        right, here = wanted.get(place), found.get(place)
        name = f"{place[0]} at minute {place[1]}"
        if right is None:
            wrong.append(f"{name}: nobody answered, found {here}")
        elif here is None:
            wrong.append(f"{name}: missing")
        elif (here.count, here.sum) != (right.count, right.sum):
            wrong.append(f"{name}: {here.count} answers of {here.sum} ms, right is {right.count} of {right.sum}")
        elif abs(here.p90 - right.p90) > TOLERANCE * right.p90:
            wrong.append(f"{name}: p90 {here.p90:.0f}, right is {right.p90:.0f}")
    return wrong
