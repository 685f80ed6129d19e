"""What every type of event does under given policies: looked up once per type, and not once per event."""

from __future__ import annotations

from dataclasses import dataclass

from schemas import EVENTS
from stream_app.journeys import funnel
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running, Standing
from stream_app.journeys.relationship import LAST, PARTS, RANK
from stream_app.journeys.state import Relationship
from stream_app.policies import AREAS, Moves, Policies

_PREFIX, _SUFFIX = "crm.", ".v1"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What an event of one type does to a relationship.

    Attributes:
        type: The short type, such as ``lead.created``.
        rank: Its place among events of the same time.
        handlers: What folds it, in order.
        standing: What tells the holdings that it can change.
        moves: What it does in funnels.
        used: Whether anything of what is wanted depends on it; if not, it leaves no trace.
    """

    type: str
    rank: int
    handlers: tuple[Handler, ...]
    standing: tuple[Standing, ...]
    moves: tuple[Moves, ...]
    used: bool

    def fold(self, rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
        """Fold one event into *rel*, in place, adding what it says to *out*.

        Funnels are configuration: any event can be a step, so they come last, when the labels are set.
        """
        for handler in self.handlers:
            handler(rel, fact, policies, out)
        if self.moves:
            funnel.advance(rel, fact, self.moves, out)


Standings = tuple[list[Holding], list[Running]]
"""Stock holdings and running clocks."""


def standing(rel: Relationship, parts: tuple[Standing, ...]) -> Standings:
    """Return the stock holdings and running clocks of *parts* of the relationship, from its state alone."""
    stocks: list[Holding] = []
    clocks: list[Running] = []
    for part in parts:
        part(rel, stocks, clocks)
    return stocks, clocks


class Machine:
    """The state machines of a relationship that the wanted areas of the catalogue need.

    Attributes:
        policies: The policies that they go by.
        plans: What each type of event does, by its full name (``crm.lead.created.v1``).
        everything: What tells all that a relationship holds.
    """

    __slots__ = ("_short", "everything", "plans", "policies")

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self.plans = {name: _plan(name, policies) for name in EVENTS}
        self._short = {plan.type: plan for plan in self.plans.values()}
        self.everything = tuple(part.standing for part in _parts(policies) if part.standing is not None)

    def plan(self, type_: str) -> Plan:
        """Return what an event of a short type (``lead.created``) does."""
        return self._short[type_]


def _parts(policies: Policies) -> tuple[Part, ...]:
    wanted = set(policies.areas)
    return tuple(part for part in PARTS if not part.areas or part.areas & wanted)


def _plan(name: str, policies: Policies) -> Plan:
    short = name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    parts = _parts(policies)
    folding = [part for part in parts if short in part.handles]
    holding = [part for part in parts if short in part.handles or short in part.moved_by]
    moves = policies.moves_of(short) if "funnel" in policies.areas else ()
    return Plan(
        short,
        RANK.get(short, LAST),
        tuple(part.handles[short] for part in folding),
        tuple(part.standing for part in holding if part.standing is not None),
        moves,
        used=bool(folding or moves) or set(policies.areas) == set(AREAS),
    )
