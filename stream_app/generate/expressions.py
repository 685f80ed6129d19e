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


def matchers(kpi: Kpi, fixed: Mapping[str, str] | None = None) -> str:
    """Return the label matchers that pick *kpi*'s series for the chosen window, channel or team.

    Labels in *fixed* are matched as given (a quantile, a dimension).
    Every other breakdown label of *kpi* is matched as absent, so that no breakdown is counted into the total.
    """
    parts = ['window="$window"'] if kpi.windowed else []
    for label in kpi.by:
        if label in CHOSEN:
            parts.append(f'{label}=~"${label}"')
        else:
            parts.append(f'{label}=""')
    parts += [f'{label}="{value}"' for label, value in (fixed or {}).items()]
    return ",".join(parts)


def series(kpi: Kpi, part: Part = "", fixed: Mapping[str, str] | None = None) -> str:
    """Return the expression for one *part* of *kpi* (see `Kpi.metric`), the same from every board.

    Boards are interchangeable and give the same numbers, so their maximum is their value.
    """
    return f"max without (instance) ({kpi.metric(part)}{{{matchers(kpi, fixed)}}})"


@runtime_checkable
class Quantiles(Protocol):
    """Any kind of formula that publishes quantiles."""

    @property
    def quantiles(self) -> tuple[float, ...]:
        """Which ones, 0 to 1."""


def headline(kpi: Kpi) -> dict[str, str]:
    """Return the labels of the number that a reader most likely means: the median where there are quantiles."""
    if isinstance(kpi.compute, Quantiles) and MEDIAN in kpi.compute.quantiles:
        return {"quantile": str(MEDIAN)}
    return {}


def mean_legend(kpi: Kpi) -> str | None:
    """Return how a graph names *kpi*'s mean, by the labels it may carry; None where it publishes no mean."""
    if not (isinstance(kpi.compute, Distribution) and kpi.compute.mean):
        return None
    fixed = {name for name, _ in kpi.compute.where}
    shown = [label for label in (*kpi.compute.measure.dims, *CHOSEN) if label not in fixed]
    return " ".join(["mean", *(f"{{{{{label}}}}}" for label in shown)])
