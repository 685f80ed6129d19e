"""The dashboards on a real Prometheus that scraped a board: every expression runs, and no panel is empty."""

import re
from contextlib import ExitStack

import pytest

from stream_app.generate.grafana.words import title
from stream_app.kpis import catalogue
from tests.demo.hour import hour
from tests.generate.dashboards import filled, pages, panels, stem, variables
from tests.generate.scraped import JOBS, board, config, served, worker
from tests.prometheus import ask, query, wait_for

WINDOWS = ("24h", "7d")
"""What happens seldom has figures in the longer one only."""
GOOD_NEWS = {"No alert fires"}
"""Texts of panels that are empty when all is well, as it is here: no rules are loaded."""
EXTRAS = {"G", "L"}
"""Queries for goals and thresholds, which most KPIs have none of."""
PAGES = pytest.mark.parametrize("name", pages())


@pytest.fixture(scope="module")
def scraped(prometheus):
    """The address of a Prometheus that has scraped board and worker a few times."""
    with ExitStack() as running:
        addresses = running.enter_context(served(board(), worker()))
        url = prometheus(config(addresses))
        wait_for(url, f"count(sum_over_time(up[1m]) >= 3) == {len(JOBS)}")
        yield url


def answers(url, panel, **chosen):
    """Return the series of each query of *panel*, by name."""
    return {target["refId"]: query(url, filled(target["expr"], **chosen)) for target in panel["targets"]}


def is_empty(url, panel, **chosen):
    """Tell whether no query of *panel* has data in any window, goals and thresholds left aside."""
    for window in WINDOWS:
        found = answers(url, panel, window=window, **chosen)
        if any(series for name, series in found.items() if name not in EXTRAS):
            return False
    return True


@PAGES
def test_no_panel_is_empty(scraped, name):
    chosen = {"kpi": "lead_response_sla_ratio", "stem": "lead_response_sla"}
    empty = [panel["title"] for panel in panels(pages()[name]) if is_empty(scraped, panel, **chosen)]
    allowed = {
        panel["title"] for panel in panels(pages()[name]) if panel["fieldConfig"]["defaults"]["noValue"] in GOOD_NEWS
    }
    assert sorted(set(empty) - allowed) == []


@PAGES
def test_a_number_is_one_number(scraped, name):
    """A stat that would show several numbers has bars instead."""
    several = [
        panel["title"]
        for panel in panels(pages()[name])
        if panel["type"] == "stat" and len(answers(scraped, panel, kpi="win_ratio", stem="win")["A"]) > 1
    ]
    assert several == []


@PAGES
def test_a_choice_of_channel_and_team_is_understood(scraped, name):
    """Several values make a pattern, and series of a team are found by it."""
    found = 0
    for panel in panels(pages()[name]):
        chosen = answers(scraped, panel, team="emea|apac", channel="^$", kpi="win_ratio", stem="win")
        found += sum(one["metric"].get("team") == "emea" for series in chosen.values() for one in series)
    wanted = any("$team" in target["expr"] for panel in panels(pages()[name]) for target in panel["targets"])
    assert (found > 0) == wanted or name == "marketing"


def test_goals_and_thresholds_are_drawn(scraped):
    """Each KPI with a goal for every window, or with a threshold, has the line of it on the page of any KPI."""
    (course,) = (panel for panel in panels(pages()["kpi"]) if panel["title"] == "$kpi over time")
    policies, _ = hour()
    drawn = {
        name: {one["metric"][label] for ref, label in (("G", "bound"), ("L", "severity")) for one in found[ref]}
        for name in catalogue(policies)
        if any((found := answers(scraped, course, kpi=name, stem=name))[ref] for ref in EXTRAS)
    }
    goals = {goal.kpi: {*goal.bounds()} for goal in policies.aims.goals if goal.window is None}
    limits = {name: {"warn", "critical"} for name, one in policies.aims.thresholds.items()}
    limits["lead_response_sla_ratio"] = set()  # its thresholds are for another window
    assert drawn == {name: goals.get(name, set()) | limits.get(name, set()) for name in goals.keys() | limits.keys()}


def test_a_goal_is_a_line_on_every_graph_of_its_kpi_and_a_number_beside_its_value(scraped):
    policies, _ = hour()
    kpis = catalogue(policies)
    goals = {title(kpis[goal.kpi]): {*goal.bounds()} for goal in policies.aims.goals if goal.window is None}
    drawn: dict[str, set[str]] = {}
    for name, page in pages().items():
        for panel in panels(page) if name != "kpi" else ():
            about = panel["title"].removesuffix(" over time")
            if about in goals and panel["type"] in ("stat", "timeseries"):
                found = {one["metric"]["bound"] for one in answers(scraped, panel).get("G", [])}
                assert found == goals[about], (name, panel["title"])
                drawn.setdefault(about, set()).add(panel["type"])
    assert drawn == {about: {"stat", "timeseries"} for about in goals}


def test_any_kpi_can_be_chosen(scraped):
    """The page of any KPI shows each of those that have data, in a unit of its own, with its parts."""
    page = pages()["kpi"]
    now, parts = (next(one for one in panels(page) if one["title"] == title) for title in ("$kpi now", "Parts of $kpi"))
    policies, result = hour()
    kpis = catalogue(policies)
    names = set(values(scraped, variables(page)["kpi"]))
    assert names == {name for name, kpi in kpis.items() if kpi.area != "goals"}
    told = {sample.kpi for sample in result.samples(kpis)} & names
    whole = {sample.kpi for sample in result.samples(kpis) if sample.part} & names
    assert [name for name in sorted(told) if is_empty(scraped, now, kpi=name)] == []
    assert [name for name in sorted(whole) if is_empty(scraped, parts, stem=stem(name, page))] == []
    units = {one["matcher"]["options"]: one["properties"][0]["value"] for one in now["fieldConfig"]["overrides"]}
    for name, unit in (("win_ratio", "percentunit"), ("lead_response_seconds", "s"), ("leads_waiting", "short")):
        assert {units[ref] for ref, found in answers(scraped, now, kpi=name).items() if found} == {unit}


def values(url, variable):
    """Return what may be chosen as *variable*."""
    match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"])
    assert match, variable["name"]
    return ask(url, f"label/{match[2]}/values", **{"match[]": filled(match[1], kpi="win_ratio")})


@PAGES
def test_every_variable_has_values(scraped, name):
    for variable in variables(pages()[name]).values():
        if variable["type"] == "query":
            assert values(scraped, variable), variable["name"]


def test_the_windows_are_those_that_the_board_has(scraped):
    policies, _ = hour()
    assert {*values(scraped, variables(pages()["wall"])["window"])} == {*policies.windows}


def test_a_new_version_and_new_policies_leave_a_mark(scraped):
    """At the first scrape both are new; a mark goes when its change is no longer fresh."""
    (first,) = query(scraped, "min_over_time(timestamp(crm_kpi_policies_info)[1h:1s])")
    at = str(float(first["value"][1]) + 1)
    marks = pages()["wall"]["annotations"]["list"]
    found = {mark["name"]: ask(scraped, "query", query=mark["expr"], time=at)["result"] for mark in marks}
    assert found["Policies"][0]["metric"] == {"edition": "e1"}
    assert {name: len(series) for name, series in found.items()} == {"Deploys": 1, "Policies": 1}
