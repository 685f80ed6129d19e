"""Features of the CRM: who used which of them last when, so that those nobody needs any more stand out."""

from __future__ import annotations

import msgspec

from stream_app.journeys.part import Emission, Fact, Handler, Holding, Part, Running
from stream_app.journeys.state import Slot, User
from stream_app.journeys.user_seat import seated
from stream_app.measures.measure import Kind, Measure
from stream_app.measures.window import DAY
from stream_app.policies import Policies

MOST = 100
"""Features remembered of one user; beyond, the one not used for the longest time is forgotten."""
BY_SEAT, ELSE = "seat", "other"

FEATURES = Measure(
    "feature_last_used", Kind.STOCK, "1", "Users of a feature, by the day on which they last used it.",
    by=("feature",), dims=("user",), bucket="d",
)  # fmt: skip
SEATS_USING = Measure(
    "seats_last_using", Kind.STOCK, "1", "Seats of people, by the day on which they last used a feature.", bucket="d"
)
SEATS_NOW = Measure("seats_now", Kind.STOCK, "1", "Seats that people have now.")


class Features(msgspec.Struct, array_like=True, gc=False):
    """When a user last used each feature: the day's beginning in ms."""

    used: dict[str, int] = {}


SLOT = Slot("features", Features)


def _used(user: User, fact: Fact, _policies: Policies, _out: list[Emission]) -> None:
    if fact.data.feature is None:
        return  # an activity may have been done without one
    used = (SLOT.of(user) or SLOT.put(user, Features())).used
    used[fact.data.feature] = fact.at - fact.at % DAY.size
    if len(used) > MOST:
        del used[min(used, key=lambda feature: (used[feature], feature))]


_HANDLES: dict[str, Handler] = {"feature.used": _used, "activity.completed": _used}


def _standing(user: User, stocks: list[Holding], _clocks: list[Running]) -> None:
    """Hold each feature by the day of its last use, and the seat by the last use of any."""
    has_seat = seated(user)
    if has_seat:
        stocks.append((SEATS_NOW, 0, (), ()))
    features = SLOT.of(user)
    if features is None:
        return
    dims = (BY_SEAT if has_seat else ELSE,)
    stocks += [(FEATURES, day, dims, (feature,)) for feature, day in features.used.items()]
    if has_seat:
        stocks.append((SEATS_USING, max(features.used.values()), (), ()))


PART = Part(
    "feature",
    _HANDLES,
    _standing,
    (FEATURES, SEATS_USING, SEATS_NOW),
    areas=frozenset({"adoption"}),
    moved_by=frozenset({"user.created", "user.deactivated"}),
)
