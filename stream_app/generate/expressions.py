"""PromQL for the series of one KPI, as dashboards ask for them."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kpi import Kpi, Part

CHOSEN = ("channel", "team")
"""Breakdown labels that a dashboard variable of the same name chooses; its "All" stands for the total."""

MEDIAN = 0.5

TOTAL = "^$"
"""A label matcher's pattern for "not set": a series carries one breakdown label, the total none."""

MOST_MEANT = {"time": "calendar", "since": "created"}
"""Of several forms of one figure, the one that most people mean."""

ANY_WINDOW = 'window=~"$window|"'
"""What is for the chosen window, or for every one."""


class Beyond(str):
    """A label's value that is a pattern of what it must not be."""

    __slots__ = ()


def matchers(kpi: Kpi, fixed: Mapping[str, str] | None = None) -> str:
    """Return the label matchers that pick *kpi*'s series for the chosen window, channel or team.

    Labels in *fixed* are matched as given (a quantile, a dimension).
    Every other breakdown label of *kpi* is matched as absent, so that no breakdown is counted into the total.
    """
    return ",".join([*(['window="$window"'] if kpi.windowed else []), *_cut(kpi), *_fixed(fixed)])


def _cut(kpi: Kpi) -> list[str]:
    return [f'{label}=~"${label}"' if label in CHOSEN else f'{label}=""' for label in kpi.by]


def _fixed(fixed: Mapping[str, str] | None) -> list[str]:
    return [f'{label}{"!~" if isinstance(value, Beyond) else "="}"{value}"' for label, value in (fixed or {}).items()]


def series(kpi: Kpi, part: Part = "", fixed: Mapping[str, str] | None = None) -> str:
    """Return the expression for one *part* of *kpi* (see `Kpi.metric`), the same from every board.

    Boards are interchangeable and give the same numbers, so their maximum is their value.
    """
    return f"max without (instance) ({kpi.metric(part)}{{{matchers(kpi, fixed)}}})"


def broken_down(kpi: Kpi, label: str, fixed: Mapping[str, str] | None = None) -> str:
    """Return the expression for every value of a breakdown *label* of *kpi*, which no variable limits."""
    parts = ['window="$window"'] if kpi.windowed else []
    parts += [f'{one}{"!=" if one == label else "="}""' for one in kpi.by]
    return f"max without (instance) ({kpi.metric()}{{{','.join([*parts, *_fixed(fixed)])}}})"


def goal(kpi: Kpi, fixed: Mapping[str, str] | None = None) -> str:
    """Return the expression for what is aimed at, by the label bound: for the chosen window, channel or team."""
    held = ",".join([f'kpi="{kpi.name}"', *([ANY_WINDOW] if kpi.windowed else []), *_cut(kpi), *_fixed(fixed)])
    return f"max by (bound) (crm_kpi_goal{{{held}}})"


def threshold(kpi: Kpi) -> str:
    """Return the expression for the values from which on somebody should look, by the label severity."""
    held = ",".join([f'kpi="{kpi.name}"', *([ANY_WINDOW] if kpi.windowed else [])])
    return f"max by (severity) (crm_kpi_threshold{{{held}}})"


@runtime_checkable
class Quantiles(Protocol):
    """Any kind of formula that publishes quantiles."""

    @property
    def quantiles(self) -> tuple[float, ...]:
        """Which ones, 0 to 1."""


def headline(kpi: Kpi) -> dict[str, str]:
    """Return the labels of the number that a reader most likely means: the median, in calendar time."""
    median = isinstance(kpi.compute, Quantiles) and MEDIAN in kpi.compute.quantiles
    return {**({"quantile": str(MEDIAN)} if median else {}), **form(kpi)}


def form(kpi: Kpi) -> dict[str, str]:
    """Return the labels of the form of *kpi* that most people mean: calendar time, from the beginning on."""
    if not isinstance(kpi.compute, Distribution):
        return {}
    shown = {*kpi.compute.measure.dims} - {name for name, _ in kpi.compute.where}
    return {label: value for label, value in MOST_MEANT.items() if label in shown}


def mean_legend(kpi: Kpi) -> str | None:
    """Return how a graph names *kpi*'s mean, by the labels it may carry; None where it publishes no mean."""
    if not (isinstance(kpi.compute, Distribution) and kpi.compute.mean):
        return None
    fixed = {name for name, _ in kpi.compute.where} | form(kpi).keys()
    shown = [label for label in (*kpi.compute.measure.dims, *CHOSEN) if label not in fixed]
    return " ".join(["mean", *(f"{{{{{label}}}}}" for label in shown)])
