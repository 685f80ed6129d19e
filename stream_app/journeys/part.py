"""The shape of a journey part, and the two things that it hands out: emissions and standings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from stream_app.measures.measure import Measure
from stream_app.policies import Area, Policies

Labels = tuple[str | None, ...]
"""Breakdown values in the order of the measure's ``by``; ``None`` where unknown."""

Emission = tuple[Measure, int, int | str, tuple[str, ...], Labels, int]
"""(measure, event time in ms, value, dims, labels, weight): weight -1 takes an earlier emission back."""

Holding = tuple[Measure, int, tuple[str, ...], Labels] | tuple[Measure, int, tuple[str, ...], Labels, int]
"""(stock measure, bucket time in ms, dims, labels): one thing that is in a state now; with a fifth: that much of it."""

Running = tuple[str, str, int, int | None, int | None, tuple[str, ...], Labels, str | None, bool, bool]
"""(clock, item, since, due, risk, label names, labels, policy, imported, paused): one clock that runs now.

The fields of an ``OpenClock`` in its order. A plain tuple, because most are only compared: with what ran before the
event (4 us less an event than open clocks with their dictionaries of labels).
"""


class Fact(Protocol):
    """One event as the journeys see it; one that was just read has this shape, and so has one that was kept."""

    @property
    def at(self) -> int:
        """When it happened, ms."""

    @property
    def data(self) -> Any:
        """What happened: the fields of its type."""

    @property
    def imported(self) -> bool:
        """Whether it was loaded from an export, long after it happened."""

    @property
    def source(self) -> str | None:
        """Which system has sent it; ``None`` where that was not kept."""


State = Any
"""The root state of a family, such as a ``Relationship``; a part names the one that it was written for."""

Handler = Callable[[State, Fact, Policies, list[Emission]], None]
"""Folds one event into the state, in place, and adds what it says to the emissions."""

Standing = Callable[[State, list[Holding], list[Running]], None]
"""Adds what a part of the relationship holds now; it asks no policy, as an edited one must not change what counted."""

Absorb = Callable[[State, State], None]
"""Moves what a part keeps of the second relationship into the first, in place: they are one and the same from now on.

It emits nothing: what was counted stays counted, and what is held follows from the state.
"""

Forget = Callable[[State, list[Emission]], None]
"""Adds what an erasure counts: stocks end without a flow, and what windows began with must be known still."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One state machine of a family: which events it folds and what it holds now, ``None`` for nothing ever.

    It runs where one of its *areas* is wanted; without any, always: others read what it keeps. What it holds also
    changes with events that other parts fold, *moved_by*. *absorb* brings in what another relationship had, after a
    merge or a conversion; *forget* says what an erasure counts.
    """

    name: str
    handles: Mapping[str, Handler]
    standing: Standing | None = None
    measures: tuple[Measure, ...] = ()
    areas: frozenset[Area] = frozenset()
    moved_by: frozenset[str] = frozenset()
    absorb: Absorb | None = None
    forget: Forget | None = None
