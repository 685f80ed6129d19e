"""A dashboard of some areas of the catalogue: what leads first, by team next, all the rest in closed rows."""

from collections.abc import Sequence

from stream_app.generate.areas import by_area
from stream_app.generate.grafana.kpi_panels import EVERYWHERE, Where, by, course, several, tile
from stream_app.generate.grafana.page import Row
from stream_app.generate.grafana.panels import PanelBuilder
from stream_app.generate.grafana.trust import strip
from stream_app.kpis.kpi import Kpi

COURSES = 6
"""How many of the leading KPIs have their course in view; the others are one click away."""


def leading(kpis: Sequence[Kpi]) -> list[Kpi]:
    """Return the KPIs with a tile, in the order of the tiles."""
    return sorted((kpi for kpi in kpis if kpi.tile is not None), key=lambda kpi: kpi.tile or 0)


def glance(kpis: Sequence[Kpi], where: Where = EVERYWHERE) -> list[PanelBuilder]:
    """Return the tiles: numbers first, then the bars, which are higher."""
    numbers = [kpi for kpi in kpis if not several(kpi)]
    return [tile(kpi, where) for kpi in (*numbers, *(kpi for kpi in kpis if several(kpi)))]


def pairs(kpis: Sequence[Kpi], where: Where = EVERYWHERE) -> list[PanelBuilder]:
    """Return the value and the course of each KPI beside each other."""
    return [
        panel for kpi in kpis for panel in (tile(kpi, where).span(6).height(6), course(kpi, where).span(18).height(6))
    ]


def area_rows(kpis: Sequence[Kpi], where: Where) -> list[Row]:
    """Return the rows of a dashboard about *kpis*, of what *where* says of them."""
    first = leading(kpis)
    shown = first[:COURSES]
    rows = [
        Row("", strip()),
        Row("At a glance", glance(first, where)),
        Row("Over time", [course(kpi, where) for kpi in shown]),
    ]
    team = [kpi for kpi in first if "team" in kpi.by]
    if team:
        rows.append(Row("By team", [by(kpi, "team") for kpi in team], closed=True))
    rest = [kpi for kpi in kpis if kpi not in shown]
    return [*rows, *(Row(area.capitalize(), pairs(group, where), closed=True) for area, group in by_area(rest).items())]
