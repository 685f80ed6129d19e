"""The first row of every dashboard: can these numbers be trusted now?"""

from grafana_foundation_sdk.builders import common, dashboard, stat
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

from stream_app.generate.panels import DATASOURCE, NO_DATA, query

_ROW = (
    (
        "Newest event",
        "Age of the newest event of the busiest partition. It grows when the CRM is silent or the workers are down.",
        "time() - max(crm_kpi_watermark_timestamp_seconds)",
        units.Seconds,
        (0, "green"),
        (300, "orange"),
        (3600, "red"),
    ),
    (
        "Boards ready",
        "Boards that have read all state and publish KPIs. At 0 no number is shown.",
        "sum(crm_kpi_ready)",
        units.Short,
        (0, "red"),
        (1, "green"),
    ),
    (
        "Records behind",
        "State records that the slowest board has not read yet.",
        "max(sum by (instance) (crm_kpi_lag_records))",
        units.Short,
        (0, "green"),
        (10_000, "orange"),
        (1_000_000, "red"),
    ),
    (
        "Dead letters",
        "Events that could not be read or folded, since the start. See: crm-pulse dead-letters list.",
        "sum(max without (instance) (crm_kpi_records_dead))",
        units.Short,
        (0, "green"),
        (1, "orange"),
    ),
    (
        "Late events",
        "Events that came later than the lateness horizon and counted where they still could.",
        "sum(max without (instance) (crm_kpi_records_late))",
        units.Short,
        (0, "green"),
        (1, "orange"),
    ),
    (
        "KPIs failing",
        "KPIs that could not be computed. The others are not touched by them.",
        "sum(1 - min without (instance) (crm_kpi_collect_success))",
        units.Short,
        (0, "green"),
        (1, "red"),
    ),
)
"""Title, meaning, expression, unit, and the colour from each value on."""


def freshness_panels() -> list[stat.Panel]:
    """Return the row's panels; together they are as wide as the page."""
    panels = []
    for title, meaning, expression, unit, (_, first), *steps in _ROW:
        colours = [Threshold(value=None, color=first), *(Threshold(value=at, color=c) for at, c in steps)]
        panels.append(
            stat.Panel()
            .title(title)
            .description(meaning)
            .datasource(DATASOURCE)
            .with_target(query(expression))
            .unit(unit)
            .thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(colours))
            .color_mode(BigValueColorMode.BACKGROUND)
            .graph_mode(BigValueGraphMode.NONE)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
            .no_value(NO_DATA)
            .span(24 // len(_ROW))
            .height(4)
        )
    return panels
