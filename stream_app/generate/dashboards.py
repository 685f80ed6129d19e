"""The Grafana dashboards of the catalogue, as the JSON that Grafana provisions, one folder per kind of reader.

They are classic dashboards (schema 1), which every Grafana from 10 on provisions from files.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from stream_app.board.wall.pages import BY_NAME, PAGES
from stream_app.generate.expressions import Beyond
from stream_app.generate.grafana import variables
from stream_app.generate.grafana.area_page import area_rows, glance, leading
from stream_app.generate.grafana.detail import breakdowns, detail_rows
from stream_app.generate.grafana.goals_page import goals_rows
from stream_app.generate.grafana.kpi_panels import course, own
from stream_app.generate.grafana.on_call import on_call_rows
from stream_app.generate.grafana.page import Page, Row, build
from stream_app.generate.grafana.pipeline import pipeline_rows
from stream_app.generate.grafana.trust import strip
from stream_app.generate.json_text import json_text
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Area

FIRST_PAGE = 10
"""KPIs whose tile has a smaller number lead everywhere."""

AREA_PAGES: tuple[tuple[str, str, str, tuple[Area, ...], str], ...] = (
    ("sales", "Sales", "Deals, pipeline, revenue, orders, and how far leads get.", ("sales", "funnel"), "sales"),
    ("marketing", "Marketing", "What campaigns bring in, and what they cost.", ("marketing",), "marketing"),
    (
        "service",
        "Service",
        "Cases, calls and callbacks: how fast, how well, how many are open.",
        ("service",),
        "service",
    ),
    (
        "relationships",
        "Relationships",
        "Who is in touch with us, who stays, leaves and recommends, and what customers are worth.",
        ("relationship", "value"),
        "response",
    ),
    (
        "adoption",
        "Adoption and data quality",
        "Whether people work with the CRM, and whether the numbers can be trusted.",
        ("adoption", "quality"),
        "adoption",
    ),
)
"""Name (and folder), title, what for, the areas of the catalogue, and the page of the board's wall."""


def pages(kpis: Sequence[Kpi]) -> list[Page]:
    """Return every dashboard."""
    usual = variables.usual(kpis)
    first = [kpi for kpi in leading(kpis) if kpi.tile is not None and kpi.tile < FIRST_PAGE]
    detail = [*usual[:-1], *variables.any_kpi(kpis), variables.breakdown(breakdowns(kpis)), usual[-1]]
    machine = [variables.source(), variables.board()]
    return [
        Page(
            "wall",
            "Wall",
            "CRM",
            "The ten figures that everybody should know. The board's own page /wall is live to the second.",
            _wall_rows(first),
            usual,
        ),
        Page(
            "on-call",
            "On-call",
            "CRM",
            "Who waits, whose promise is at risk or broken, by team, and how fast promises break.",
            on_call_rows(kpis),
            usual,
            "/clocks",
            "now-6h",
        ),
        Page("goals", "Goals", "CRM", "What is aimed at, and how much of it is reached.", goals_rows(kpis), usual),
        Page("kpi", "Any KPI", "CRM", "Everything about one KPI, chosen by its name.", detail_rows(kpis), detail, "/"),
        *(
            Page(name, title, name.capitalize(), text, _area_rows(kpis, areas, wall), usual, f"/wall?page={wall}")
            for name, title, text, areas, wall in AREA_PAGES
        ),
        Page(
            "pipeline",
            "Pipeline",
            "Pipeline",
            "What comes in, what becomes of it, how far behind it is, and whether the boards are well.",
            pipeline_rows(),
            machine,
            "/readyz",
            "now-6h",
        ),
    ]  # fmt: skip


def _wall_rows(first: Sequence[Kpi]) -> list[Row]:
    where = _funnels("now")
    return [Row("", strip()), Row("Now", glance(first, where)), Row("Over time", [course(kpi, where) for kpi in first])]


def _area_rows(kpis: Sequence[Kpi], areas: tuple[Area, ...], wall: str) -> list[Row]:
    where = _funnels(wall)
    theirs = BY_NAME[wall].funnels
    return area_rows([kpi for kpi in kpis if kpi.area in areas or (theirs and own(kpi, where))], where)


def _funnels(wall: str) -> Mapping[str, str]:
    """Return which funnels a page shows, as the *wall* page does: its own, or all that no page has taken."""
    theirs = BY_NAME[wall].funnels
    if theirs:
        return {"funnel": "|".join(theirs)}
    return {"funnel": Beyond("|".join(name for page in PAGES for name in page.funnels))}


def dashboard_files(kpis: Sequence[Kpi]) -> dict[str, str]:
    """Return the dashboards' JSON by path."""
    return {
        page.path: json_text(_in_view(json.loads(json.dumps(build(page), cls=JSONEncoder)))) for page in pages(kpis)
    }


def _in_view(value: Any) -> Any:
    """Return *value* without what the SDK says of every link and annotation: that it hides in the controls menu."""
    if isinstance(value, dict):
        return {name: _in_view(one) for name, one in value.items() if (name, one) != ("placement", "inControlsMenu")}
    return [_in_view(one) for one in value] if isinstance(value, list) else value
