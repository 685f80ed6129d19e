"""The forms of panels: a number, bars, lines, a table, states; each with all that a reader may ask of it."""

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BarGaugeNamePlacement,
    BarGaugeValueMode,
    BigValueColorMode,
    BigValueGraphMode,
    GraphGradientMode,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    Panel,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from stream_app.generate.grafana.links import of_expression
from stream_app.generate.grafana.variables import DATASOURCE
from stream_app.generate.grafana.words import NO_DATA, SHORT

PanelBuilder = Builder[Panel]
Steps = Sequence[tuple[float | None, str]]
"""Colours, each from a value on; the first one from None."""

NEUTRAL: Steps = ((None, "blue"),)
GOOD_AT_ZERO: Steps = ((None, "green"), (1, "orange"))
GOAL, LIMIT = "G", "L"
"""Names of the queries for what is aimed at, and for the values at which somebody should look."""


def query(expression: str, legend: str = "__auto", ref: str = "A") -> prometheus.Dataquery:
    """Return a query over the time range; the automatic legend shows the labels in which the series differ."""
    return prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(ref).range()


def now(expression: str, legend: str = "__auto", ref: str = "A") -> prometheus.Dataquery:
    """Return a query at the end of the time range only."""
    return prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(ref).instant()


def rows(expression: str, ref: str = "A") -> prometheus.Dataquery:
    """Return a query whose series are the rows of a table."""
    return now(expression, ref=ref).format(PromQueryFormat.TABLE)


def colours(steps: Steps) -> dashboard.ThresholdsConfig:
    """Return *steps* as Grafana takes them."""
    found = [Threshold(value=value, color=colour) for value, colour in steps]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(found)


def number(
    title: str,
    description: str,
    expression: str,
    *,
    unit: str = SHORT,
    steps: Steps = NEUTRAL,
    no_value: str = NO_DATA,
    said: Mapping[str, tuple[str, str]] | None = None,
) -> stat.Panel:
    """Return one big number with its course behind it; *said* gives words and colours for some values."""
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .with_target(query(expression))
        .unit(unit)
        .thresholds(colours(steps))
        .color_mode(BigValueColorMode.BACKGROUND if len(steps) > 1 else BigValueColorMode.VALUE)
        .graph_mode(BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .no_value(no_value)
        .links([*of_expression(expression)])
        .span(4)
        .height(5)
    )
    return panel.mappings([mapping(said)]) if said else panel


def mapping(said: Mapping[str, tuple[str, str]]) -> ValueMap:
    """Return the words and colours for values, so that colour is never alone."""
    return ValueMap({value: ValueMappingResult(text=text, color=colour) for value, (text, colour) in said.items()})


def bars(
    title: str,
    description: str,
    expression: str,
    *,
    unit: str = SHORT,
    legend: str = "__auto",
    steps: Steps = NEUTRAL,
    no_value: str = NO_DATA,
) -> bargauge.Panel:
    """Return one bar per series of now, the longest first."""
    return (
        bargauge.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .with_target(now(f"sort_desc({expression})", legend))
        .unit(unit)
        .min(0)
        .thresholds(colours(steps))
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .value_mode(BarGaugeValueMode.TEXT)
        .name_placement(BarGaugeNamePlacement.LEFT)
        .show_unfilled(False)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .no_value(no_value)
        .links([*of_expression(expression)])
        .span(8)
        .height(7)
    )


def lines(
    title: str,
    description: str,
    targets: Sequence[Builder[Dataquery]],
    *,
    unit: str = SHORT,
    no_value: str = NO_DATA,
) -> timeseries.Panel:
    """Return lines over time."""
    return (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .targets([*targets])
        .unit(unit)
        .thresholds(colours(NEUTRAL))
        .no_value(no_value)
        .fill_opacity(8)
        .gradient_mode(GraphGradientMode.OPACITY)
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .links([*of_expression(" ".join(str(target.build().expr) for target in targets))])  # type: ignore[attr-defined]  # every query here is one of Prometheus
        .span(12)
        .height(8)
    )


def aimed_at(panel: timeseries.Panel, goal: str, limit: str) -> timeseries.Panel:
    """Return *panel* with the lines of what is aimed at and of the values at which somebody should look."""
    return (
        panel.with_target(query(goal, "goal {{bound}}", GOAL))
        .with_target(query(limit, "{{severity}}", LIMIT))
        .override_by_query(GOAL, _dashed("green"))
        .override_by_query(LIMIT, _dashed("red"))
    )


def _dashed(colour: str) -> list[DynamicConfigValue]:
    return [
        DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour}),
        DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 8]}),
        DynamicConfigValue("custom.fillOpacity", 0),
        DynamicConfigValue("custom.lineWidth", 1),
    ]


def states(
    title: str, description: str, expression: str, legend: str, said: Mapping[str, tuple[str, str]], no_value: str
) -> statetimeline.Panel:
    """Return one band per series that says in words and colour what held when."""
    return (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .with_target(query(expression, legend))
        .unit(SHORT)
        .mappings([mapping(said)])
        .thresholds(colours(NEUTRAL))
        .merge_values(True)
        .show_value(VisibilityMode.AUTO)
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(False)
        )
        .no_value(no_value)
        .links([*of_expression(expression)])
        .span(12)
        .height(8)
    )
