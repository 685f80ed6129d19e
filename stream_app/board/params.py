"""Query parameters, checked: a typo gets an answer that helps instead of an unfiltered list."""

from collections.abc import Collection

from aiohttp import web

from stream_app.board.clocks import LABELS, SORTS, TESTS, Query
from stream_app.board.failures import ApiError, near
from stream_app.board.routes import LIMIT, MAX_LIMIT, MAX_OFFSET, Route
from stream_app.board.shapes import State


def only(request: web.Request, known: Collection[str]) -> None:
    """Refuse parameters that the route does not know, and repeated ones.

    Raises:
        ApiError: 400 with the parameters that there are.
    """
    for name in request.query:
        if name not in known:
            raise ApiError(
                400,
                "unknown_parameter",
                f"{request.path} has no parameter {name[:100]!r}",
                f"it has: {', '.join(known)}",
                suggestions=near(name, known),
            )
        if len(request.query.getall(name)) > 1:
            raise ApiError(400, "repeated_parameter", f"{name} is given twice", "give one value")


def choice(request: web.Request, name: str, known: Collection[str]) -> str | None:
    """Return the parameter *name*, which must be one of *known*; None if it is not given.

    Raises:
        ApiError: 400 with near misses.
    """
    value = request.query.get(name)
    return None if value is None else one_of(name, value, known)


def one_of(name: str, value: str, known: Collection[str]) -> str:
    """Return *value* of the parameter *name* if it is one of *known*.

    Raises:
        ApiError: 400 with near misses.
    """
    if value in known:
        return value
    raise ApiError(
        400,
        f"unknown_{name}",
        f"{name}={value[:100]!r} is not known",
        f"known: {', '.join(known)}",
        suggestions=near(value, known),
    )


def number(request: web.Request, name: str, default: int, highest: int) -> int:
    """Return the parameter *name* as a number from 0 to *highest*.

    Raises:
        ApiError: 400 if it is none.
    """
    text = request.query.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) <= 12 and int(text) <= highest:
        return int(text)
    raise ApiError(
        400, f"invalid_{name}", f"{name}={text[:100]!r} is no number from 0 to {highest}", f"try {name}={default}"
    )


def clock_query(request: web.Request, route: Route, names: Collection[str]) -> Query:
    """Return the question that the parameters of *route* ask; *names* are the clocks there are.

    `clock` may name several, separated by commas.

    Raises:
        ApiError: 400 for what it cannot mean.
    """
    only(request, route.names)
    state: State | None = next((s for s in TESTS if s == choice(request, "state", TESTS)), None)
    clocks = request.query.get("clock")
    return Query(
        clocks=None if clocks is None else tuple(one_of("clock", name, names) for name in clocks.split(",")),
        labels=tuple((label, request.query[label]) for label in LABELS if label in request.query),
        state=state,
        sort=choice(request, "sort", SORTS) or "due",
        limit=number(request, "limit", LIMIT, MAX_LIMIT),
        offset=number(request, "offset", 0, MAX_OFFSET),
    )
