"""The way to an Alertmanager: who we are, what it refuses, and what happens while it does not answer."""

import asyncio
import json

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from stream_app.alerting.alert import HOLD_MS, Alert, Message
from stream_app.alerting.book import REMEMBER_MS
from stream_app.alerting.delivery import MOST, Delivery
from stream_app.alerting.meters import Meters
from stream_app.alerting.service import Alertmanagers
from tests.alerting.moments import MONDAY
from tests.alerting.real import until


class Listener:
    """Answers as an Alertmanager would, or as the test says."""

    def __init__(self) -> None:
        self.status = 200
        self.hold = asyncio.Event()
        self.hold.set()
        self.requests: list[list[dict[str, object]]] = []
        self.headers: list[dict[str, str]] = []
        app = web.Application(client_max_size=10**8)
        app.router.add_post("/am/api/v2/alerts", self.take)
        app.router.add_get("/login", self.welcome)
        self.server = TestServer(app)

    async def take(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        self.requests.append(json.loads(await request.read()))
        await self.hold.wait()
        headers = {"Location": "/login"} if self.status == 302 else {}
        return web.Response(status=self.status, text="said so", headers=headers)

    async def welcome(self, _request: web.Request) -> web.Response:
        """Answer as a login page does: with 200, to anybody."""
        return web.Response(text="who are you?")


class Way:
    """A delivery to the listener, at a time that the test sets."""

    def __init__(self, listener, session, alertmanagers=Alertmanagers()) -> None:  # noqa: B008 - it is frozen
        self.now = MONDAY
        self.meters = Meters()
        url = str(listener.server.make_url("/am/"))
        self.delivery = Delivery(url, session, alertmanagers.headers, self.meters, lambda: self.now)
        self.name = self.delivery.name

    @property
    def sent(self) -> int:
        return self.meters.sent[self.name]

    @property
    def failed(self) -> int:
        return self.meters.failed[self.name]


@pytest.fixture
async def listener():
    made = Listener()
    await made.server.start_server()
    yield made
    made.hold.set()
    await made.server.close()


@pytest.fixture
async def way(listener):
    async with ClientSession() as session:
        made = Way(listener, session)
        task = asyncio.create_task(made.delivery.run())
        yield made
        task.cancel()


def about(who, **more):
    return Message(Alert((("alertname", "A"), ("relationship", who)), MONDAY - 5_000, {"summary": who}), **more)


def names(request):
    return [alert["labels"]["relationship"] for alert in request]


async def test_what_is_sent(listener, way):
    way.delivery.put([about("a"), about("b", ended=MONDAY - 1_000)])
    await until(lambda: way.sent == 2)
    (request,) = listener.requests
    assert request == [
        {
            "labels": {"alertname": "A", "relationship": "a"},
            "annotations": {"summary": "a"},
            "startsAt": "2026-03-02T09:59:55.000Z",
            "endsAt": "2026-03-02T10:05:00.000Z",
        },
        {
            "labels": {"alertname": "A", "relationship": "b"},
            "annotations": {"summary": "b"},
            "startsAt": "2026-03-02T09:59:55.000Z",
            "endsAt": "2026-03-02T09:59:59.000Z",
        },
    ]
    assert HOLD_MS == 5 * 60_000


@pytest.mark.parametrize(
    ("access", "header"),
    [
        pytest.param({}, None, id="nobody"),
        pytest.param({"user": "crm", "password": "pä:ss"}, "Basic Y3JtOnDDpDpzcw==", id="basic"),
        pytest.param({"token": "t0ken"}, "Bearer t0ken", id="bearer"),
    ],
)
async def test_it_says_who_it_is(listener, access, header):
    async with ClientSession() as session:
        way = Way(listener, session, Alertmanagers((), **access))
        task = asyncio.create_task(way.delivery.run())
        way.delivery.put([about("a")])
        await until(lambda: listener.headers)
        task.cancel()
    assert listener.headers[0].get("Authorization") == header


async def test_a_flood_goes_in_requests_of_a_size(listener, way):
    listener.hold.clear()
    way.delivery.put([about(f"{n}") for n in range(MOST + 10)])
    await until(lambda: listener.requests)
    assert len(listener.requests) == 1, "one at a time"
    listener.hold.set()
    await until(lambda: way.sent == MOST + 10)
    assert [len(request) for request in listener.requests] == [MOST, 10]


@pytest.mark.parametrize("status", [500, 503, 429, 401, 404, 302])
async def test_what_was_not_taken_is_tried_again_until_it_is(listener, way, status):
    """In the meantime what is newer takes its place, and the trouble shows."""
    listener.status = status
    way.delivery.put([about("a", since=MONDAY), about("b")])
    await until(lambda: way.failed >= 4)
    way.now += 30_000
    way.delivery.put([about("a", ended=MONDAY + 20_000)])
    await until(lambda: way.meters.waiting[way.name] == 30)
    listener.status = 200
    await until(lambda: way.sent)
    last = listener.requests[-1]
    assert sorted(names(last)) == ["a", "b"]
    assert {one["labels"]["relationship"]: one["endsAt"] for one in last}["a"] == "2026-03-02T10:00:20.000Z"
    assert way.meters.waiting[way.name] == 0


async def test_what_comes_while_a_request_fails_is_newer(listener, way):
    listener.hold.clear()
    listener.status = 503
    way.delivery.put([about("a")])
    await until(lambda: listener.requests)
    way.delivery.put([about("a", ended=MONDAY - 1_000)])
    listener.hold.set()
    await until(lambda: way.failed)
    listener.status = 200
    await until(lambda: way.sent)
    assert [one["endsAt"] for one in listener.requests[-1]] == ["2026-03-02T09:59:59.000Z"]


async def test_what_it_cannot_read_is_not_sent_for_ever(listener, way):
    """It takes the others of that request, and says 400."""
    listener.status = 400
    way.delivery.put([about("a")])
    await until(lambda: way.failed == 1)
    await asyncio.sleep(0.5)
    assert len(listener.requests) == 1
    listener.status = 200
    way.delivery.put([about("b")])
    await until(lambda: way.sent == 1)
    assert names(listener.requests[-1]) == ["b"]


async def test_an_end_that_nobody_heard_of_for_long_is_let_go(listener, way):
    listener.status = 503
    way.delivery.put([about("a", ended=MONDAY), about("b")])
    await until(lambda: way.failed >= 2)
    way.now += REMEMBER_MS + 1
    listener.status = 200
    await until(lambda: way.sent == 1)
    assert names(listener.requests[-1]) == ["b"]


async def test_news_goes_before_what_is_said_again(listener, way):
    listener.hold.clear()
    way.delivery.put([about("first")])
    await until(lambda: listener.requests)
    way.delivery.put([], [about("old"), about("news")])
    way.delivery.put([about("news", ended=MONDAY - 1)], [about("older")])
    listener.hold.set()
    await until(lambda: way.sent == 4)
    assert names(listener.requests[1]) == ["news", "old", "older"]
    assert listener.requests[1][0]["endsAt"] < "2026-03-02T10:00"


async def test_the_delay_is_that_of_news_alone(way):
    way.now = MONDAY + 700
    way.delivery.put([about("a", since=MONDAY)], [about("b")])
    await until(lambda: way.sent == 2)
    way.delivery.put([about("a", since=MONDAY, ended=MONDAY + 600)])
    await until(lambda: way.sent == 3)
    (delay,) = [family for family in way.meters.collect() if family.name == "crm_kpi_alert_delay_seconds"]
    counted = {line.labels.get("le", line.name): line.value for line in delay.samples}
    assert counted["0.5"] == 0
    assert counted["1.0"] == counted["+Inf"] == 1
    assert counted["crm_kpi_alert_delay_seconds_sum"] == 0.7
