"""The first panels of every dashboard: can these numbers be trusted now?"""

from stream_app.generate.grafana.panels import PanelBuilder, Steps, number
from stream_app.generate.grafana.words import SECONDS, SHORT

_STRIP: tuple[tuple[str, str, str, str, Steps], ...] = (
    (
        "Newest event",
        "Age of the newest event of the busiest partition. It grows when the CRM is silent or the workers are down.",
        "time() - max(crm_kpi_watermark_timestamp_seconds)",
        SECONDS,
        ((None, "green"), (300, "orange"), (3600, "red")),
    ),
    (
        "Boards ready",
        "Boards that have read all state and publish KPIs. At 0 no number is shown.",
        "sum(crm_kpi_ready)",
        SHORT,
        ((None, "red"), (1, "green")),
    ),
    (
        "Records behind",
        "State records that the slowest board has not read yet.",
        "max(sum by (instance) (crm_kpi_lag_records))",
        SHORT,
        ((None, "green"), (10_000, "orange"), (1_000_000, "red")),
    ),
    (
        "Dead letters",
        "Events that could not be read or folded, since the start. See: crm-pulse dead-letters list.",
        "sum(max without (instance) (crm_kpi_records_dead))",
        SHORT,
        ((None, "green"), (1, "orange")),
    ),
    (
        "Late events",
        "Events that came later than the lateness horizon and counted where they still could.",
        "sum(max without (instance) (crm_kpi_records_late))",
        SHORT,
        ((None, "green"), (1, "orange")),
    ),
    (
        "KPIs failing",
        "KPIs that could not be computed. The others are not touched by them.",
        "sum(1 - min without (instance) (crm_kpi_collect_success))",
        SHORT,
        ((None, "green"), (1, "red")),
    ),
)
"""Title, meaning, expression, unit, and the colour from each value on."""


def strip() -> list[PanelBuilder]:
    """Return the panels; together they are as wide as the page."""
    return [
        number(title, meaning, expression, unit=unit, steps=steps).height(3)
        for title, meaning, expression, unit, steps in _STRIP
    ]
