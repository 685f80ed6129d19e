"""Every failure as JSON with a hint, and the headers that keep a browser from doing harm."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

log = structlog.get_logger(__name__)

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    # What the API tells is about now and about people: nobody in between keeps it.
    "Cache-Control": "no-store",
}


class ApiError(Exception):
    """A request that gets no data.

    Args:
        status: HTTP status.
        code: A word for programs.
        message: What is wrong, one sentence.
        hint: What to do.
        details: Further JSON fields, for example `suggestions`.
    """

    def __init__(self, status: int, code: str, message: str, hint: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": code, "message": message, "hint": hint, **details}


def near(word: str, known: Iterable[str]) -> list[str]:
    """Return up to five of *known* that *word* may have meant, best first."""
    known = sorted(known)
    contained = [one for one in known if word and word.lower() in one]
    alike = difflib.get_close_matches(word.lower(), known, n=5, cutoff=0.55)
    return list(dict.fromkeys([*alike, *contained]))[:5]


def encode(body: Mapping[str, Any], indent: int = 0) -> bytes:
    """Return *body* as JSON, with line breaks for people if *indent* says so."""
    data = msgspec.json.encode(body)
    return (msgspec.json.format(data, indent=indent) if indent else data) + b"\n"


def as_json(body: Mapping[str, Any] | bytes, status: int = 200) -> web.Response:
    """Answer *body*, which may be encoded already, as JSON."""
    data = body if isinstance(body, bytes) else encode(body)
    return web.Response(status=status, body=data, content_type="application/json", charset="utf-8")


@web.middleware
async def answer_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into JSON."""
    try:
        return await handler(request)
    except ApiError as error:
        response = as_json(error.body, error.status)
        if error.status == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="crm-pulse"'
        return response
    except web.HTTPException as error:
        response = as_json(
            {"error": error.reason.lower().replace(" ", "_"), "message": f"{request.method} {request.path}: "
             f"{error.reason}", "hint": _hint(request, error.status)},
            error.status,
        )  # fmt: skip
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception:
        log.exception("request failed", method=request.method, path=request.path)
        body = {
            "error": "internal",
            "message": "the board failed to answer",
            "hint": "the board's log has the traceback; please report it",
        }
        return as_json(body, 500)


def _hint(request: web.Request, status: int) -> str:
    if status == 405:
        return "the board is read only: GET and HEAD are all it knows"
    if status == 404:
        return f"there are: {' '.join(one.canonical for one in request.app.router.resources())}"
    return "see docs/architecture.md"


async def add_safe_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Set what every answer carries; no CORS header at all, so other sites cannot read it."""
    for name, value in SAFE_HEADERS.items():
        response.headers.setdefault(name, value)


def only_hosts(allowed: frozenset[str]) -> Middleware:
    """Refuse requests whose Host header names a host that is not *allowed*; an empty set allows all.

    A page of any site can point its own name at 127.0.0.1 (DNS rebinding) and would then be of the same
    origin as the board; its Host header still gives it away.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
        if allowed and host.strip("[]").lower() not in allowed:
            raise ApiError(
                421,
                "unknown_host",
                f"this board does not answer for the host {host[:200]!r}",
                "it is bound to loopback and answers for localhost; behind a proxy start it with --allow-host NAME",
            )
        return await handler(request)

    return check
