"""A board with a token: nobody looks without it, browsers log in once, whoever watches the process is let through."""

import hmac
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp.test_utils import make_mocked_request

from stream_app.board.api import Api
from stream_app.board.entrance import COOKIE, DAYS, Entrance
from stream_app.board.openapi import document
from stream_app.board.server import application
from stream_app.board.wall.stream import Walls
from tests.board.boards import Board

TOKEN = "a-token-of-the-tests-0123"
DAY = 86_400
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HTML = {"Accept": "text/html,application/xhtml+xml"}
CLOSED = [
    "/", "/wall", "/clocks", "/kpis/leads_waiting", "/runbooks", "/runbooks/CrmLeadOverdue", "/metrics", "/nothing",
    "/api/v1/kpis/leads_waiting",
    *(path for path in document()["paths"] if path.startswith("/api/") and "{" not in path),
]  # fmt: skip


class Watch:
    """A clock of the tests, in seconds."""

    at = 1_750_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def guarded(serve, watch):
    board = Board()
    board.catch_up()
    api = Api(board.live, board.latest, walls=Walls(board.latest, board.history))
    board.app = application(api, entrance=Entrance(TOKEN, watch))
    return await serve(board)


async def log_in(browser, token: str = TOKEN, to: str = "/wall", **headers: str):
    form = {"token": token, "next": to}
    async with browser.client.post("/login", data=form, headers=headers, allow_redirects=False) as response:
        browser.client.session.cookie_jar.clear()  # a test shows the cookie where it means to
        return response.status, response.headers, await response.text()


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize(
    "shown",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"Authorization": "Bearer another-token-0123456"}, id="another token"),
        pytest.param({"Authorization": f"Bearer {TOKEN[:-1]}"}, id="a part of it"),
        pytest.param({"Authorization": "Bearer "}, id="an empty one"),
        pytest.param({"Authorization": f"Basic {TOKEN}"}, id="another scheme"),
        pytest.param({"Authorization": f"Bearer {TOKEN}é"}, id="beyond ASCII"),
        pytest.param({"Cookie": f"{COOKIE}={TOKEN}"}, id="the token as a cookie"),
        pytest.param({"Cookie": f"{COOKIE}=9999999999.00"}, id="a session that somebody made up"),
    ],
)
async def test_without_the_token_nothing_is_told(guarded, path, shown):
    async with guarded.client.get(path, headers=shown) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert (await response.json())["error"] == "unauthorized"


@pytest.mark.parametrize("path", [path for path in CLOSED if path not in {"/nothing", "/api/v1/wall"}])
async def test_with_the_token_everything_is(guarded, path):
    async with guarded.client.get(path, headers=BEARER) as response:
        assert response.status == 200
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_whoever_watches_the_process_needs_none(guarded, path):
    async with guarded.client.get(path) as response:
        assert response.status == 200


async def test_without_a_token_set_there_is_no_login(ready):
    await ready.get("/login", 404)
    async with ready.client.get("/api/v1/kpis") as response:
        assert response.status == 200


@pytest.mark.parametrize("path", ["/", "/wall?page=sales&rotate=20", "/clocks?team=s%C3%BCd%26x", "/nothing"])
async def test_a_browser_is_led_to_the_login_and_back(guarded, path):
    async with guarded.client.get(path, headers=HTML, allow_redirects=False) as response:
        assert response.status == 303
        led = urlsplit(response.headers["Location"])
    assert led.path == "/login"
    assert parse_qs(led.query)["next"] == [path]
    _, headers, _ = await log_in(guarded, to=path)
    assert headers["Location"] == path


@pytest.mark.parametrize("path", ["/api/v1/kpis", "/metrics"])
async def test_a_program_is_not_led_anywhere(guarded, path):
    await guarded.get(path, 401, **HTML)


async def test_a_session_opens_everything_and_scripts_cannot_read_it(guarded):
    status, headers, _ = await log_in(guarded)
    assert status == 303
    parts = headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={DAYS * DAY}"} <= set(parts)
    assert "Secure" not in parts
    assert TOKEN not in headers["Set-Cookie"]
    await guarded.get("/api/v1/kpis", Cookie=parts[0])


async def test_behind_a_proxy_with_tls_the_cookie_is_for_tls_alone(guarded):
    _, headers, _ = await log_in(guarded, **{"X-Forwarded-Proto": "https"})
    assert "Secure" in headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + " ", TOKEN.upper()])
async def test_another_token_gets_the_form_again(guarded, token):
    status, headers, text = await log_in(guarded, token, to="/clocks")
    assert status == 401
    assert "Set-Cookie" not in headers
    assert "That is not the token." in text
    assert 'value="/clocks"' in text


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/\t/evil.example", "/a\r\nSet-Cookie: x=y", "", "wall", "/wall\x00",
    ],
)  # fmt: skip
async def test_logging_in_leads_to_no_other_site(guarded, to):
    _, headers, _ = await log_in(guarded, to=to)
    assert headers["Location"] == "/"
    async with guarded.client.get("/login", params={"next": to}) as response:
        assert 'name="next" id="next" value="/"' in await response.text()


async def test_what_comes_from_the_address_stays_text(guarded):
    async with guarded.client.get("/login", params={"next": '/"><script>alert(1)</script>'}) as response:
        assert "<script>alert" not in await response.text()
        assert "form-action 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("days", "status", "anew"),
    [
        pytest.param(1, 200, False, id="young"),
        pytest.param(DAYS / 2 + 1, 200, True, id="in its second half it begins anew"),
        pytest.param(DAYS - 0.01, 200, True, id="at its end"),
        pytest.param(DAYS + 0.01, 401, False, id="over"),
    ],
)
async def test_a_session_ends_unless_it_is_used(guarded, watch, days, status, anew):
    _, headers, _ = await log_in(guarded)
    cookie = headers["Set-Cookie"].partition(";")[0]
    watch.at += days * DAY
    async with guarded.client.get("/api/v1/kpis", headers={"Cookie": cookie}) as response:
        assert response.status == status
        assert ("Set-Cookie" in response.headers) is anew


async def test_who_is_logged_in_already_goes_on(guarded):
    """A strict cookie does not come along from another site; the login page asks once more, from here."""
    _, headers, _ = await log_in(guarded)
    cookie = {"Cookie": headers["Set-Cookie"].partition(";")[0]}
    for to, led in (("/clocks?team=a", "/clocks?team=a"), ("//evil.example", "/")):
        async with guarded.client.get("/login", params={"next": to}, headers=cookie, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, led)
    async with guarded.client.get("/login") as response:
        assert (response.status, 'method: "HEAD", redirect: "manual"' in await response.text()) == (200, True)


async def test_a_session_holds_on_another_board_with_the_token_and_on_no_other(guarded, watch):
    _, headers, _ = await log_in(guarded)
    request = make_mocked_request("GET", "/", headers={"Cookie": headers["Set-Cookie"].partition(";")[0]})
    assert Entrance(TOKEN, watch)._is_known(request)
    assert not Entrance("another-token-0123456", watch)._is_known(request)


async def test_a_stream_that_is_opened_keeps_the_wall_logged_in(guarded, watch):
    _, headers, _ = await log_in(guarded)
    watch.at += 20 * DAY
    cookie = {"Cookie": headers["Set-Cookie"].partition(";")[0]}
    async with guarded.client.get("/api/v1/wall", headers=cookie) as response:
        assert response.content_type == "text/event-stream"
        assert response.headers["Set-Cookie"].startswith(COOKIE)


async def test_the_board_stays_read_only(guarded):
    async with guarded.client.post("/api/v1/clocks", headers=BEARER) as response:
        assert response.status == 405


async def test_tokens_are_compared_in_constant_time(guarded, monkeypatch):
    compared = []

    def compare(one: bytes, two: bytes) -> bool:
        compared.append((len(one), len(two)))
        return one == two

    monkeypatch.setattr(hmac, "compare_digest", compare)
    await guarded.get("/api/v1/kpis", 401, Authorization="Bearer short")
    await guarded.get("/api/v1/kpis", **BEARER)
    assert (32, 32) in compared  # digests: their length says nothing about the token's
