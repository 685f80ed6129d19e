"""The mailing lists: who is on one now, who joined and who left."""

from __future__ import annotations

from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running
from stream_app.journeys.state import Relationship, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

KEPT = 64
"""Lists that one relationship can be on; a further one is not counted."""

SIZE = Measure("list_size", Kind.STOCK, "1", "Who is on a list.", by=("list",), bucket="none")
MOVES = Measure(
    "list_moves", Kind.COUNT, "1",
    "Who joined a list, and who left one or blocked its sender; and who was erased, when they had joined.",
    by=("list",), dims=("flow",),
)  # fmt: skip
JOINED, LEFT, FORGOTTEN = "joined", "left", "forgotten"

_SLOT = Slot("lists", dict[str, int])
"""Since when (ms) the relationship has been on each list."""


def _subscribed(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    lists = _SLOT.of(rel) or {}
    name = fact.data.list_id
    if name not in lists and len(lists) < KEPT:
        _SLOT.put(rel, {**lists, name: fact.at})
        out.append((MOVES, fact.at, 1, (JOINED,), (name,), 1))


def _left(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    """Take the relationship off a list that it is known to be on: the size counts nobody else."""
    lists = _SLOT.of(rel) or {}
    name = fact.data.list_id
    if name in lists:
        _SLOT.put(rel, {other: since for other, since in lists.items() if other != name})
        out.append((MOVES, fact.at, 1, (LEFT,), (name,), 1))


def _standing(rel: Relationship, stocks: list[Holding], _clocks: list[Running]) -> None:
    """Hold a place on each list."""
    if not rel.merged:
        stocks += [(SIZE, 0, (), (name,)) for name in _SLOT.of(rel) or ()]


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Put the survivor on the lists of both: somebody who was on one twice is on it once."""
    both = {**(_SLOT.of(gone) or {}), **(_SLOT.of(rel) or {})}
    if both:
        _SLOT.put(rel, dict(list(both.items())[:KEPT]))


def _forget(rel: Relationship, out: list[Emission]) -> None:
    """Say since when somebody who is erased had been on each list."""
    out += [(MOVES, since, 1, (FORGOTTEN,), (name,), 1) for name, since in (_SLOT.of(rel) or {}).items()]


_HANDLES: dict[str, Handler] = {"list.subscribed": _subscribed, "list.unsubscribed": _left, "list.blocked": _left}

PART = Part(
    "lists",
    _HANDLES,
    _standing,
    (SIZE, MOVES),
    areas=frozenset({"marketing"}),
    moved_by=frozenset({"relationship.merged"}),
    absorb=absorb,
    forget=_forget,
)
