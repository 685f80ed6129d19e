"""One relationship as a whole: every part folds the events it knows; what is held now is the sum of the parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stream_app.journeys import case, contact, funnel, lead, survey
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running, Standing
from stream_app.journeys.state import Relationship
from stream_app.measures.measure import Measure, registry
from stream_app.policies import Policies

PARTS: tuple[Part, ...] = (lead.PART, contact.PART, case.PART, survey.PART)
"""In folding order: the lead sets the labels that the others use."""

_AT_THE_SAME_TIME = (
    "customer.created", "customer.referred", "lead.created", "list.subscribed", "lead.assigned",
    "case.opened", "case.assigned", "email.sent", "email.delivered", "email.bounced", "email.opened", "email.clicked",
    "lead.stage_changed", "interaction.logged", "case.replied", "lead.converted", "deal.opened", "deal.stage_changed",
    "deal.proposal_sent", "survey.sent", "survey.answered", "case.paused", "case.resumed", "case.resolved",
    "case.reopened", "case.closed", "case.merged", "order.placed", "deal.won", "deal.lost", "deal.reopened",
    "lead.disqualified", "list.unsubscribed", "list.blocked", "customer.churned", "customer.reactivated",
    "relationship.merged",
)  # fmt: skip
RANK: dict[str, int] = {name: rank for rank, name in enumerate(_AT_THE_SAME_TIME)}
"""Order of events with one and the same time: causes before effects, a reply before the pause that goes with it."""
LAST = len(RANK)


EVERYTHING: tuple[Standing, ...] = tuple(part.standing for part in PARTS if part.standing is not None)
"""What tells all that a relationship holds."""

_LABELLED = tuple(part.standing for part in (lead.PART, contact.PART) if part.standing is not None)
_WIDELY: Mapping[str, tuple[Standing, ...]] = {
    "lead.created": _LABELLED,
    "lead.assigned": _LABELLED,
    "customer.created": _LABELLED,
    "relationship.merged": EVERYTHING,
}
"""What holds something else after an event that sets the labels of the relationship; a case has its own since it
opened (which need not be opened here: 1 us of 28). A merged relationship holds nothing."""


def _index(parts: Iterable[Part]) -> tuple[dict[str, tuple[Handler, ...]], dict[str, tuple[Standing, ...]]]:
    handlers: dict[str, tuple[Handler, ...]] = {}
    touched: dict[str, tuple[Standing, ...]] = dict(_WIDELY)
    for part in parts:
        for name, handler in part.handles.items():
            handlers[name] = (*handlers.get(name, ()), handler)
            if part.standing is not None and name not in _WIDELY:
                touched[name] = (*touched.get(name, ()), part.standing)
    return handlers, touched


_HANDLERS, _TOUCHED = _index(PARTS)

Standings = tuple[list[Holding], list[Running]]
"""Stock holdings and running clocks."""

MEASURES: Mapping[str, Measure] = registry(
    (*(measure for part in PARTS for measure in part.measures), *funnel.MEASURES)
)
"""Every measure that a relationship emits, by name."""


def fold(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    """Fold one event into *rel*, in place, adding what it says to *out*.

    Funnels are configuration: any event can be a step, so they see every event, after the labels are set.
    """
    for handler in _HANDLERS.get(fact.type, ()):
        handler(rel, fact, policies, out)
    funnel.advance(rel, fact, policies, out)


def folds(type_: str, policies: Policies) -> bool:
    """Tell whether an event of this short type can change a relationship at all."""
    return type_ in _HANDLERS or bool(policies.moves_of(type_))


def touched_by(type_: str) -> tuple[Standing, ...]:
    """Return what tells the holdings that an event of this short type can change."""
    return _TOUCHED.get(type_, ())


def standing(rel: Relationship, parts: tuple[Standing, ...]) -> Standings:
    """Return the stock holdings and running clocks of *parts* of the relationship, from its state alone."""
    stocks: list[Holding] = []
    clocks: list[Running] = []
    for part in parts:
        part(rel, stocks, clocks)
    return stocks, clocks
