"""The life of a lead: it asks, waits, is answered or not, and becomes a customer or not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stream_app.simulate import deals, subscriptions
from stream_app.simulate.campaigns import CAMPAIGNS, LIST
from stream_app.simulate.orders import buy
from stream_app.simulate.town import DAY, HOUR, MINUTE, Life, Person, Town
from stream_app.simulate.world import FORMS, REASONS_DISQUALIFIED

REPLY_CHANCES = (0.45, 0.30, 0.24, 0.16, 0.12, 0.08)
"""Chance that attempt 1, 2, ... gets an answer."""


def lead(town: Town, person: Person) -> Life:
    """Tell the life of *person*, from the first question on."""
    rng = town.rng
    campaign = rng.choice(CAMPAIGNS).key if town.chance(0.4) else None
    if campaign and town.chance(0.5):
        yield 0.0, "page.viewed", {"campaign_id": campaign, "channel": person.channel.name, "url": f"/{campaign}"}
    routed = town.chance(0.1)  # a partner portal names the owner with the lead
    arrival: dict[str, Any] = {
        "channel": person.channel.name,
        "team": person.team.name,
        "country": rng.choice(person.team.countries),
        "segment": person.segment,
        "score": round(rng.betavariate(2, 3) * 100, 1),
    }
    if campaign:
        arrival["campaign_id"] = campaign
    if town.chance(0.7):  # the others do not tell when they stored it
        arrival["captured_at"] = datetime.fromtimestamp(town.now / 1000 + 1 + town.around(1.2), UTC)
    if person.channel.name == "web":
        arrival["form"] = rng.choice(FORMS)
    if routed:
        arrival["owner_id"] = person.owner.id
    yield 1.0, "lead.created", arrival
    wait = town.replies_in(person.owner, person.team, person.channel.patience)
    if person.channel.name in {"web", "chat"} and town.chance(0.6):
        pause = town.around(4, 0.3)
        wait = max(1.0, wait - pause)
        yield pause, "interaction.logged", {"direction": "out", "medium": person.channel.medium, "automated": True}
    if not routed:
        pause = min(town.around(45), wait)
        wait = max(1.0, wait - pause)
        yield pause, "lead.assigned", {"owner_id": person.owner.id, "team": person.team.name}
    if town.chance(0.03):
        pause = min(town.around(5 * MINUTE), wait / 2)
        wait -= pause
        yield pause, "interaction.logged", {"direction": "out", "medium": "chat", "internal": True}
    if not town.chance(person.owner.diligence) and person.team.name != town.attentive:
        yield from _forgotten(town)
        return
    replied = yield from _attempts(town, person, wait, campaign)
    if not replied:
        if town.chance(0.6):
            yield town.at_work(person.team, town.around(2 * DAY)), "lead.disqualified", {"reason": "no_response"}
        return
    if town.chance(0.4):
        reason = rng.choice(REASONS_DISQUALIFIED)
        yield town.at_work(person.team, town.around(4 * HOUR)), "lead.disqualified", {"reason": reason}
        return
    yield town.at_work(person.team, town.around(3 * HOUR)), "lead.stage_changed", {"stage": "qualified"}
    won = yield from deals.first(town, person, campaign)
    if won:
        yield from _welcome(town, person, won, campaign)


def _forgotten(town: Town) -> Life:
    """Leave the lead unanswered until somebody tidies up, or finds that it was there before."""
    if town.customers and town.chance(0.08):
        yield town.around(DAY), "relationship.merged", {"into": town.rng.choice(town.customers).key}
    else:
        yield town.around(DAY), "lead.disqualified", {"reason": "expired"}


def _attempts(town: Town, person: Person, wait: float, campaign: str | None) -> Any:
    """Try until somebody answers; the value of this story is whether somebody did."""
    about = {"campaign_id": campaign} if campaign else {}
    for number, chance in enumerate(REPLY_CHANCES):
        medium = person.channel.medium if number == 0 else town.rng.choice(("call", "email", "sms"))
        touch = {"direction": "out", "medium": medium, "user_id": person.owner.id, "team": person.team.name, **about}
        if medium == "call" and town.chance(chance):
            yield wait, "interaction.logged", {**touch, "two_way": True, "outcome": "talked"}
            return True
        yield wait, "interaction.logged", touch
        if town.chance(chance):
            answer = {"direction": "in", "medium": "email" if medium == "call" else medium, **about}
            yield town.around(90 * MINUTE, 1.0), "interaction.logged", answer
            return True
        if town.chance(0.1):
            return False
        wait = town.at_work(person.team, town.around(DAY, 0.4))
    return False


def _welcome(town: Town, person: Person, deal_id: str, campaign: str | None) -> Life:
    """Turn the lead into a customer; in one case of three the customer gets a record of its own."""
    lead_key = person.key
    customer_key = town.id("customer") if town.chance(0.3) else lead_key
    yield town.around(5), "lead.converted", {"customer_id": customer_key, "deal_id": deal_id}
    customer = {
        "segment": person.segment, "tier": person.tier, "owner_id": person.owner.id,
        "team": person.team.name, "channel": person.channel.name,
    }  # fmt: skip
    if customer_key != lead_key:
        person.key = customer_key
        customer["acquired_by"] = lead_key
    yield 0.5, "customer.created", customer
    town.settle(person)
    if town.chance(0.5):
        yield from subscriptions.start(town, person, town.around(HOUR), trial=town.chance(0.3))
    about = {"campaign_id": campaign} if campaign else {}
    yield from buy(town, person, town.around(2 * HOUR), deal_id=deal_id, **about)
    yield town.around(HOUR), "list.subscribed", {"list_id": LIST, "channel": person.channel.name}
