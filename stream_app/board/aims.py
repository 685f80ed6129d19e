"""The goal of a figure, as the KPIs of the area goals tell it."""

from __future__ import annotations

from stream_app.board.shapes import Goal
from stream_app.board.snapshot import Snapshot
from stream_app.kpis.kpi import Sample

GOAL, MET = "kpi_goal", "kpi_goal_met"


def goal_of(snapshot: Snapshot, sample: Sample) -> Goal | None:
    """Return the bounds of the goal of *sample* and whether they are met; ``None`` without a goal."""
    named = {"kpi": sample.kpi, **sample.labels}
    met = next(
        (one.value for one in _samples(snapshot, MET) if (one.window, one.labels) == (sample.window, named)), None
    )
    if met is None:
        return None
    found: Goal = {"at_least": None, "at_most": None, "met": met > 0}
    speaking = [
        one
        for one in _samples(snapshot, GOAL)
        if one.window in {None, sample.window}
        and {*one.labels.items()} - {("bound", one.labels["bound"])} <= {*named.items()}
    ]
    # The more a goal says, the more particular it is: the last one holds.
    for one in sorted(speaking, key=lambda bound: (bound.window is not None, len(bound.labels))):
        if one.labels["bound"] == "at_least":
            found["at_least"] = one.value
        else:
            found["at_most"] = one.value
    return found


def _samples(snapshot: Snapshot, name: str) -> tuple[Sample, ...]:
    collected = snapshot.collected.get(name)
    return () if collected is None else collected.samples
