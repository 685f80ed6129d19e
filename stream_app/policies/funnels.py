"""Funnels: the steps on the way to a goal, and the ways out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Value = str | int | float | bool

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Match:
    """Recognise an event by its type and by fields of its data.

    Attributes:
        event: The short type, such as "deal.won".
        where: Fields and the values of which they must have one; nothing for every event of the type.
    """

    event: str
    where: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def holds(self, data: object) -> bool:
        """Tell whether *data*, of an event of this type, has the wanted values."""
        for name, wanted in self.where.items():  # noqa: SIM110  all() of a generator takes three times as long
            if getattr(data, name, None) not in wanted:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Step:
    """Name one step; any one of *any_of* reaches it."""

    name: str
    any_of: tuple[Match, ...]

    def of(self, event: str) -> tuple[Match, ...]:
        """Return the matches for events of the short type *event*."""
        return tuple(match for match in self.any_of if match.event == event)


@dataclass(frozen=True, slots=True)
class Funnel:
    """Follow each entity from the first step to the last.

    Attributes:
        name: What the funnel is called on gauges.
        key: What is followed: a relationship, or one e-mail message.
        order: sequential = the steps in order, other events between them do not matter; strict = in order
            with no other step between them; any = all steps, in whatever order.
        window_ms: How long an entity has, from its entry, to convert.
        steps: Two or more; the first is the entry.
        exits: Ways to leave before the end, counted by name.
        exclude: What takes an entity out of the funnel altogether, as if it had not entered.
    """

    name: str
    key: Literal["relationship", "message"]
    order: Literal["sequential", "strict", "any"]
    window_ms: int
    steps: tuple[Step, ...]
    exits: tuple[Step, ...] = ()
    exclude: tuple[Step, ...] = ()

    def moves(self, event: str) -> "Moves | None":
        """Return what events of the short type *event* can do in this funnel, None for nothing."""
        moves = Moves(
            self,
            tuple((number, match) for number, step in enumerate(self.steps) for match in step.of(event)),
            tuple((step.name, match) for step in self.exits for match in step.of(event)),
            tuple(match for step in self.exclude for match in step.of(event)),
        )
        return moves if moves.steps or moves.exits or moves.exclude else None


@dataclass(frozen=True, slots=True)
class Moves:
    """What events of one type can do in one funnel: found once, so that an event is not held against each step.

    Attributes:
        funnel: The funnel.
        steps: The steps by number, in order, that such an event reaches if it matches.
        exits: The ways out, by name.
        exclude: What excludes.
    """

    funnel: Funnel
    steps: tuple[tuple[int, Match], ...]
    exits: tuple[tuple[str, Match], ...]
    exclude: tuple[Match, ...]


def _step(name: str, *events: str) -> Step:
    return Step(name, tuple(Match(event) for event in events))


SALES = Funnel(
    name="sales",
    key="relationship",
    order="sequential",
    window_ms=90 * _DAY_MS,
    steps=(
        _step("lead", "lead.created"),
        Step("qualified", (Match("lead.stage_changed", {"stage": ("qualified",)}), Match("lead.converted"))),
        _step("opportunity", "deal.opened"),
        _step("proposal", "deal.proposal_sent"),
        _step("won", "deal.won"),
    ),
    exits=(_step("disqualified", "lead.disqualified"), _step("lost", "deal.lost")),
)

NEWSLETTER = Funnel(
    name="newsletter",
    key="message",
    order="sequential",
    window_ms=7 * _DAY_MS,
    steps=(
        _step("sent", "email.sent"),
        _step("opened", "email.opened"),
        _step("clicked", "email.clicked"),
        _step("purchased", "order.placed"),
    ),
    exits=(_step("unsubscribed", "list.unsubscribed"), _step("bounced", "email.bounced")),
)
