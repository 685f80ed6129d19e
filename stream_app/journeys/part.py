"""The shape of a journey part, and the two things that it hands out: emissions and standings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

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
    """One event as the journeys see it: when, what, and whether it came from an export."""

    __slots__ = ("at", "data", "imported", "type")

    def __init__(self, at: int, type_: str, data: Any, imported: bool) -> None:  # noqa: FBT001  built once per event
        """Hold an event of short type *type_* (such as ``lead.created``) at *at* ms."""
        self.at = at
        self.type = type_
        self.data = data
        self.imported = imported


Handler = Callable[[Relationship, Fact, Policies, list[Emission]], None]


class Part(Protocol):
    """One state machine of a relationship: which events it folds and what it holds now.

    A part is a module; these are its public names.
    """

    HANDLES: dict[str, Handler]

    @staticmethod
    def standing(rel: Relationship, policies: Policies, key: str, stocks: list[Holding], clocks: dict[str, OpenClock]) -> None:
        """Add what the part holds now: stock holdings and open clocks."""
