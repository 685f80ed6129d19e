"""What an alert is: one declaration, from which its rule, its runbook and its pair of tests follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["page", "warn"]
"""page: somebody has to act now. warn: somebody should look at it today."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A series that Prometheus computes by itself.

    Attributes:
        name: Name of the series, `level:what:how`.
        expr: What it is.
        why: For people.
    """

    name: str
    expr: str
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """The test of an alert: series in promtool's notation, and when it must be silent and when it must fire.

    Attributes:
        series: Series and their values, one per interval.
        silent: The last moment at which it must not fire, such as "4m".
        fires: The first moment at which it must.
        interval: Time between two values, and between two evaluations; long ones for what looks days back.
    """

    series: tuple[tuple[str, str], ...]
    silent: str
    fires: str
    interval: str = "1m"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        name: In CamelCase.
        severity: How soon somebody must act.
        expr: PromQL; it fires for every series of the result.
        lasting: How long it must hold before it fires, such as "5m".
        summary: One line, with labels in Prometheus' template language.
        description: What it means for the business, with the value.
        dashboard: Name of the dashboard that shows it.
        causes: What it usually is, for the runbook.
        steps: What to do, in order, for the runbook.
        cases: Pairs of tests; at least one.
        fresh: Whether it is silent while no new events come in: silence never looks like a bad quarter.
        labels: Further labels.
    """

    name: str
    severity: Severity
    expr: str
    lasting: str
    summary: str
    description: str
    dashboard: str
    causes: tuple[str, ...]
    steps: tuple[str, ...]
    cases: tuple[Case, ...]
    fresh: bool = False
    labels: dict[str, str] = field(default_factory=dict)
