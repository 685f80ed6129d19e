"""The panels of one KPI: its value as a stat, its course as a time series."""

import re
from collections.abc import Sequence

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    DataSourceRef,
    GraphGradientMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

from stream_app.generate.expressions import headline, mean_legend, series
from stream_app.kpis.kinds.waiting import Open
from stream_app.kpis.kpi import Kpi

DATASOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")
NO_DATA = "No data"
UNITS = {"seconds": units.Seconds, "ratio": units.PercentUnit}
"""Grafana's unit for ours."""
_CURRENCY = re.compile("[a-z]{3}")

HEIGHT = 6
STAT_WIDTH = 6
SERIES_WIDTH = 18

_NEUTRAL = (Threshold(value=None, color="blue"),)
_RATIO = {
    "up": (
        Threshold(value=None, color="red"),
        Threshold(value=0.5, color="orange"),
        Threshold(value=0.8, color="green"),
    ),
    "down": (
        Threshold(value=None, color="green"),
        Threshold(value=0.2, color="orange"),
        Threshold(value=0.5, color="red"),
    ),
}
_SOMEBODY_WAITS = (Threshold(value=None, color="green"), Threshold(value=1, color="orange"))


def grafana_unit(unit: str) -> str:
    """Return Grafana's unit for ours; what it has no unit for is a plain number."""
    if _CURRENCY.fullmatch(unit):
        return f"currency:{unit.upper()} "
    return UNITS.get(unit, str(units.Short))


def title(kpi: Kpi) -> str:
    """Return the panel title: the name in words, with no unit suffix."""
    words = kpi.name.removesuffix("_seconds").removesuffix("_ratio")
    if _CURRENCY.fullmatch(kpi.unit):
        words = words.removesuffix(f"_{kpi.unit}")
    words = words.replace("_", " ")
    return words[0].upper() + words[1:]


def description(kpi: Kpi) -> str:
    """Return what the panel's info sign shows: meaning, formula, and which way is good."""
    better = {"up": "Higher is better.", "down": "Lower is better.", None: ""}[kpi.direction]
    return "\n\n".join(text for text in (kpi.meaning, f"Formula: {kpi.formula}", better) if text)


def thresholds(kpi: Kpi) -> dashboard.ThresholdsConfig:
    """Return the colour steps of *kpi*: by share for ratios, at 1 where someone waits, else none."""
    steps: Sequence[Threshold] = _NEUTRAL
    if kpi.direction and kpi.unit == "ratio":
        steps = _RATIO[kpi.direction]
    elif kpi.direction == "down" and isinstance(kpi.compute, Open):
        steps = _SOMEBODY_WAITS
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(list(steps))


def query(expression: str, legend: str = "__auto") -> prometheus.Dataquery:
    """Return a Prometheus query; the automatic legend shows the labels in which the series differ."""
    return prometheus.Dataquery().expr(expression).legend_format(legend).ref_id("A").range()


def value_panel(kpi: Kpi) -> stat.Panel:
    """Return the stat: the total now, or the chosen channel's or team's; the median where there are quantiles."""
    coloured = thresholds(kpi)
    return (
        stat.Panel()
        .title(title(kpi))
        .description(description(kpi))
        .datasource(DATASOURCE)
        .with_target(query(series(kpi, fixed=headline(kpi))))
        .unit(grafana_unit(kpi.unit))
        .thresholds(coloured)
        .color_mode(BigValueColorMode.BACKGROUND if len(coloured.build().steps) > 1 else BigValueColorMode.VALUE)
        .graph_mode(BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .no_value(NO_DATA)
        .span(STAT_WIDTH)
        .height(HEIGHT)
    )


def _course(kpi: Kpi) -> list[Builder[Dataquery]]:
    queries: list[Builder[Dataquery]] = [query(series(kpi))]
    legend = mean_legend(kpi)
    if legend is not None:
        queries.append(query(series(kpi, "mean"), legend=legend).ref_id("B"))
    return queries


def course_panel(kpi: Kpi) -> timeseries.Panel:
    """Return the time series: every quantile, dimension and chosen breakdown of *kpi* over time."""
    coloured = thresholds(kpi)
    lines = GraphThresholdsStyleMode.DASHED if kpi.unit == "ratio" and kpi.direction else GraphThresholdsStyleMode.OFF
    panel = (
        timeseries.Panel()
        .title(f"{title(kpi)} over time")
        .description(description(kpi))
        .datasource(DATASOURCE)
        .targets(_course(kpi))
        .unit(grafana_unit(kpi.unit))
        .thresholds(coloured)
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(lines))
        .no_value(NO_DATA)
        .fill_opacity(8)
        .gradient_mode(GraphGradientMode.OPACITY)
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.RIGHT)
            .show_legend(True)
        )
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .span(SERIES_WIDTH)
        .height(HEIGHT)
    )
    low, high = kpi.span or (0, 1 if kpi.unit == "ratio" else None)
    if low is not None:
        panel = panel.min(low)
    return panel if high is None else panel.max(high)
