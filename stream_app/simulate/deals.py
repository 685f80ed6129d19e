"""The life of a deal: opened, worked on stage by stage, won, lost, or opened again."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from stream_app.simulate import calls
from stream_app.simulate.town import DAY, HOUR, Life, Person, Step, Town
from stream_app.simulate.world import CURRENCIES, PRODUCTS, REASONS_LOST, STAGES

Sold = Generator[Step, None, str | None]
"""Steps whose value is the deal, if it was won."""

_KINDS = {"renewal": 0.7, "cross_sell": 0.4, "up_sell": 0.5}
"""Kinds of sale to a customer, and the chance that it is made."""


def first(town: Town, person: Person, campaign: str | None) -> Sold:
    """Sell to somebody for the first time."""
    median = 240_000 if person.segment == "smb" else 1_200_000
    deal = {**_deal(town, person, "new", round(town.around(median, 0.8))), "channel": person.channel.name}
    if campaign:
        deal["campaign_id"] = campaign
    yield town.at_work(person.team, town.around(DAY)), "deal.opened", deal
    return (yield from _work(town, person, deal, person.channel.wins))


def again(town: Town, person: Person) -> Life:
    """Sell to a customer: the same once more, something else, or more."""
    kind = town.rng.choice(tuple(_KINDS))
    deal = _deal(town, person, kind, round(town.around(90_000)))
    yield 0.0, "deal.opened", deal
    yield from _work(town, person, deal, _KINDS[kind])


def _deal(town: Town, person: Person, kind: str, amount: int) -> dict[str, Any]:
    deal_id = town.id("deal")
    town.work_on(deal_id)
    return {
        "deal_id": deal_id, "amount": amount, "currency": CURRENCIES[person.team.name], "kind": kind,
        "stage": STAGES[0], "owner_id": person.owner.id, "team": person.team.name,
        "product": town.rng.choice(PRODUCTS).line,
    }  # fmt: skip


def _work(town: Town, person: Person, opened: dict[str, Any], wins: float) -> Sold:
    """Go through the stages, with a meeting, calls and a proposal."""
    team, this = person.team, {"deal_id": opened["deal_id"]}
    yield town.at_work(team, town.around(2 * DAY)), "interaction.logged", {
        "direction": "out", "medium": "meeting", "two_way": True, "user_id": person.owner.id, **this,
    }  # fmt: skip
    if town.chance(0.4):
        yield from calls.outbound(town, person, this)
    yield town.around(HOUR), "deal.stage_changed", {**this, "stage": STAGES[1]}
    if town.chance(0.2):
        return (yield from _lose(town, person, opened))
    yield town.at_work(team, town.around(2 * DAY)), "deal.proposal_sent", this
    yield town.around(60), "deal.stage_changed", {**this, "stage": STAGES[2]}
    if not town.chance(wins / 0.8):
        return (yield from _lose(town, person, opened))
    if town.chance(0.5):
        yield town.around(DAY), "deal.stage_changed", {**this, "stage": STAGES[3]}
    yield town.at_work(team, town.around(5 * DAY)), "deal.won", _price(town, opened)
    return str(opened["deal_id"])


def _lose(town: Town, person: Person, opened: dict[str, Any]) -> Sold:
    this = {"deal_id": opened["deal_id"]}
    yield town.around(4 * DAY), "deal.lost", {**this, "reason": town.rng.choice(REASONS_LOST)}
    if not town.chance(0.15):
        return None
    yield town.around(3 * DAY), "deal.reopened", this
    if not town.chance(0.5):
        yield town.around(3 * DAY), "deal.lost", {**this, "reason": town.rng.choice(REASONS_LOST)}
        return None
    yield town.at_work(person.team, town.around(2 * DAY)), "deal.won", _price(town, opened)
    return str(opened["deal_id"])


def _price(town: Town, opened: dict[str, Any]) -> dict[str, Any]:
    """Return how a deal was won: at the amount that it was opened with, or with a discount."""
    amount = round(opened["amount"] * (0.9 if town.chance(0.3) else 1.0))
    return {"deal_id": opened["deal_id"], "amount": amount, "currency": opened["currency"]}
