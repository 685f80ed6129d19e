"""The life of a call: it waits in a queue, is answered or given up, held, wrapped up; some are called back."""

from __future__ import annotations

from typing import Any

from stream_app.simulate.surveys import asked
from stream_app.simulate.town import HOUR, MINUTE, Life, Person, Town

QUEUES = (("support", 6), ("billing", 3), ("orders", 2))


def inbound(town: Town, person: Person, **about: str) -> Life:
    """Call the company."""
    queue = town.weighted(QUEUES)
    this = {"call_id": town.id("call")}
    yield 0.0, "call.queued", {**this, "direction": "in", "queue": queue, "team": person.team.name, **about}
    if town.chance(0.12):
        yield from _given_up(town, person, this, queue)
        return
    yield from _conversation(town, person, this, town.around(14, 0.8))
    if town.chance(0.3):
        yield from asked(town, person, "ces", **about)


def outbound(town: Town, person: Person, about: dict[str, Any]) -> Life:
    """Call somebody about a deal; half of the calls find nobody."""
    this = {"call_id": town.id("call")}
    yield town.around(HOUR), "call.queued", {**this, "direction": "out", "team": person.team.name, **about}
    if town.chance(0.5):
        yield from _conversation(town, person, this, town.around(12, 0.3))
    else:
        yield town.around(25, 0.3), "call.ended", this


def _given_up(town: Town, person: Person, this: dict[str, Any], queue: str) -> Life:
    """Hang up at once, after a while, or with the promise of a callback."""
    fate = town.weighted((("at once", 2), ("tired", 5), ("promised", 4)))
    if fate != "promised":
        yield town.around(2.5 if fate == "at once" else 70, 0.3), "call.abandoned", this
        return
    callback = {"callback_id": town.id("callback")}
    yield town.around(50, 0.4), "callback.promised", {
        **callback, "due_at": town.moment(2 * HOUR), "queue": queue, "team": person.team.name,
        "owner_id": person.owner.id, **this,
    }  # fmt: skip
    yield town.around(3, 0.3), "call.abandoned", this
    while town.chance(0.85):
        yield town.around(70 * MINUTE, 0.6), "callback.attempted", callback
        if town.chance(0.7):
            yield town.around(20, 0.3), "callback.reached", callback
            return


def _conversation(town: Town, person: Person, this: dict[str, Any], wait: float) -> Life:
    yield wait, "call.answered", {**this, "agent_id": person.owner.id}
    while town.chance(0.25):
        yield town.around(90), "call.held", this
        yield town.around(40), "call.resumed", this
    yield town.around(3 * MINUTE), "call.ended", this
    if town.chance(0.9):
        yield town.around(40, 0.5), "call.wrapped", this
