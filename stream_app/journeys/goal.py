"""Goals that are set by events: the latest of each kind is in force, until another takes its place.

A stock holds counts, and a goal has bounds that are no whole numbers. So what stands in the stock is one goal, and
its terms, the moment it was set among them, are the fixed labels that it stands under.
"""

from __future__ import annotations

from typing import Final

import msgspec

from schemas.campaign import GoalSet
from stream_app.journeys.part import Emission, Fact, Holding, Part, Running
from stream_app.journeys.state import Campaign, Slot
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

MOST: Final = 500
"""Most goals that one record key may set; the oldest are forgotten beyond it."""

SET = Measure(
    "goals_set",
    Kind.STOCK,
    "goals",
    "A goal that an event has set and none has replaced.",
    dims=("kpi", "window", "label", "value", "at_least", "at_most", "set_at"),
)


class Goals(msgspec.Struct, array_like=True, gc=False):
    """What is in force: (KPI, window, label, value) to (at least, at most, when it was set in ms)."""

    held: dict[tuple[str, str, str, str], tuple[float | None, float | None, int]] = {}


SLOT = Slot("goals", Goals)


def on_set(campaign: Campaign, fact: Fact, policies: Policies, out: list[Emission]) -> None:  # noqa: ARG001  a handler
    """Keep the goal in the place of the one before it; one without bounds takes back what was set."""
    data: GoalSet = fact.data
    goals = SLOT.of(campaign) or SLOT.put(campaign, Goals())
    goals.held.pop(about := (data.kpi, data.window or "", data.label or "", data.value or ""), None)
    goals.held[about] = data.at_least, data.at_most, fact.at
    while len(goals.held) > MOST:
        del goals.held[next(iter(goals.held))]


def standing(campaign: Campaign, stocks: list[Holding], clocks: list[Running]) -> None:  # noqa: ARG001  a standing
    """Add one goal for each that is in force; one that was taken back too, as it overrules what is older elsewhere."""
    goals = SLOT.of(campaign)
    for about, (least, most, at) in goals.held.items() if goals is not None else ():
        stocks.append((SET, at, (*about, _text(least), _text(most), str(at)), ()))


def _text(bound: float | None) -> str:
    return "" if bound is None else repr(bound)


PART = Part(
    name="goal",
    handles={"goal.set": on_set},
    standing=standing,
    measures=(SET,),
    areas=frozenset({"goals"}),
)
