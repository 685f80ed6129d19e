"""The commercial standing and the labels that come with it: what other parts count by."""

from __future__ import annotations

from stream_app.journeys.part import Emission, Fact, Part
from stream_app.journeys.state import Customer, Relationship
from stream_app.policies import Policies


def _created(rel: Relationship, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    data = fact.data
    rel.segment = data.segment or rel.segment
    rel.tier = data.tier or rel.tier
    rel.owner_id = data.owner_id or rel.owner_id
    rel.team = data.team or rel.team
    rel.channel = rel.channel or data.channel
    if rel.customer is None:
        rel.customer = Customer(fact.at)


def _churned(rel: Relationship, _fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    if rel.customer is not None:
        rel.customer.active = False


def _reactivated(rel: Relationship, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    if rel.customer is None:
        rel.customer = Customer(fact.at)
    rel.customer.active = True


def _absorb(rel: Relationship, gone: Relationship) -> None:
    """Become a customer where the other one was; what is known of the survivor holds."""
    rel.segment = rel.segment or gone.segment
    rel.tier = rel.tier or gone.tier
    rel.owner_id = rel.owner_id or gone.owner_id
    rel.team = rel.team or gone.team
    rel.channel = rel.channel or gone.channel
    mine, theirs = rel.customer, gone.customer
    if mine is None:
        rel.customer = theirs
    elif theirs is not None:
        mine.created_at = min(mine.created_at, theirs.created_at)
        mine.active = mine.active or theirs.active


PART = Part(
    "customer",
    {"customer.created": _created, "customer.churned": _churned, "customer.reactivated": _reactivated},
    absorb=_absorb,
)
