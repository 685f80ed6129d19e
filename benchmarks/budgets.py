"""The budgets: what the product promises to reach, beside what was measured."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from benchmarks.figures import Figure

Side = Literal["at least", "at most", "more than", "less than"]
HOLDS: dict[Side, Callable[[float, float], bool]] = {
    "at least": operator.ge, "at most": operator.le, "more than": operator.gt, "less than": operator.lt,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Budget:
    """A promise about one figure.

    Attributes:
        promise: What is promised, in words.
        figure: Name of the figure in the results.
        side: On which side of the limit it must be.
        limit: The limit, in the figure's unit.
    """

    promise: str
    figure: str
    side: Side
    limit: float


BUDGETS = (
    Budget("worker, response work", "crm-pulse, response: events per CPU second", "at least", 100_000),
    Budget("worker, whole catalogue", "crm-pulse, whole catalogue: events per CPU second", "at least", 60_000),
    Budget("beside the fastest Python peer, same work", "crm-pulse to fastest Python peer", "more than", 1.0),
    Budget("beside plain Faust, same work", "crm-pulse to plain Faust", "at least", 25),
    Budget("event to gauge, p99 at half load", "event to gauge p99 at 50 % load", "less than", 2.0),
    Budget("recovery of 1,000,000 relationships", "recovery of 1,000,000 relationships", "at most", 10.0),
    Budget("memory per relationship", "memory per relationship", "at most", 700),
    Budget("scrape of 20,000 series", "scrape of 20,000 series", "less than", 0.25),
    Budget(
        "cost per event at 1,000,000 relationships, to that at 10,000",
        "cost per event at 1,000,000 relationships to 10,000", "at most", 1.3,
    ),
)  # fmt: skip


def table(figures: Iterable[Figure], budgets: Iterable[Budget] = BUDGETS) -> str:
    """Return the budgets as a Markdown table; what nobody has measured says so."""
    by_name = {figure.name: figure for figure in figures}
    lines = ["| what | budget | measured | ratio | |", "|---|---:|---:|---:|---|"]
    for budget in budgets:
        figure = by_name.get(budget.figure)
        value = None if figure is None else figure.value
        if figure is None or value is None:
            lines.append(f"| {budget.promise} | {budget.side} {number(budget.limit)} | not measured | | **open** |")
            continue
        met = HOLDS[budget.side](value, budget.limit)
        unit = "" if figure.unit == "ratio" else f" {figure.unit}"
        lines.append(
            f"| {budget.promise} | {budget.side} {number(budget.limit)}{unit} | {number(value)}{unit} "
            f"| {value / budget.limit:.2f} | {'met' if met else '**missed**'} |"
        )
    return "\n".join(lines)


def number(value: float) -> str:
    """Return a figure with three significant digits or all of its whole ones."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
