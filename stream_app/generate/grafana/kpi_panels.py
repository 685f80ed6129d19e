"""The panels of one KPI: its value as a number or as bars, its course with its goal, its breakdown."""

from collections.abc import Mapping
from types import MappingProxyType

from grafana_foundation_sdk.builders import bargauge, stat, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from stream_app.generate.expressions import (
    CHOSEN,
    Quantiles,
    broken_down,
    form,
    goal,
    headline,
    mean_legend,
    series,
    threshold,
)
from stream_app.generate.grafana import panels
from stream_app.generate.grafana.links import of_kpi
from stream_app.generate.grafana.panels import GOAL, Steps, query
from stream_app.generate.grafana.words import SHARE, description, empty, grafana_unit, title
from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kinds.funnels import OverFunnels
from stream_app.kpis.kinds.lifetime import ToDate
from stream_app.kpis.kinds.matured import ByResponse
from stream_app.kpis.kinds.money import Amount
from stream_app.kpis.kinds.quotient import Quotient
from stream_app.kpis.kinds.renewals import Renewals
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kinds.waiting import Open, waiting
from stream_app.kpis.kpi import Kpi
from stream_app.measures.measure import Measure

Where = Mapping[str, str]
"""Values of labels, or patterns of them, that a page shows; the others are another page's."""
EVERYWHERE: Where = MappingProxyType({})

_FORMS = ("variants", "forms", "rows", "formulas", "shares", "horizons", "funnels", "rungs", "bands", "clocks")
"""Fields of the kinds of formulas that hold one entry per number that stands beside the others."""


def several(kpi: Kpi) -> bool:
    """Tell whether *kpi* has more than one number at a time, beside its breakdowns."""
    compute = kpi.compute
    if any(len(getattr(compute, name, ())) > 1 for name in _FORMS):
        return True
    if isinstance(compute, Distribution):
        told = {*compute.measure.dims} - {name for name, _ in compute.where} - headline(kpi).keys()
        return bool(told)
    if isinstance(compute, Tally | Amount):
        return bool(compute.measure.dims)
    if isinstance(compute, Quotient):  # with a margin in the policies it has a form more
        return any(form.labels for form in compute.forms)
    return isinstance(compute, ByResponse | Renewals | ToDate)


def own(kpi: Kpi, where: Where) -> dict[str, str]:
    """Return what of *where* speaks of labels that *kpi* always has, such as the funnel of a step."""
    measure = getattr(kpi.compute, "measure", None)
    dims = measure.dims if isinstance(measure, Measure) else ()
    always = {"funnel"} if isinstance(kpi.compute, OverFunnels) else {*dims}
    return {label: value for label, value in where.items() if label in always}


def steps(kpi: Kpi) -> Steps:
    """Return the colours of a number: orange for promises at risk, red for broken ones; goals speak of all else."""
    if isinstance(kpi.compute, Open) and kpi.compute.test is not waiting:
        return ((None, "green"), (1, "red" if kpi.compute.test.__name__ == "overdue" else "orange"))
    return panels.NEUTRAL


def tile(kpi: Kpi, where: Where = EVERYWHERE) -> stat.Panel | bargauge.Panel:
    """Return the number that stands for *kpi* with its goal, or its bars where it has several numbers."""
    if several(kpi):
        return _bars(kpi, title(kpi), series(kpi, fixed={**headline(kpi), **own(kpi, where)}))
    shown = " ".join(["now", *(f"{{{{{label}}}}}" for label in CHOSEN if label in kpi.by)])
    panel = panels.number(
        title(kpi),
        description(kpi),
        series(kpi, fixed=headline(kpi)),
        unit=grafana_unit(kpi.unit),
        steps=steps(kpi),
        no_value=empty(kpi),
    )
    panel = panel.targets(
        [query(series(kpi, fixed=headline(kpi)), shown), query(goal(kpi, headline(kpi)), "goal {{bound}}", GOAL)]
    )
    grey = DynamicConfigValue("color", {"mode": "fixed", "fixedColor": "text"})
    return panel.override_by_query(GOAL, [grey]).links([*of_kpi(kpi)])


def course(kpi: Kpi, where: Where = EVERYWHERE) -> timeseries.Panel:
    """Return every quantile and chosen breakdown of *kpi* over time, with its goal and thresholds.

    Of several forms it is the one that most people mean; the others are on the page of any KPI.
    """
    shown = {**form(kpi), **own(kpi, where)}
    targets: list[Builder[Dataquery]] = [query(series(kpi, fixed=shown), _legend(kpi))]
    legend = mean_legend(kpi)
    if legend is not None:
        targets.append(query(series(kpi, "mean", shown), legend, "B"))
    panel = panels.lines(
        f"{title(kpi)} over time", description(kpi), targets, unit=grafana_unit(kpi.unit), no_value=empty(kpi)
    )
    low, high = kpi.span or (0, 1 if kpi.unit == "ratio" else None)
    if low is not None:
        panel = panel.min(low)
    if high is not None:
        panel = panel.max(high)
    return panels.aimed_at(panel, goal(kpi), threshold(kpi)).links([*of_kpi(kpi)])


def _legend(kpi: Kpi) -> str:
    """Return how a graph names the numbers of *kpi*: one by what it is, several by the labels in which they differ."""
    if several(kpi):
        return "__auto"
    shown = [f"{{{{{label}}}}}" for label in CHOSEN if label in kpi.by]
    return " ".join(["quantile {{quantile}}" if isinstance(kpi.compute, Quantiles) else title(kpi), *shown])


def by(kpi: Kpi, label: str) -> bargauge.Panel:
    """Return one bar per value of a breakdown *label*; of several numbers, each with its own labels."""
    return _bars(kpi, f"{title(kpi)} by {label.replace('_', ' ')}", broken_down(kpi, label, headline(kpi)))


def _bars(kpi: Kpi, heading: str, expression: str) -> bargauge.Panel:
    unit = grafana_unit(kpi.unit)
    panel = panels.bars(heading, description(kpi), expression, unit=unit, steps=steps(kpi), no_value=empty(kpi))
    low, high = kpi.span or (0, 1 if unit == SHARE else None)
    if low is not None:
        panel = panel.min(low)
    if high is not None:
        panel = panel.max(high)
    return panel.links([*of_kpi(kpi)])
