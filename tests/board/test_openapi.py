"""The document says what the board does: every path, parameter and status of it is asked, every answer validated."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from stream_app.board.api import Api
from stream_app.board.entrance import Entrance
from stream_app.board.openapi import document
from stream_app.board.routes import PAGES
from stream_app.board.server import application, hosts_for
from stream_app.board.wall.stream import Walls
from tests.board.boards import MINUTE, NOW, Board, clock

DOCUMENT = json.loads(json.dumps(document()))
OPERATIONS = {path: item["get"] for path, item in DOCUMENT["paths"].items()}
HTML = {"Accept": "text/html"}


def closed(schema):
    """Return *schema* without room for fields that it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    return {**found, "additionalProperties": False} if "properties" in found else found


SCHEMAS = closed(DOCUMENT["components"])


def check(path: str, status: int, kind: str, body: str) -> None:
    """Hold an answer against what is documented of it."""
    content = OPERATIONS[path]["responses"][str(status)].get("content")
    if content is None:
        assert body == ""
        return
    ((documented, form),) = content.items()
    assert kind == documented
    value = json.loads(body) if documented == "application/json" else body
    Draft202012Validator({**form["schema"], "components": SCHEMAS}).validate(value)


class Dead:
    """A reader that has ended."""

    def is_alive(self) -> bool:
        return False


def board(**changes: bool) -> Board:
    """Return a board with something of everything in it."""
    made = Board()
    made.catch_up(caught_up=(True, not changes.get("reading")))
    late = clock("a", since=-30, due=-10, channel="web", team="north", owner_id="u-1")
    made.workers.open([late, clock("b", due=None)])
    made.workers.open([clock("c", name="case_first")])
    made.workers.answer("d", NOW - MINUTE, "web")
    made.workers.account(0, applied=1, watermark=NOW - 1000)
    made.flow()
    reader = Dead() if changes.get("dead") else None
    api = Api(made.live, made.latest, reader, Walls(made.latest, made.history))  # type: ignore[arg-type]  # is asked for its life alone
    entrance = Entrance("a token of the tests") if changes.get("asking") else None
    made.app = application(api, hosts_for("127.0.0.1", ()), entrance)
    if changes.get("broken"):
        made.live.take = None  # type: ignore[assignment,method-assign]  # whatever breaks inside
    return made


def address(path: str, **given: str) -> str:
    """Return the documented *path* with the documented examples in it."""
    examples = {one["name"]: one.get("example") for one in OPERATIONS[path].get("parameters", ())}
    return re.sub(r"\{(\w+)\}", lambda hole: given.get(hole[1], str(examples[hole[1]])), path)


async def ask(browser, path: str, **headers: str):
    """Return status, media type and text; of a stream the first event."""
    async with browser.client.get(path, headers=headers) as response:
        stream = response.content_type == "text/event-stream"
        body = (await response.content.readuntil(b"\n\n")).decode() if stream else await response.text()
        return response.status, response.content_type, body, response.headers


STATUSES = [
    pytest.param(path, int(status), id=f"{path} {status}")
    for path, one in OPERATIONS.items()
    for status in one["responses"]
]


@pytest.mark.parametrize(("path", "status"), STATUSES)
async def test_every_documented_status_is_answered_as_documented(serve, path, status):
    made = board(
        reading=status == 503 and path != "/healthz",
        dead=status == 503 and path == "/healthz",
        asking=status == 401,
        broken=status == 500,
    )
    if status == 500 and path == "/api/v1/openapi.json":
        made.app = application(NoDocument(made.live, made.latest))
    browser = await serve(made)
    target, headers = address(path), {}
    if status == 304:
        headers = {"If-None-Match": (await ask(browser, target))[3]["ETag"]}
    elif status == 400:
        target += "?nonsense=1"
    elif status == 404:
        target = address(path, name="nobody")
    elif status == 421:
        headers = {"Host": "evil.example"}
    answered, kind, body, _ = await ask(browser, target, **headers)
    assert answered == status, body
    check(path, status, kind, body)


class NoDocument(Api):
    """An API that fails where nothing can be made to fail."""

    async def openapi(self, _request):
        raise RuntimeError


PARAMETERS = [
    pytest.param(path, one, id=f"{path} {one['name']}")
    for path, operation in OPERATIONS.items()
    for one in operation.get("parameters", ())
    if one["in"] == "query"
]


@pytest.mark.parametrize(("path", "parameter"), PARAMETERS)
async def test_every_documented_parameter_is_taken(serve, path, parameter):
    browser = await serve(board())
    Draft202012Validator(parameter["schema"]).validate(parameter["example"])
    for value in {str(parameter["example"]), *parameter["schema"].get("enum", ())}:
        status, kind, body, _ = await ask(browser, f"{address(path)}?{parameter['name']}={value}")
        assert status == 200, body
        check(path, 200, kind, body)


@pytest.mark.parametrize("path", [path for path, one in OPERATIONS.items() if "400" in one["responses"]])
async def test_no_parameter_is_undocumented(serve, path):
    _, _, body, _ = await ask(await serve(board()), f"{address(path)}?nonsense=1")
    names = [one["name"] for one in OPERATIONS[path]["parameters"] if one["in"] == "query"]
    assert json.loads(body)["hint"] == f"it has: {', '.join(names)}"


@pytest.mark.parametrize(("parameter", "low", "high"), [("limit", 0, 1_000), ("offset", 0, 10**9)])
async def test_documented_bounds_are_the_bounds(serve, parameter, low, high):
    browser = await serve(board())
    (said,) = [one["schema"] for one in OPERATIONS["/api/v1/clocks"]["parameters"] if one["name"] == parameter]
    assert (said["minimum"], said["maximum"]) == (low, high)
    for value, status in ((low, 200), (high, 200), (high + 1, 400), (low - 1, 400)):
        await browser.get(f"/api/v1/clocks?{parameter}={value}", status)
    assert (await browser.get("/api/v1/clocks"))[parameter] == said["default"]


def test_every_route_is_documented_or_a_page():
    made = board(asking=True)
    assert {one.canonical for one in made.app.router.resources()} == {*OPERATIONS, *PAGES}


@pytest.mark.parametrize("path", OPERATIONS)
async def test_every_kpi_of_the_test_board_fits_the_document(serve, path):
    if "{name}" not in path:
        return
    browser = await serve(board())
    for one in (await browser.get("/api/v1/kpis"))["kpis"]:
        status, kind, body, _ = await ask(browser, address(path, name=one["name"]))
        check(path, status, kind, body)


async def test_the_board_serves_the_document(ready):
    assert await ready.get("/api/v1/openapi.json") == DOCUMENT


def test_every_reference_leads_somewhere_and_nothing_is_left_over():
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert named == set(DOCUMENT["components"]["schemas"])
    ids = [one["operationId"] for one in OPERATIONS.values()]
    assert len(ids) == len(set(ids))


FROZEN = {
    "Catalogue": "areas at kpis total warnings watermark windows",
    "Clock": "at_risk_from clock crm_url due due_in_seconds imported item labels owner paused policy relationship "
    "since state waiting_seconds",
    "ClockList": "clock items labels state total url",
    "ClockPage": "at counts items limit next offset previous total values warnings watermark",
    "Counts": "at_risk overdue waiting",
    "Declaration": "area by clock direction formula meaning metric name source unit url windowed",
    "Failure": "error hint kpi message read_ratio reasons suggestions",
    "Goal": "at_least at_most met",
    "Health": "status version",
    "Kpi": "area by clock direction error formula headline meaning metric name ok series source unit url variants "
    "windowed",
    "KpiDetail": "area at breakdowns by clock denominator direction error excluded formula goal grafana_url history "
    "labels mean meaning metric n name numerator ok open_clocks pace people samples source totals unit url "
    "value warnings watermark window windowed windows",
    "Partition": "caught_up end lag partition position topic",
    "Paced": "goal pace period planned value",
    "Past": "times values",
    "Readiness": "broker_up last_record_at partitions read_ratio ready reasons records warnings",
    "Sample": "labels metric n part value window",
}  # fmt: skip
"""The fields of v1. One that is added is added here; one that is renamed or removed breaks somebody's program."""


def test_the_names_of_fields_are_stable():
    schemas = DOCUMENT["components"]["schemas"]
    assert {name: " ".join(sorted(one["properties"])) for name, one in schemas.items()} == FROZEN
