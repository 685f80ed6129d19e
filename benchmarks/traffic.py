"""The events of the race: the simulator's traffic, in order of time, each event once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from stream_app.simulate import Options, generate

SEED = 20260302
START_MS = 1_772_445_600_000  # 2026-03-02T10:00:00Z
RATE = 200.0
"""Events per second of event time: a busy business, in which leads still get their answers within the race. The peers
cost the same at any rate; crm-pulse costs less per event the more of them share a minute, as under load they do."""
RESPONSE_TYPES = frozenset(
    {
        "lead.created",
        "lead.assigned",
        "lead.disqualified",
        "lead.converted",
        "interaction.logged",
        "relationship.merged",
    }
)
"""What lead response time looks at; the rest of the topic must be read and passed over."""


class Event(NamedTuple):
    """One record of the topic: time of the event in text, key, value, and whether the response work looks at it."""

    time: str
    key: bytes
    value: bytes
    relevant: bool


def events(count: int, *, only_response: bool = False) -> list[Event]:
    """Return so many events; with *only_response*, of the types alone that the response work looks at.

    Retries and late mail are left out and the events are put in order of time, because not every contestant can
    sort them out (the product can): what is compared is speed at what all of them can do.
    """
    options = Options(
        rate=RATE, residents=max(100, count // 100), duplicates=0, late=0, rhythm="never", families=("relationships",)
    )
    made = (_event(record.key, record.value) for record in generate(SEED, START_MS, options))
    wanted = (event for event in made if event.relevant or not only_response)
    return sorted(islice(wanted, count), key=lambda event: event.time)


def _event(key: bytes, value: bytes) -> Event:
    read = json.loads(value)
    kind = read["type"].removeprefix("crm.").rpartition(".")[0]
    return Event(read["time"], key, value, kind in RESPONSE_TYPES)


def share(traffic: Sequence[Event]) -> float:
    """Return which share of the events the response work looks at."""
    return sum(event.relevant for event in traffic) / len(traffic)
