"""The life of a case: opened, held by a bot, answered, paused, resolved, sometimes opened again."""

from __future__ import annotations

from typing import Any

from stream_app.simulate import calls
from stream_app.simulate.orders import buy
from stream_app.simulate.surveys import asked
from stream_app.simulate.town import DAY, HOUR, MINUTE, Life, Person, Town

CATEGORIES = (("question", 5), ("incident", 3), ("request", 2), ("complaint", 1))
PRIORITIES = (("normal", 6), ("low", 2), ("high", 2), ("urgent", 1))
CHANNELS = (("email", 4), ("chat", 3), ("phone", 2), ("web", 1))
HASTE = {"urgent": 0.25, "high": 0.5, "normal": 1.0, "low": 2.0}
"""Factor on the usual reply time, by priority."""


def case(town: Town, person: Person) -> Life:
    """Tell the life of one case of *person*, a customer."""
    case_id = town.id("case")
    this: dict[str, Any] = {"case_id": case_id}
    priority, channel = town.weighted(PRIORITIES), town.weighted(CHANNELS)
    agent, haste = person.owner, HASTE[priority]
    yield 0.0, "case.opened", {
        **this, "category": town.weighted(CATEGORIES), "priority": priority,
        "channel": channel, "team": person.team.name,
    }  # fmt: skip
    if channel == "chat" and town.chance(0.6):
        yield town.around(3, 0.3), "case.replied", {**this, "automated": True}
        if town.chance(0.3):
            yield town.around(MINUTE), "case.resolved", {**this, "automated": True}
            if not town.chance(0.35):
                return
            yield town.around(2 * HOUR), "case.reopened", {**this, "reason": "not_solved"}
    yield town.around(2 * MINUTE), "case.assigned", {**this, "owner_id": agent.id, "team": person.team.name}
    if town.chance(0.02):
        yield town.around(10 * MINUTE), "case.merged", {**this, "into": town.id("case")}
        return
    reply = {**this, "user_id": agent.id}
    yield town.replies_in(agent, person.team, 3 * haste), "case.replied", reply
    if channel == "phone":
        yield from calls.inbound(town, person, case_id=case_id)
    yield from _conversation(town, person, this, haste)
    yield town.at_work(person.team, town.around(3 * HOUR * haste, 0.9)), "case.resolved", reply
    if town.chance(0.08):
        yield town.around(DAY), "case.reopened", {**this, "reason": "came_back"}
        yield town.replies_in(agent, person.team, 2 * haste), "case.replied", reply
        yield town.at_work(person.team, town.around(4 * HOUR)), "case.resolved", reply
    if town.chance(0.5):
        yield from asked(town, person, "csat", case_id=case_id)
    yield town.around(2 * DAY), "case.closed", this
    if town.chance(0.05):
        yield from buy(town, person, town.around(HOUR), case_id=case_id)


def _conversation(town: Town, person: Person, this: dict[str, Any], haste: float) -> Life:
    """Let the customer write again, a few times, and the agent answer, take a note, or wait for them."""
    while town.chance(0.4):
        if town.chance(0.3):
            yield town.around(20, 0.3), "case.replied", {**this, "public": False, "user_id": person.owner.id}
        waits = town.chance(0.35)
        if waits:
            yield town.around(MINUTE), "case.paused", {**this, "reason": "waiting_for_customer"}
        yield town.around(3 * HOUR, 1.0), "interaction.logged", {"direction": "in", "medium": "email", **this}
        if waits:
            yield town.around(20), "case.resumed", this
        again = town.replies_in(person.owner, person.team, 3 * haste)
        yield again, "case.replied", {**this, "user_id": person.owner.id}
