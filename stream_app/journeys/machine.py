"""What every type of event does under given policies: looked up once per type, and not once per event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import msgspec

from schemas import EVENTS
from stream_app.journeys import funnel
from stream_app.journeys.families import RELATIONSHIPS
from stream_app.journeys.family import Family, short
from stream_app.journeys.part import Absorb, Emission, Fact, Handler, Holding, Part, Running, Standing, State
from stream_app.journeys.quality import FIELDS, Fields
from stream_app.journeys.relationship import LAST, LINKING, OTHERS, RANK
from stream_app.policies import Moves, Policies


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What an event of one type does to a relationship, user or campaign.

    Attributes:
        type: The short type, such as ``lead.created``.
        rank: Its place among events of the same time.
        handlers: What folds it, in order.
        standing: What tells the holdings that it can change.
        moves: What it does in funnels.
        used: Whether anything of what is wanted depends on it; if not, it leaves no trace.
        foreign: Whether it belongs into the topic of another family.
        fields: Which of its fields ought to be filled; ``None`` where that is not asked.
        linking: Whether it may say that two ids are one and the same, or that one is to be forgotten.
        others: Fields that name other relationships, which are not kept.
    """

    type: str
    rank: int
    handlers: tuple[Handler, ...]
    standing: tuple[Standing, ...]
    moves: tuple[Moves, ...]
    used: bool
    foreign: bool = False
    fields: Fields | None = None
    linking: bool = False
    others: tuple[str, ...] = ()

    def fold(self, rel: State, fact: Fact, policies: Policies, out: list[Emission]) -> None:
        """Fold one event into *rel*, in place, adding what it says to *out*.

        Funnels are configuration: any event can be a step, so they come last, when the labels are set.
        """
        for handler in self.handlers:
            handler(rel, fact, policies, out)
        if self.moves:
            funnel.advance(rel, fact, self.moves, out)


Standings = tuple[list[Holding], list[Running]]
"""Stock holdings and running clocks."""


def standing(rel: State, parts: tuple[Standing, ...]) -> Standings:
    """Return the stock holdings and running clocks of *parts*, from its state alone."""
    stocks: list[Holding] = []
    clocks: list[Running] = []
    for part in parts:
        part(rel, stocks, clocks)
    return stocks, clocks


class Machine:
    """The state machines of a family that the wanted areas of the catalogue need.

    Attributes:
        policies: The policies that they go by.
        family: Whose events they fold.
        plans: What each type of event does, by its full name (``crm.lead.created.v1``).
        everything: What tells all that a relationship, user or campaign holds.
        absorbing: What brings in the past of another relationship.
        forgetting: What tells what an erasure counts.
        rules: A number that tells these policies from others, never 0.
        unpack: Opens a packed state.
    """

    __slots__ = ("_short", "absorbing", "everything", "family", "forgetting", "plans", "policies", "rules", "unpack")

    def __init__(self, policies: Policies, family: Family = RELATIONSHIPS) -> None:
        self.policies = policies
        self.family = family
        self.plans = {name: _plan(name, policies, family) for name in EVENTS}
        self._short = {plan.type: plan for plan in self.plans.values()}
        self.everything = tuple(part.standing for part in _parts(policies, family) if part.standing is not None)
        absorbing = [part.absorb for part in _parts(policies, family) if part.absorb is not None]
        self.absorbing: tuple[Absorb, ...] = (*absorbing, funnel.absorb) if family.funnels else tuple(absorbing)
        self.forgetting = tuple(part.forget for part in _parts(policies, family) if part.forget is not None)
        self.rules = crc32(policies.rules.encode()) or 1
        self.unpack: Callable[[bytes | msgspec.Raw], Any] = msgspec.msgpack.Decoder(family.root).decode

    def plan(self, type_: str) -> Plan:
        """Return what an event of a short type (``lead.created``) does."""
        return self._short[type_]


def _parts(policies: Policies, family: Family) -> tuple[Part, ...]:
    wanted = set(policies.areas)
    return tuple(part for part in family.parts if not part.areas or part.areas & wanted)


def _plan(name: str, policies: Policies, family: Family) -> Plan:
    type_ = short(name)
    if name not in family.types:
        return Plan(type_, LAST, (), (), (), used=False, foreign=True)
    parts = _parts(policies, family)
    folding = [part for part in parts if type_ in part.handles]
    holding = [part for part in parts if type_ in part.handles or type_ in part.moved_by]
    moves = policies.moves_of(type_) if family.funnels and "funnel" in policies.areas else ()
    return Plan(
        type_,
        RANK.get(type_, LAST),
        tuple(part.handles[type_] for part in folding),
        tuple(part.standing for part in holding if part.standing is not None),
        moves,
        # Which events come twice or late can only be told of those that are followed.
        used=bool(folding or moves) or type_ in LINKING or "quality" in policies.areas,
        linking=type_ in LINKING,
        others=OTHERS.get(type_, ()),
        fields=FIELDS.get(name),
    )
