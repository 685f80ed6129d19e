"""The seat: who may work with the CRM, whether they ever came, when they last did, and what they created there."""

from __future__ import annotations

from typing import Final

from stream_app.journeys.part import Emission, Fact, Handler, Holding, Labels, Part, Running
from stream_app.journeys.state import User
from stream_app.measures.measure import Kind, Measure
from stream_app.measures.window import HOUR
from stream_app.policies import Policies

LOGGED_IN: Final = "logged_in"
ACTED: Final = "acted"
ENTITIES: Final = frozenset({"account", "contact", "lead", "deal", "case"})
"""Records that are counted by what they are; all else is counted as `OTHER`."""
OTHER: Final = "other"
BY = ("team", "role")

SEATS = Measure("seats", Kind.STOCK, "1", "Seats of people, by the hour in which they were given.", by=BY, bucket="h")
LAST = Measure(
    "seats_last_active", Kind.STOCK, "1", "Seats of people, by the hour in which they were last active.",
    by=BY, dims=("form",), bucket="h",
)  # fmt: skip
EVER = Measure(
    "seats_ever_active", Kind.STOCK, "1", "Seats of people that were ever active, by the hour they were given.",
    by=BY, dims=("form",), bucket="h",
)  # fmt: skip
RECORDS = Measure("records_created", Kind.COUNT, "1", "Records that users created.", by=("role",), dims=("entity",))


def _created(user: User, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    data = fact.data
    if user.since is None or user.gone:
        # A seat that is given again begins anew: what its holder did before says nothing about adoption now.
        user.since, user.gone, user.logged_in_at, user.acted_at = fact.at, False, None, None
    user.role = data.role or user.role
    user.team = data.team or user.team
    user.human = data.human


def _deactivated(user: User, _fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    user.gone = True


def _logged_in(user: User, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    user.logged_in_at = fact.at


def _acted(user: User, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    user.acted_at = fact.at


def _recorded(user: User, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    user.acted_at = fact.at
    entity = fact.data.entity if fact.data.entity in ENTITIES else OTHER
    out.append((RECORDS, fact.at, 1, (entity,), (user.role,), 1))


_HANDLES: dict[str, Handler] = {
    "user.created": _created,
    "user.deactivated": _deactivated,
    "user.logged_in": _logged_in,
    "record.created": _recorded,
    "activity.completed": _acted,
    "feature.used": _acted,
}


def seated(user: User) -> bool:
    """Tell whether a person has the seat now."""
    return user.since is not None and user.human and not user.gone


def by_seat(user: User) -> Labels:
    """Return the labels of ``BY``."""
    return (user.team, user.role)


def _standing(user: User, stocks: list[Holding], _clocks: list[Running]) -> None:
    """Hold the seat by the hour it was given and, by what counts as activity, by the hour of the last one."""
    since = user.since
    if since is None or not seated(user):
        return
    by = by_seat(user)
    given = since - since % HOUR.size
    stocks.append((SEATS, given, (), by))
    for form, at in ((LOGGED_IN, user.logged_in_at), (ACTED, user.acted_at)):
        if at is not None:
            stocks.append((LAST, at - at % HOUR.size, (form,), by))
            stocks.append((EVER, given, (form,), by))


PART = Part("seat", _HANDLES, _standing, (SEATS, LAST, EVER, RECORDS), areas=frozenset({"adoption"}))
