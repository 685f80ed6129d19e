"""The goal of a figure, and its pace in a day, week, month or quarter, as the KPIs of the area goals tell them."""

from __future__ import annotations

from dataclasses import replace

from stream_app.board.headline import companion
from stream_app.board.shapes import Goal, Paced
from stream_app.board.snapshot import Snapshot
from stream_app.kpis.kpi import Sample
from stream_app.policies.goals import PERIODS

GOAL, MET, PACE = "kpi_goal", "kpi_goal_met", "goal_pace_ratio"


def goal_of(snapshot: Snapshot, sample: Sample) -> Goal | None:
    """Return the bounds of the goal of *sample* and whether they are met; ``None`` without a goal."""
    if "kpi" in sample.labels:  # it is about a goal itself
        return None
    named = {"kpi": sample.kpi, **sample.labels}
    met = next(
        (one.value for one in _samples(snapshot, MET) if (one.window, one.labels) == (sample.window, named)), None
    )
    if met is None:
        return None
    found: Goal = {"at_least": None, "at_most": None, "met": met > 0}
    windows = {sample.window} if sample.window in PERIODS else {None, sample.window}
    speaking = [
        one
        for one in _samples(snapshot, GOAL)
        if one.window in windows and {*one.labels.items()} - {("bound", one.labels["bound"])} <= {*named.items()}
    ]
    # The more a goal says, the more particular it is: the last one holds.
    for one in sorted(speaking, key=lambda bound: (bound.window is not None, len(bound.labels))):
        if one.labels["bound"] == "at_least":
            found["at_least"] = one.value
        else:
            found["at_most"] = one.value
    return found


def pace_of(snapshot: Snapshot, sample: Sample) -> Paced | None:
    """Return how *sample*'s figure does in the shortest period that has a goal for it; ``None`` without any."""
    every = _samples(snapshot, PACE)
    labels = {"kpi": sample.kpi, **sample.labels}
    found = {one.window: one for one in every if not one.part and one.labels == labels}
    for period in PERIODS:
        pace = found.get(period)
        if pace is None:
            continue
        value, planned = companion("numerator", pace, every), companion("denominator", pace, every)
        goal = goal_of(snapshot, replace(sample, window=period))
        if value is not None and planned is not None and goal is not None:
            return {
                "period": period, "value": value.value, "planned": planned.value, "pace": pace.value, "goal": goal,
            }  # fmt: skip
    return None


def _samples(snapshot: Snapshot, name: str) -> tuple[Sample, ...]:
    collected = snapshot.collected.get(name)
    return () if collected is None else collected.samples
