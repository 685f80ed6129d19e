"""The dashboards: Grafana's SDK reads them back, every query parses, and every panel follows the rules of the house."""

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from stream_app.board.directory import Directory
from stream_app.board.health import health
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.board.snapshot import Collected, Snapshot
from stream_app.generate.dashboards import dashboard_files
from stream_app.kpis import CATALOGUE
from stream_app.measures.accounting import Accounting
from stream_app.rules import ALERTS
from tests.generate.dashboards import everything, filled, pages, panels, stem, texts, variables

ROOT = Path(__file__).resolve().parents[2]
KPI_METRICS = {kpi.metric(part): kpi for kpi in CATALOGUE.values() for part in kpi.compute.parts}
WANTED = {"wall", "on-call", "sales", "marketing", "service", "relationships", "adoption", "goals", "kpi", "pipeline"}
COUNTER = re.compile(r"crm_kpi_\w+_total|crm_kpi_\w+_bucket")
PAGES = pytest.mark.parametrize("page", pages().values(), ids=pages().keys())


def queries(page: dict[str, Any]) -> list[str]:
    """Return the expressions of *page*: of its panels and of its annotations."""
    of_panels = {target["expr"] for panel in panels(page) for target in panel["targets"]}
    return sorted({*of_panels, *(one["expr"] for one in page["annotations"]["list"])})


def parsed(expression: str) -> Any:
    return promql_parser.parse(filled(expression, kpi="win_ratio", stem="win"))


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

    walk(parsed(expression))
    return found


def board_metrics() -> set[str]:
    """Return what the board publishes about itself, asked of the board."""
    kpi = next(iter(CATALOGUE.values()))
    snapshot = Snapshot(
        at=1,
        watermark=1,
        progress=Progress(partitions=(PartitionProgress("cells", 0, position=1, end=1, caught_up=True),)),
        collected={kpi.name: Collected(kpi)},
        clocks={"lead_response": ()},
        accounting={0: Accounting(applied=1, watermark=1)},
        directory=Directory(edition="e1", board_url="http://localhost:8000"),
    )
    return {family.name for family in health(snapshot)}


def test_there_is_a_dashboard_for_everything_that_people_look_at():
    assert pages().keys() == WANTED


def test_every_kpi_is_on_a_dashboard_that_is_made_for_it():
    shown = {
        selector.name
        for name, page in pages().items()
        if name != "kpi"
        for expression in queries(page)
        for selector in selectors(expression)
    }
    assert {kpi.name for kpi in CATALOGUE.values() if kpi.metric() not in shown} == set()


@pytest.mark.parametrize(
    ("name", "funnels"),
    [
        pytest.param("wall", {("MatchOp.NotRe", "newsletter")}, id="the wall shows how leads become customers"),
        pytest.param("sales", {("MatchOp.NotRe", "newsletter")}, id="so does sales"),
        pytest.param("marketing", {("MatchOp.Equal", "newsletter")}, id="marketing shows what became of letters"),
        pytest.param("kpi", set(), id="any KPI shows all"),
    ],
)
def test_a_page_shows_the_funnels_of_its_readers(name, funnels):
    """Every query for a number of a funnel, as the wall's page of that name has it."""
    asked = [
        {(str(matcher.op), matcher.value) for matcher in selector.matchers.matchers if matcher.name == "funnel"}
        for expression in queries(pages()[name])
        for selector in selectors(expression)
        if (selector.name or "").startswith("crm_funnel_")
    ]
    assert asked or name == "kpi"
    assert [one for one in asked if one != funnels] == []


def test_every_kind_of_reader_has_a_folder():
    """Grafana makes the folders from those of the files, and its permissions go by folders."""
    provisioned = yaml.safe_load((ROOT / "grafana/provisioning/dashboards/crm-pulse.yml").read_text(encoding="utf-8"))
    (provider,) = provisioned["providers"]
    assert provider["options"]["foldersFromFilesStructure"]
    folders = {Path(path).parent.relative_to("grafana/dashboards").as_posix() for path in texts()}
    assert folders == {"CRM", "Sales", "Marketing", "Service", "Relationships", "Adoption", "Pipeline"}


@pytest.mark.parametrize("path", texts())
def test_the_sdk_reads_it_back_unchanged(path):
    register_default_plugins()
    again = json.dumps(Dashboard.from_json(json.loads(texts()[path])), cls=JSONEncoder)
    # It adds to every link and annotation that it hides in a menu, whatever the text says.
    assert json.loads(again.replace(', "placement": "inControlsMenu"', "")) == json.loads(texts()[path])
    assert "inControlsMenu" not in texts()[path]


@PAGES
def test_every_query_parses_and_asks_for_what_exists(page):
    """Every metric is one that a KPI, the board or a worker publishes, every label of a KPI one that it can carry."""
    own = board_metrics()
    for expression in queries(page):
        for selector in selectors(expression):
            if selector.name in KPI_METRICS and KPI_METRICS[selector.name].area != "goals":
                kpi = KPI_METRICS[selector.name]
                labels = {matcher.name for matcher in selector.matchers.matchers}
                assert labels - {"window", "quantile", "time", "since", "funnel"} == set(kpi.by), expression
                assert ("window" in labels) == kpi.windowed, expression
            elif selector.name is not None and selector.name not in own | KPI_METRICS.keys():
                # What workers and Prometheus itself publish is told by a real one: see test_on_prometheus.
                assert selector.name in {"up", "ALERTS"} or selector.name.startswith(("crm_kpi_", "process_"))


def test_a_query_for_an_unknown_metric_would_be_found():
    (selector,) = selectors("sum(max without (instance) (crm_no_such_thing))")
    assert selector.name not in {*KPI_METRICS, *board_metrics()}


@PAGES
def test_every_panel_follows_the_rules(page):
    """Title, meaning, unit, the chosen data source, a legend, and something to say when there is no data."""
    for panel in panels(page):
        about = panel["title"]
        defaults = panel["fieldConfig"]["defaults"]
        assert about
        assert panel["description"], about
        assert defaults["unit"] in {"s", "percentunit", "short", "currency:EUR ", "ops", "bytes"}, about
        assert defaults["noValue"], about
        assert defaults["thresholds"]["steps"][0]["value"] is None, about
        assert panel["datasource"] == {"type": "prometheus", "uid": "$datasource"}, about
        assert panel["targets"], about
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]), about
        assert all(target.get("legendFormat") for target in panel["targets"]), about
        assert all(link["url"].startswith(("${board:raw}/", "/d/crm-pulse-kpi?")) for link in panel["links"]), about


@PAGES
def test_counters_are_seen_as_rates_over_the_interval_of_the_graph(page):
    for expression in queries(page):
        for counter in COUNTER.findall(expression):
            assert re.search(rf"(rate|increase)\({counter}\[\$__(rate_interval|range)\]\)", expression), expression


@PAGES
def test_the_page_follows_the_rules(page):
    """A fixed address, not editable, marks for deploys and policies, variables that look anew and choose the source."""
    assert not page["editable"]
    assert page["title"]
    assert page["description"]
    assert "crm-pulse" in page["tags"]
    assert {one["name"] for one in page["annotations"]["list"]} >= {"Deploys", "Policies"}
    assert all(one["datasource"]["uid"] == "$datasource" for one in page["annotations"]["list"])
    known = variables(page)
    assert known["datasource"]["type"] == "datasource"
    for variable in known.values():
        if variable["type"] == "query":
            assert variable["refresh"] == 2, variable["name"]
            assert variable["datasource"]["uid"] == "$datasource", variable["name"]


@PAGES
def test_every_variable_that_is_used_exists_and_the_other_way_round(page):
    text = json.dumps(page)
    used = {plain or braced for plain, braced in re.findall(r"\$(?:([a-z]\w*)|\{([a-z]\w*)[:}])", text)}
    assert used - variables(page).keys() == set()
    # A page without KPIs of one breakdown still has its variable, so that a choice goes along from page to page.
    assert variables(page).keys() - used <= {"channel", "team", "window"}


@PAGES
def test_ids_are_unique_and_panels_do_not_overlap(page):
    every = everything(page)
    assert len({panel["id"] for panel in every}) == len(every)
    taken: set[tuple[int, int, int]] = set()
    for panel in every:
        place = panel["gridPos"]
        # Rows that are closed lie over one another; their panels count within the row.
        inside = next((row["id"] for row in page["panels"] if panel in row.get("panels", [])), 0)
        cells = {
            (inside, x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells


@pytest.mark.parametrize("label", ["channel", "team"])
def test_all_stands_for_the_total(label):
    variable = variables(pages()["sales"])[label]
    assert variable["includeAll"]
    assert variable["allValue"] == "^$"
    metric = re.fullmatch(rf"label_values\((\w+), {label}\)", variable["query"])
    assert metric
    assert label in KPI_METRICS[metric[1]].by


def test_a_kpi_leads_to_its_definition_its_people_and_its_runbooks():
    (panel,) = (one for one in panels(pages()["on-call"]) if one["title"] == "Leads overdue")
    assert [link["url"] for link in panel["links"]] == [
        "${board:raw}/kpis/leads_overdue",
        "${board:raw}/clocks?clock=lead_response&state=overdue",
        "/d/crm-pulse-kpi?var-kpi=leads_overdue&${window:queryparam}&${channel:queryparam}&${team:queryparam}",
        "${board:raw}/runbooks/CrmLeadOverdue",
    ]


def test_every_alert_is_a_link_away_from_the_dashboard_that_it_names():
    missing = [
        alert.name
        for alert in ALERTS.values()
        if alert.expr.count("crm_") and f"/runbooks/{alert.name}" not in json.dumps(pages()[alert.dashboard])
    ]
    assert missing == []


@pytest.mark.parametrize("kpi", ["win_ratio", "lead_response_seconds", "revenue_eur", "leads_waiting"])
def test_the_parts_of_a_kpi_are_found_by_its_name_without_the_unit(kpi):
    one = CATALOGUE[kpi]
    named = re.compile(f"crm_{stem(kpi, pages()['kpi'])}_(numerator|denominator|mean|low|high)(_.+)?")
    assert {part for part in one.compute.parts if part} == {
        part for part in one.compute.parts if part and named.fullmatch(one.metric(part))
    }


def test_they_are_the_same_every_time():
    assert dashboard_files(tuple(CATALOGUE.values())) == texts()


@PAGES
def test_lines_of_panels_are_full(page):
    """No hole at the end of a line: panels share the width."""
    for row in [page, *(one for one in page["panels"] if one.get("panels"))]:
        widths: dict[int, int] = {}
        for panel in row["panels"]:
            widths[panel["gridPos"]["y"]] = widths.get(panel["gridPos"]["y"], 0) + panel["gridPos"]["w"]
        assert set(widths.values()) == {24}, row["title"]
