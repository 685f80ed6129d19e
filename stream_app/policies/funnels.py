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
        return all(getattr(data, name, None) in wanted for name, wanted in self.where.items())


@dataclass(frozen=True, slots=True)
class Step:
    """Name one step; any one of *any_of* reaches it."""

    name: str
    any_of: tuple[Match, ...]

    def matches(self, event: str, data: object) -> bool:
        """Tell whether an event with the short type *event* and *data* reaches this step."""
        return any(match.event == event and match.holds(data) for match in self.any_of)


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

    def concerns(self, event: str) -> bool:
        """Tell whether events of the short type *event* can move anything in this funnel."""
        steps = (*self.steps, *self.exits, *self.exclude)
        return any(match.event == event for step in steps for match in step.any_of)


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
