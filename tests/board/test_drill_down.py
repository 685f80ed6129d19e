"""From a number to the people behind it: pages, the list as CSV, links into the CRM."""

import csv
import io

import pytest

from stream_app.alerting.wording import Wording
from stream_app.board.clock_csv import COLUMNS
from stream_app.board.clocks import row
from stream_app.board.directory import Directory
from stream_app.policies import PoliciesError, parse
from tests.board.boards import Board, clock

CROWD = [
    clock("lead-1", channel="web", team="emea", owner_id="u-1"),
    clock("lead-2", since=-60, due=-30, channel="web", team="apac"),
    clock("=2+5", since=-5, due=None, channel="mail"),
]


@pytest.fixture
async def crowd(serve):
    board = Board()
    board.catch_up()
    board.workers.open(CROWD)
    board.flow()
    return await serve(board)


async def rows(browser, query: str = "") -> list[dict[str, str]]:
    async with browser.client.get(f"/api/v1/clocks.csv?{query}") as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/csv"
        assert "clocks.csv" in response.headers["Content-Disposition"]
        return list(csv.DictReader(io.StringIO(await response.text())))


@pytest.mark.parametrize("query", ["", "state=overdue", "channel=web", "channel=web&limit=1&offset=1", "team=nobody"])
async def test_the_csv_has_as_many_rows_as_the_number(crowd, query):
    """Whatever page of the list is looked at: the file is the whole list."""
    assert len(await rows(crowd, query)) == (await crowd.get(f"/api/v1/clocks?{query}"))["total"]


async def test_a_row_tells_what_the_list_tells(crowd):
    found = {row["relationship"]: row for row in await rows(crowd)}
    assert tuple(found["lead-1"]) == COLUMNS
    known = {"waiting_seconds": "600.0", "due_in_seconds": "300.0", "state": "waiting", "owner": "u-1", "team": "emea"}
    assert known.items() <= found["lead-1"].items()
    assert found["lead-2"]["state"] == "overdue"


async def test_what_a_spreadsheet_would_run_is_text(crowd):
    assert "'=2+5" in {row["relationship"] for row in await rows(crowd)}


async def test_the_csv_refuses_what_the_list_refuses(crowd):
    assert (await crowd.get("/api/v1/clocks.csv?colour=red", status=400))["error"] == "unknown_parameter"


async def test_the_list_says_what_it_may_be_narrowed_to(crowd):
    values = (await crowd.get("/api/v1/clocks?clock=lead_response"))["values"]
    assert values == {
        "clock": ["lead_response"], "state": ["waiting", "at_risk", "overdue"], "channel": ["mail", "web"],
        "team": ["apac", "emea"], "owner_id": ["u-1"], "priority": [],
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/clocks", "/clocks?state=overdue", "/kpis/leads_waiting", "/kpis/no_such_kpi"])
async def test_a_page_is_there_whatever_is_asked(crowd, path):
    async with crowd.client.get(path) as response:
        assert response.status == 200
        assert response.content_type == "text/html"


LINKS = """
[[links]]
clock = "case"
url = "https://desk.example/cases/{item}"

[[links]]
ids = "lead-.*"
url = "https://crm.example/leads/{relationship}"
"""


@pytest.mark.parametrize(
    ("name", "who", "item", "url"),
    [
        pytest.param("lead_response", "lead-7", "", "https://crm.example/leads/lead-7", id="by the form of the id"),
        pytest.param("case_first", "lead-7", "c-1", "https://desk.example/cases/c-1", id="the first that fits"),
        pytest.param("case_first", "lead-7", "", "https://crm.example/leads/lead-7", id="without an item the next"),
        pytest.param("lead_response", "lead-a/b c", "", "https://crm.example/leads/lead-a%2Fb%20c", id="quoted"),
        pytest.param("lead_response", "customer-7", "", None, id="none fits"),
    ],
)
def test_who_waits_is_found_in_the_crm(name, who, item, url):
    directory = Directory(links=parse(LINKS).links)
    one = clock(who, name=name)
    one = type(one)(one.clock, one.relationship, item, *[getattr(one, field) for field in one.__struct_fields__[3:]])
    assert directory.url(one) == url


SOURCES = """
[[links]]
source = "/crm/eu"
url = "https://eu.example/{relationship}"

[[links]]
source = "/crm/*"
ids = "lead-.*"
url = "https://crm.example/{relationship}"

[[links]]
clock = "lead"
url = "https://find.example/{relationship}"
"""


@pytest.mark.parametrize(
    ("source", "who", "url"),
    [
        pytest.param("/crm/eu", "lead-7", "https://eu.example/lead-7", id="exactly"),
        pytest.param("/crm/eu/2", "lead-7", "https://crm.example/lead-7", id="by a pattern, whole"),
        pytest.param("/crm/us", "person-7", "https://find.example/person-7", id="and by the form of the id"),
        pytest.param("/old/crm/eu", "lead-7", "https://find.example/lead-7", id="from its beginning"),
        pytest.param(None, "lead-7", "https://find.example/lead-7", id="where it is unknown, without"),
    ],
)
def test_who_waits_is_found_in_the_crm_of_its_source(source, who, url):
    one = clock(who).of_source(source)
    directory = Directory(links=parse(SOURCES).links)
    assert row(one, 0, directory)["crm_url"] == url
    alert = Wording(directory, "").promise(one, "overdue", 0)
    assert dict(alert.annotations)["crm_url"] == url


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param('url = "https://crm.example/{item}"\nsource = ""', "no event has an empty source", id="source"),
        pytest.param('url = "crm.example/{relationship}"', "begin it with https://", id="no scheme"),
        pytest.param('url = "https://crm.example/"', "write {relationship} or {item}", id="no place for the id"),
        pytest.param('url = "https://crm.example/{id}"', "write {relationship} or {item}", id="another place"),
        pytest.param('url = "https://crm.example/{item}"\nids = "("', "is no regular expression", id="pattern"),
    ],
)
def test_a_link_that_leads_nowhere_is_refused(line, said):
    with pytest.raises(PoliciesError, match="links#1") as refused:
        parse(f"[[links]]\n{line}\n")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("grafana", "url"),
    [
        pytest.param("", None, id="nobody said"),
        pytest.param(
            "https://g.example/", "https://g.example/d/crm-pulse-kpi?var-kpi=win_ratio", id="one page for all"
        ),
    ],
)
def test_a_kpi_leads_to_its_graph(grafana, url):
    assert Directory(grafana_url=grafana).graph("win_ratio") == url
