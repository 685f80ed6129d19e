"""How the terminal listens to a board: what it understands, what it says of a board that is away, how it comes back."""

import time
from contextlib import suppress

import pytest
from aiohttp import web

from stream_app.errors import UserError
from stream_app.top.feed import AwayError, Board, Feed, RefusedError, messages
from tests.board.served import Served


def app_of(handler):
    app = web.Application()
    app.router.add_get("/api/v1/wall", handler)
    app.router.add_get("/below/api/v1/wall", handler)
    return app


@pytest.fixture
def serve():
    running = []

    def start(handler):
        running.append(Served(lambda: (app_of(handler), lambda: None)))
        running[-1].start()
        return running[-1]

    yield start
    for one in running:
        one.stop()


async def stream(request):
    """Say the page that was asked for, a comment, and something that would steer a terminal."""
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    page = request.query.get("page", "")
    await answer.write(b"retry: 2000\n\n: still here\n\n")
    await answer.write(f'event: figures\ndata: {{"page": "{page}", "who": "a\\u001b[2Jb", "n": [1]}}\n\n'.encode())
    return answer


async def refuse(_request):
    body = {
        "error": "unknown_page",
        "message": "page='slaes' is not known",
        "hint": "known: sales",
        "suggestions": ["sales"],
    }
    return web.json_response(body, status=400)


async def unauthorized(request):
    if request.headers.get("Authorization") == "Bearer secret":
        return await stream(request)
    return web.json_response({"message": "a token is needed", "hint": "send it"}, status=401)


async def other(_request):
    return web.Response(text="<h1>It works</h1>", status=404)


@pytest.mark.parametrize("path", ["", "/", "/below"])
def test_messages_are_read_and_cannot_steer_the_terminal(serve, path):
    found = list(messages(Board(serve(stream).url + path), {"page": "sales"}))
    assert found == [{"page": "sales", "who": "a?[2Jb", "n": [1]}]


def test_a_token_is_shown(serve):
    url = serve(unauthorized).url
    assert list(messages(Board(url, "secret"), {}))
    with pytest.raises(RefusedError, match="a token is needed"):
        next(messages(Board(url), {}))
    assert "secret" not in repr(Board(url, "secret"))


def test_a_refusal_says_what_there_is(serve):
    with pytest.raises(RefusedError, match="slaes") as refused:
        next(messages(Board(serve(refuse).url), {"page": "slaes"}))
    assert refused.value.hint == "known: sales Did you mean sales?"


def test_somebody_who_is_no_board(serve):
    with pytest.raises(AwayError, match="404 and is no board"):
        next(messages(Board(serve(other).url), {}))


def test_nobody_is_there():
    with pytest.raises(AwayError, match="does not answer"):
        next(messages(Board("http://127.0.0.1:1"), {}))


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x", "http://"])
def test_an_address_that_is_none(url):
    with pytest.raises(UserError, match="no address of a board"):
        next(messages(Board(url), {}))


def page(feed):
    figures = feed.heard().figures
    return None if figures is None else figures["page"]


def until(holds, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_connects_again_when_the_board_comes_back(serve, monkeypatch):
    monkeypatch.setattr("stream_app.top.feed.RETRY_SECONDS", 0.1)
    served = serve(stream)
    feed = Feed(Board(served.url))
    feed.follow({"page": "sales"})
    until(lambda: feed.heard().figures is not None)
    served.stop()
    until(lambda: "does not answer" in str(getattr(feed.heard().trouble, "message", "")))
    assert page(feed) == "sales"
    feed.follow({"page": "service"})
    served.start()
    until(lambda: page(feed) == "service")
    with suppress(AssertionError):
        until(lambda: page(feed) == "sales", 0.5)
    assert page(feed) == "service", "the page before has no more say"


def test_what_is_refused_is_not_asked_again(serve):
    asked = []

    async def count(request):
        asked.append(request)
        return await refuse(request)

    feed = Feed(Board(serve(count).url))
    feed.follow({})
    until(lambda: isinstance(feed.heard().trouble, RefusedError))
    time.sleep(0.3)
    assert len(asked) == 1
