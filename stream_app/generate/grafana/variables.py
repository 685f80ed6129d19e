"""What a reader may choose at the top of a dashboard."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import (
    VariableHide,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from stream_app.generate.expressions import CHOSEN, TOTAL
from stream_app.kpis.kpi import Kpi

DATASOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")
DEFAULT_WINDOW = "24h"
BOARD_URL = "http://localhost:8000"
"""Where the board is as long as it has not told: its default address."""
_UNIT = "_seconds|_ratio|_[a-z]{3}"


def source() -> Builder[VariableModel]:
    """Return the choice of the data source, which every query goes by."""
    chosen = VariableOption(selected=True, text="Prometheus", value="prometheus")
    return dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus").current(chosen)


def board() -> Builder[VariableModel]:
    """Return the address of the board, for links."""
    return (
        dashboard.QueryVariable("board")
        .label("Board")
        .description("Address of the board, which it tells itself: CRM_PULSE_BOARD_URL. Links lead there.")
        .datasource(DATASOURCE)
        .query("label_values(crm_kpi_board_info, url)")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .current(VariableOption(selected=True, text=BOARD_URL, value=BOARD_URL))
        .hide(VariableHide.HIDE_VARIABLE)
    )


def window(kpis: Sequence[Kpi]) -> Builder[VariableModel]:
    """Return the choice among the rolling windows that there are: those of the policies in force."""
    windowed = next(kpi for kpi in kpis if kpi.windowed and kpi.area == "quality")
    return (
        dashboard.QueryVariable("window")
        .label("Window")
        .description("How far back the rolling windows reach.")
        .datasource(DATASOURCE)
        .query(f"label_values({windowed.metric()}, window)")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.NATURAL_ASC)
        .current(VariableOption(selected=True, text=DEFAULT_WINDOW, value=DEFAULT_WINDOW))
    )


def chosen(kpis: Sequence[Kpi], label: str) -> Builder[VariableModel]:
    """Return the choice of some values of a breakdown *label*; all of them stand for the total."""
    metric = next(kpi.metric() for kpi in kpis if label in kpi.by and kpi.windowed)
    return (
        dashboard.QueryVariable(label)
        .label(label.capitalize())
        .description(
            f"All is the total. KPIs that have no {label} show their total. "
            "Series carry one breakdown at a time: choose channels or teams, not both."
        )
        .datasource(DATASOURCE)
        .query(f"label_values({metric}, {label})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(TOTAL)
        .current(VariableOption(selected=True, text="All", value="$__all"))
    )


def any_kpi(kpis: Sequence[Kpi]) -> list[Builder[VariableModel]]:
    """Return the choice of one KPI, and, for the names of its parts, that name without its unit."""
    first = min((kpi for kpi in kpis if kpi.tile is not None), key=lambda kpi: kpi.tile or 0).name
    goals = "|".join(kpi.name for kpi in kpis if kpi.area == "goals")
    return [
        dashboard.QueryVariable("kpi")
        .label("KPI")
        .description("Every KPI that the board computes; goals have a dashboard of their own.")
        .datasource(DATASOURCE)
        .query(f'label_values(crm_kpi_collect_success{{kpi!~"{goals}"}}, kpi)')
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .current(VariableOption(selected=True, text=first, value=first)),
        dashboard.QueryVariable("stem")
        .label("Without unit")
        .description("The name without its unit: numerators and denominators are called by it.")
        .datasource(DATASOURCE)
        .query('label_values(crm_kpi_collect_success{kpi="$kpi"}, kpi)')
        .regex(f"/^(.+?)(?:{_UNIT})?$/")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.DISABLED)
        .hide(VariableHide.HIDE_VARIABLE)
        .current(VariableOption(selected=True, text=first, value=first)),
    ]


def breakdown(labels: Sequence[str]) -> Builder[VariableModel]:
    """Return the choice of the label by which a KPI is broken down."""
    first = CHOSEN[-1]
    return (
        dashboard.CustomVariable("by")
        .label("Broken down by")
        .description("A KPI is broken down by some of these labels, see its definition.")
        .values(",".join(labels))
        .current(VariableOption(selected=True, text=first, value=first))
    )


def usual(kpis: Sequence[Kpi]) -> list[Builder[VariableModel]]:
    """Return what every dashboard of KPIs has."""
    return [source(), window(kpis), *(chosen(kpis, label) for label in CHOSEN), board()]
