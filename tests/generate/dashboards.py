"""The generated dashboards, made once for all tests that look at them, and what their texts ask of Prometheus."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from stream_app.generate.dashboards import dashboard_files
from stream_app.kpis import CATALOGUE


@cache
def texts() -> dict[str, str]:
    """Return the JSON by path."""
    return dashboard_files(tuple(CATALOGUE.values()))


@cache
def pages() -> dict[str, dict[str, Any]]:
    """Return the dashboards by the end of their uid."""
    found = [json.loads(text) for text in texts().values()]
    return {page["uid"].removeprefix("crm-pulse-"): page for page in found}


def everything(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every panel of *page* and its rows, closed rows opened."""
    return [inner for panel in page["panels"] for inner in (panel, *panel.get("panels", []))]


def panels(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every panel of *page* that is not a row."""
    return [panel for panel in everything(page) if panel["type"] != "row"]


def variables(page: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the variables of *page* by name."""
    return {variable["name"]: variable for variable in page["templating"]["list"]}


OPENS_WITH = {
    "window": "24h",
    "channel": "^$",
    "team": "^$",
    "by": "team",
    "__rate_interval": "20s",
    "__range": "20s",
}


def filled(expression: str, **values: str) -> str:
    """Return *expression* with its variables filled in, as Grafana would; else with what a dashboard opens with."""
    known = OPENS_WITH | values
    return re.sub(r"\$\{(\w+)\}|\$([a-z_]\w*)", lambda match: known[match[1] or match[2]], expression)


def stem(kpi: str, page: dict[str, Any]) -> str:
    """Return what the variable `stem` of *page* makes of the name of a KPI."""
    match = re.match(variables(page)["stem"]["regex"].strip("/"), kpi)
    assert match, kpi
    return match[1]
