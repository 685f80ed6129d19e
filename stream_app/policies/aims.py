"""Read what a policies file aims at: `[[goals]]`, `[thresholds.<kpi>]` and `[slo]`.

Whether the KPIs, windows and labels exist is for the catalogue to say (`stream_app.kpis.aims`).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from stream_app.calendars import MisconfiguredError
from stream_app.places import Path
from stream_app.policies.durations import parse_ms
from stream_app.policies.goals import Aims, Goal, Objectives, Threshold
from stream_app.policies.problems import Findings, dotted
from stream_app.policies.tables import Table, Window


def _number(value: Any) -> Any:
    """Read "15m" as seconds; a number stays as it is."""
    return parse_ms(value) / 1000 if isinstance(value, str) else value


Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Label = Annotated[str, Field(min_length=1, max_length=200)]
Share = Annotated[float, Field(gt=0, lt=1)]


class GoalTable(Table):
    """A goal: the KPI, one or two bounds, and which of its numbers are meant."""

    kpi: str
    at_least: Number | None = None
    at_most: Number | None = None
    between: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = None
    window: str | None = None
    where: dict[str, Label] = Field(default={})

    @model_validator(mode="after")
    def _one_form(self) -> "GoalTable":
        given = [name for name in ("at_least", "at_most", "between") if getattr(self, name) is not None]
        if len(given) != 1:
            raise MisconfiguredError(
                f"a goal for {self.kpi!r} needs one bound, and has {' and '.join(given) or 'none'}",
                "write at_least = 0.9, at_most = 0.2 or between = [0.2, 0.9]",
            )
        if self.between is not None and self.between[0] > self.between[1]:
            raise MisconfiguredError(f"no value lies between {self.between}", "write the smaller one first")
        return self


class ThresholdTable(Table):
    """Where a KPI becomes worth a look, and where it becomes urgent."""

    warn: Number
    critical: Number
    window: str | None = None

    @model_validator(mode="after")
    def _apart(self) -> "ThresholdTable":
        if self.warn == self.critical:
            raise MisconfiguredError(
                f"warn and critical are both {self.warn:g}", "write critical further away from what is good than warn"
            )
        return self


class SloTable(Table):
    """Which part of the promises must be kept, and over which windows that is watched."""

    response: Share = 0.9
    resolution: Share = 0.9
    fast: list[Window] = Field(min_length=2, max_length=2, default=["5m", "1h"])
    slow: list[Window] = Field(min_length=2, max_length=2, default=["30m", "6h"])

    @model_validator(mode="after")
    def _in_order(self) -> "SloTable":
        for name, (short, long) in (("fast", self.fast), ("slow", self.slow)):
            if parse_ms(short) >= parse_ms(long):
                raise MisconfiguredError(f"the windows of {name} do not grow", "write the short one first")
        if parse_ms(self.fast[1]) >= parse_ms(self.slow[1]):
            raise MisconfiguredError("fast is no faster than slow", "give slow the longer windows")
        return self


def read_aims(goals: Sequence[Any], thresholds: Mapping[str, Any], slo: Mapping[str, Any], findings: Findings) -> Aims:
    """Read everything that the file aims at."""
    objectives = findings.salvage(SloTable, slo, ("slo",))
    return Aims(
        _goals(goals, findings),
        _thresholds(thresholds, findings),
        Objectives(
            objectives.response,
            objectives.resolution,
            (objectives.fast[0], objectives.fast[1]),
            (objectives.slow[0], objectives.slow[1]),
        ),
    )


def _goals(raw: Sequence[Any], findings: Findings) -> tuple[Goal, ...]:
    found: dict[tuple[object, ...], Goal] = {}
    for number, item in enumerate(raw):
        path: Path = ("goals", number)
        read = findings.read(GoalTable, item, path)
        if read is None:
            continue
        low, high = read.between if read.between is not None else (read.at_least, read.at_most)
        goal = Goal(read.kpi, low, high, read.window, tuple(sorted(read.where.items())), number)
        earlier = found.setdefault(goal.about, goal)
        if earlier is not goal:
            taken = dotted(("goals", earlier.number))
            findings.add(path, f"{taken} is about the same numbers of {goal.kpi}", "keep one of them")
    return tuple(found.values())


def _thresholds(raw: Mapping[str, Any], findings: Findings) -> dict[str, Threshold]:
    found: dict[str, Threshold] = {}
    for kpi, table in raw.items():
        read = findings.read(ThresholdTable, table, ("thresholds", kpi))
        if read is not None:
            found[kpi] = Threshold(read.warn, read.critical, read.window)
    return found
