"""The dashboard: Grafana's SDK reads it back, every query parses and asks for a metric that exists."""

import json
import re
from typing import Any

import promql_parser
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from stream_app.board.health import health
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.board.snapshot import Collected, Snapshot
from stream_app.generate.dashboards import PATH, dashboard_files
from stream_app.kpis import CATALOGUE
from stream_app.measures.accounting import Accounting
from stream_app.policies import Policies

TEXT = dashboard_files(tuple(CATALOGUE.values()))[PATH]
PAGE = json.loads(TEXT)


def all_panels() -> list[dict[str, Any]]:
    """Return every panel, rows opened."""
    return [inner for panel in PAGE["panels"] for inner in (panel, *panel.get("panels", []))]


PANELS = [panel for panel in all_panels() if panel["type"] != "row"]
QUERIES = sorted({target["expr"] for panel in PANELS for target in panel["targets"]})
VARIABLES = {variable["name"]: variable for variable in PAGE["templating"]["list"]}


def board_metrics() -> set[str]:
    """Return what the board publishes about itself, asked of the board."""
    kpi = next(iter(CATALOGUE.values()))
    snapshot = Snapshot(
        at=1,
        watermark=1,
        progress=Progress(partitions=(PartitionProgress("cells", 0, position=1, end=1, caught_up=True),)),
        collected={kpi.name: Collected(kpi)},
        accounting={0: Accounting(applied=1, watermark=1)},
    )
    return {family.name for family in health(snapshot)}


def selectors(expression: str) -> list[promql_parser.VectorSelector]:
    """Return every vector selector in *expression*."""
    found = []

    def walk(node) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        for name in ("expr", "lhs", "rhs", "vs", "vector_selector"):
            inner = getattr(node, name, None)
            if inner is not None:
                walk(inner)
        for inner in getattr(node, "args", None) or []:
            walk(inner)

    walk(promql_parser.parse(expression))
    return found


KPI_METRICS = {kpi.metric(part): kpi for kpi in CATALOGUE.values() for part in kpi.compute.parts}


def test_every_kpi_has_a_value_and_a_course():
    for kpi in CATALOGUE.values():
        kinds = {
            panel["type"]
            for panel in PANELS
            if any(f"{kpi.metric()}{{" in target["expr"] for target in panel["targets"])
        }
        assert kinds == {"stat", "timeseries"}, kpi.name


def test_the_sdk_reads_it_back_unchanged():
    register_default_plugins()
    again = json.dumps(Dashboard.from_json(PAGE), cls=JSONEncoder, sort_keys=True, indent=2) + "\n"
    assert again == TEXT


@pytest.mark.parametrize("expression", QUERIES)
def test_a_query_parses_and_asks_for_what_exists(expression):
    """Every metric is one that a KPI or the board publishes, every label one that it can carry."""
    asked = selectors(expression)
    assert asked
    own = board_metrics()
    for selector in asked:
        if selector.name in own:
            continue
        kpi = KPI_METRICS[selector.name or ""]
        labels = {matcher.name for matcher in selector.matchers.matchers}
        assert labels - {"window", "quantile"} == set(kpi.by)
        assert ("window" in labels) == kpi.windowed


def test_a_query_for_an_unknown_metric_would_be_found():
    (selector,) = selectors("sum(max without (instance) (crm_no_such_thing))")
    assert selector.name not in {*KPI_METRICS, *board_metrics()}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: f"{panel['id']} {panel['title']}")
def test_a_panel_follows_the_rules(panel):
    """Title, meaning, unit, the chosen data source, something to say when there is no data."""
    defaults = panel["fieldConfig"]["defaults"]
    assert panel["title"]
    assert panel["description"]
    assert defaults["unit"] in {"s", "percentunit", "short", "currency:EUR "}
    assert defaults["noValue"] == "No data"
    assert defaults["thresholds"]["steps"][0]["value"] is None
    assert panel["datasource"] == {"type": "prometheus", "uid": "$datasource"}
    assert panel["targets"]
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_ids_are_unique_and_panels_do_not_overlap():
    every = all_panels()
    assert len({panel["id"] for panel in every}) == len(every)
    taken: set[tuple[int, int, int]] = set()
    for panel in every:
        place = panel["gridPos"]
        # Rows that are closed lie over one another; their panels count within the row.
        inside = next((row["id"] for row in PAGE["panels"] if panel in row.get("panels", [])), 0)
        cells = {
            (inside, x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_every_variable_that_is_used_exists_and_the_other_way_round():
    used = set(re.findall(r"\$(\w+)", TEXT)) - {"__all"}
    assert used == set(VARIABLES)


def test_the_windows_are_those_of_the_default_policies():
    assert tuple(VARIABLES["window"]["query"].split(",")) == Policies().windows
    assert VARIABLES["window"]["current"]["value"] in Policies().windows


@pytest.mark.parametrize("label", ["channel", "team"])
def test_all_stands_for_the_total(label):
    variable = VARIABLES[label]
    assert variable["includeAll"]
    assert variable["allValue"] == "^$"
    metric = re.fullmatch(rf"label_values\((\w+), {label}\)", variable["query"])
    assert metric
    assert label in KPI_METRICS[metric[1]].by


def test_the_dashboard_cannot_be_edited_and_has_a_fixed_address():
    assert not PAGE["editable"]
    assert PAGE["uid"] == "crm-pulse-kpis"


def test_it_is_the_same_every_time():
    assert dashboard_files(tuple(CATALOGUE.values()))[PATH] == TEXT
