"""The catalogue by area, the order in which pages and dashboards show it."""

from collections.abc import Iterable

from stream_app.kpis.kpi import Kpi


def by_area(kpis: Iterable[Kpi]) -> dict[str, list[Kpi]]:
    """Return the KPIs of each area; areas and KPIs keep the order of *kpis*."""
    found: dict[str, list[Kpi]] = {}
    for kpi in kpis:
        found.setdefault(kpi.area, []).append(kpi)
    return found
