"""What a business aims at: goals for KPIs, values at which somebody should look, and how often promises must hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

PERIODS: Final = ("day", "week", "month", "quarter")
"""Calendar periods, in UTC, that a goal may be for beside the rolling windows."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Aim at a value of one KPI.

    Attributes:
        kpi: The KPI, as the catalogue names it.
        at_least: The goal is met at this value or above it, in the unit of the KPI.
        at_most: The goal is met at this value or below it; with *at_least*, between the two.
        window: The rolling window or the calendar period ("month") that it is for; None for every rolling window.
        where: Labels that the numbers must have, such as a team; sorted by name. Of breakdown labels that are not
            among them it is the total.
        number: The place in the file, from 0; -1 for one that an event has set.
    """

    kpi: str
    at_least: float | None = None
    at_most: float | None = None
    window: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    number: int = field(default=-1, compare=False)

    @property
    def about(self) -> tuple[str, str | None, tuple[tuple[str, str], ...]]:
        """Return what the goal is about: a later one about the same takes its place."""
        return self.kpi, self.window, self.where

    def bounds(self) -> dict[str, float]:
        """Return the bounds that it has, by name."""
        known = {"at_least": self.at_least, "at_most": self.at_most}
        return {name: bound for name, bound in known.items() if bound is not None}

    def met(self, value: float) -> bool:
        """Tell whether *value* is where it should be."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Look at a KPI from a value on: above it where *warn* is below *critical*, else below it.

    Attributes:
        warn: Where it becomes worth a look, in the unit of the KPI.
        critical: Where it becomes urgent.
        window: The rolling window; None for all of them, and for a KPI of now.
    """

    warn: float
    critical: float
    window: str | None = None

    def crossed(self, value: float, severity: Literal["warn", "critical"]) -> bool:
        """Tell whether *value* is at or beyond the bound of the *severity*."""
        bound = self.warn if severity == "warn" else self.critical
        return value >= bound if self.warn < self.critical else value <= bound


@dataclass(frozen=True, slots=True)
class Objectives:
    """Say which part of the promises must be kept, 0..1: what is left is the budget of broken ones.

    Attributes:
        response: Of the promises on first and next responses.
        resolution: Of the promises on resolutions.
        fast: The short and the long window by which a budget that burns fast is told.
        slow: The same for one that burns slowly.
    """

    response: float = 0.9
    resolution: float = 0.9
    fast: tuple[str, str] = ("5m", "1h")
    slow: tuple[str, str] = ("30m", "6h")


@dataclass(frozen=True, slots=True)
class Aims:
    """Hold everything that is aimed at; nothing of it changes how an event is folded."""

    goals: tuple[Goal, ...] = ()
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    objectives: Objectives = field(default_factory=Objectives)
