"""Who may look: whoever shows the token; programs in a header, browsers by the cookie that logging in gave them."""

import hashlib
import hmac
import html
import re
import time
from collections.abc import Callable
from http.cookies import Morsel
from urllib.parse import quote

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from stream_app.board.failures import ApiError
from stream_app.board.page import LOGIN
from stream_app.board.routes import METRICS, ROUTES

log = structlog.get_logger(__name__)

COOKIE = "crm_pulse_session"
DAYS = 30
"""How long a browser stays logged in; each visit in the second half of that begins it anew."""
_DAY = 86_400
_OPEN = frozenset({"/login", *(route.path for route in ROUTES if route.open)})
# A path on this board: what begins with two slashes, or a backslash, is the address of another site.
_WITHIN = re.compile(r"/(?![/\\])[!-\[\]-~]*")


class Entrance:
    """Ask everybody for the token, except those who want to know whether the process works.

    A session is its end and a code over that made with the token: nothing is stored, it outlives a restart of the
    board, holds on a second one, and ends when the token is changed.

    Args:
        token: What has to be shown.
        now: Tells the time in seconds.
    """

    def __init__(self, token: str, now: Callable[[], float] = time.time) -> None:
        self._token = token.encode()
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the login form."""
        return [web.get("/login", self.form), web.post("/login", self.enter)]

    def middleware(self) -> Middleware:
        """Return what refuses everybody else."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path in _OPEN or self._is_known(request):
                return await handler(request)
            if _is_for_a_page(request):
                return _to(f"/login?next={quote(str(request.rel_url), safe='')}")
            raise ApiError(
                401,
                "unauthorized",
                "this board asks for a token" if "Authorization" not in request.headers else "this is not the token",
                "send the header Authorization: Bearer TOKEN; a browser logs in at /login",
            )

        return check

    async def form(self, request: web.Request) -> web.Response:
        """Answer the page that asks for the token; whoever is logged in goes on."""
        wanted = request.query.get("next", "/")
        return _form(wanted) if self._session(request) is None else _to(_inside(wanted))

    async def enter(self, request: web.Request) -> web.Response:
        """Let a browser in that sends the token."""
        sent = await request.post()
        wanted, token = str(sent.get("next", "/")), str(sent.get("token", ""))
        if not self._is_token(token):
            log.warning("login refused", remote=request.remote)
            return _form(wanted, "That is not the token.", 401)
        response = _to(_inside(wanted))
        self._remember(request, response)
        return response

    async def renew(self, request: web.Request, response: web.StreamResponse) -> None:
        """Begin a session anew that is in the second half of its time, so that a wall is never logged out."""
        ends = self._session(request)
        if ends is not None and ends - self._now() < DAYS * _DAY / 2 and "Set-Cookie" not in response.headers:
            self._remember(request, response)

    def _remember(self, request: web.Request, response: web.StreamResponse) -> None:
        ends = str(int(self._now()) + DAYS * _DAY)
        cookie: Morsel[str] = Morsel()
        cookie.set(COOKIE, value := f"{ends}.{self._code(ends)}", value)
        cookie.update({"path": "/", "max-age": str(DAYS * _DAY), "httponly": "true", "samesite": "Strict"})
        # A proxy that ends TLS says so; whoever lies here only keeps the cookie from himself.
        if request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https":
            cookie["secure"] = "true"
        response.headers.add("Set-Cookie", cookie.OutputString())

    def _is_known(self, request: web.Request) -> bool:
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(shown.strip()):
            return True
        return self._session(request) is not None

    def _is_token(self, shown: str) -> bool:
        """Compare in a time that tells nothing about the token, its length neither."""
        given = shown.encode("utf-8", "surrogateescape")
        return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(self._token).digest())

    def _session(self, request: web.Request) -> int | None:
        """Return when the session of *request* ends, in seconds; None without one that holds."""
        ends, _, code = request.cookies.get(COOKIE, "").partition(".")
        if not hmac.compare_digest(code.encode("utf-8", "surrogateescape"), self._code(ends).encode()):
            return None
        return int(ends) if int(ends) > self._now() else None

    def _code(self, ends: str) -> str:
        return hmac.new(self._token, f"session until {ends}".encode("utf-8", "surrogateescape"), "sha256").hexdigest()


def _is_for_a_page(request: web.Request) -> bool:
    if request.path.startswith("/api/") or request.path == METRICS.path or request.method not in {"GET", "HEAD"}:
        return False
    return "text/html" in request.headers.get("Accept", "")


def _form(wanted: str, trouble: str = "", status: int = 200) -> web.Response:
    return LOGIN.answer({"next": html.escape(_inside(wanted)), "trouble": html.escape(trouble)}, status)


def _inside(wanted: str) -> str:
    return wanted if _WITHIN.fullmatch(wanted) else "/"


def _to(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})
