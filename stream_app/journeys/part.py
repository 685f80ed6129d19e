"""The shape of a journey part, and the two things that it hands out: emissions and standings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stream_app.journeys.state import Relationship
from stream_app.measures.clock import OpenClock
from stream_app.measures.measure import Measure
from stream_app.policies import Policies

Labels = tuple[str | None, ...]
"""Breakdown values in the order of the measure's ``by``; ``None`` where unknown."""

Emission = tuple[Measure, int, int, tuple[str, ...], Labels, int]
"""(measure, event time in ms, value, dims, labels, weight): weight -1 takes an earlier emission back."""

Holding = tuple[Measure, int, tuple[str, ...], Labels]
"""(stock measure, bucket time in ms, dims, labels): one thing that is in a state now."""


class Fact:
    """One event as the journeys see it: when (ms), what (such as ``lead.created``), and whether it was imported."""

    __slots__ = ("at", "data", "imported", "type")

    def __init__(self, at: int, type_: str, data: Any, imported: bool) -> None:
        self.at = at
        self.type = type_
        self.data = data
        self.imported = imported


Handler = Callable[[Relationship, Fact, Policies, list[Emission]], None]
"""Folds one event into the relationship, in place, and adds what it says to the emissions."""

Standing = Callable[[Relationship, Policies, str, list[Holding], dict[str, OpenClock]], None]
"""Adds what a part of the relationship (with its key) holds now: stock holdings and open clocks."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One state machine of a relationship: which events it folds and what it holds now."""

    name: str
    handles: Mapping[str, Handler]
    standing: Standing
    measures: tuple[Measure, ...]
