"""The people who work with the CRM: seats, logins, what they do there, what nobody does any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stream_app.simulate.town import DAY, HOUR, MINUTE, Life, Town
from stream_app.simulate.world import TEAMS


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat in the CRM: who has it, in which role and team, how often they come, and whether they ever did."""

    key: str
    role: str
    team: str
    often: int = 3
    human: bool = True
    came: bool = True


SEATS = (
    *(Seat(owner.id, "sales", team.name) for team in TEAMS for owner in team.owners),
    *(Seat(name, "service", team.name, 4) for team, name in zip(TEAMS, ("mara", "sven", "yuki"), strict=True)),
    *(Seat(name, "owner", team.name, 1) for team, name in zip(TEAMS, ("olga", "pete", "wei"), strict=True)),
    Seat("ivan", "sales", "emea", 0, came=False),
    Seat("nils", "service", "apac", 0),
    Seat("rita", "marketing", "americas", 0),
    Seat("sync", "integration", "emea", 5, human=False),
)
LEFT = "rita"
"""Who has left the company."""
FEATURES = (("pipeline", 8), ("inbox", 8), ("reports", 3), ("dialer", 3), ("forecast", 1), ("automation", 1))
FORGOTTEN = "fax"
"""A feature that somebody used long ago, and nobody since."""
KINDS = (("task", 5), ("call", 4), ("meeting", 2), ("email", 2))
ENTITIES = (("contact", 5), ("account", 3), ("deal", 3), ("note", 6))


def given(town: Town, seat: Seat) -> Life:
    """Tell what became of a seat before the start: given, used or not, in one case taken back."""
    yield 0.0, "user.created", {"role": seat.role, "team": seat.team, "human": seat.human}
    if not seat.came:
        return
    yield town.around(2 * HOUR), "user.logged_in", {}
    if seat.key == LEFT:
        yield 3 * DAY, "user.deactivated", {}
    if seat.role == "owner":
        yield town.around(HOUR), "feature.used", {"feature": FORGOTTEN}
        for _ in range(3):
            yield town.around(DAY), "record.created", {"entity": "account"}


def session(town: Town, seat: Seat) -> Life:
    """Log in, do a few things, and go; a machine stores what it brings."""
    yield 0.0, "user.logged_in", {}
    if not seat.human:
        yield 1.0, "record.created", {"entity": "contact"}
        return
    for _ in range(town.rng.randint(1, 3)):
        yield town.around(4 * MINUTE), "feature.used", {"feature": town.weighted(FEATURES)}
        if town.chance(0.3):
            yield town.around(3 * MINUTE), "record.created", {"entity": town.weighted(ENTITIES)}
    if town.chance(0.7):
        yield from _activity(town)


def _activity(town: Town) -> Life:
    """Be reminded of something, and do it in time, late, or not at all."""
    activity = {"activity_id": town.id("activity"), "kind": town.weighted(KINDS)}
    yield town.around(2 * MINUTE), "activity.due", {**activity, "due_at": town.moment(2 * HOUR)}
    if not town.chance(0.85):
        return
    done: dict[str, Any] = {**activity, "feature": town.weighted(FEATURES)}
    if town.deals and town.chance(0.6):
        done["deal_id"] = town.rng.choice(town.deals)
    yield town.around(HOUR), "activity.completed", done


def comer(town: Town) -> Seat:
    """Return somebody who logs in now."""
    return town.weighted([(seat, seat.often) for seat in SEATS])
