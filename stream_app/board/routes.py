"""What can be asked of the board: each route with its parameters and answers, for the handlers and for OpenAPI."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from stream_app.board import shapes
from stream_app.board.clocks import LABELS, SORTS, TESTS
from stream_app.board.wall.pages import BY_NAME

LIMIT, MAX_LIMIT, MAX_OFFSET = 100, 1_000, 10**9
TEXT: Mapping[str, Any] = {"type": "string"}
NUMBER: Mapping[str, Any] = {"type": "integer", "minimum": 0}
ROWS: Mapping[str, Any] = {**NUMBER, "maximum": MAX_LIMIT, "default": LIMIT}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    Attributes:
        name: As it is written in the address.
        says: What it does.
        example: A value that every board with data knows, or takes for nothing found.
        schema: JSON Schema of its value.
        place: In the path, or in the query string.
    """

    name: str
    says: str
    example: str
    schema: Mapping[str, Any]
    place: Literal["path", "query"] = "query"


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the API, which only GET and HEAD may ask.

    Attributes:
        path: With parameters in braces.
        name: A word for programs that are generated from the document.
        says: What it answers, one sentence.
        answer: The shape of its JSON, or the media type of a text.
        parameters: All that it takes; it refuses others.
        refusals: Statuses of answers without data, beside those that every route may have.
        tagged: Whether it carries an ETag and answers 304.
        open: Whether it needs no token even where a token is set.
    """

    path: str
    name: str
    says: str
    answer: type | str
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[int, ...] = ()
    tagged: bool = False
    open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the query parameters."""
        return tuple(one.name for one in self.parameters if one.place == "query")


WINDOW = Parameter("window", "Rolling window; without it that of 24 h, else the longest.", "24h", TEXT)
NARROWED = tuple(Parameter(label, f"Only those with this {label}.", "none", TEXT) for label in LABELS)
FILTERS = (
    Parameter("clock", "Only these clocks, by name; several are separated by commas.", "lead_response", TEXT),
    *NARROWED,
    Parameter(
        "state",
        "Only those in this state; `waiting` is everyone, the two others exclude each other.",
        "overdue",
        {"type": "string", "enum": [*TESTS]},
    ),
    Parameter(
        "sort",
        "By due time or by how long they have waited; with a minus the other way round.",
        "-since",
        {"type": "string", "enum": [*SORTS], "default": "due"},
    ),
    Parameter("limit", "Rows of a page.", "10", ROWS),
    Parameter("offset", "Rows before the page.", "0", {**NUMBER, "maximum": MAX_OFFSET, "default": 0}),
)

KPIS = Route(
    "/api/v1/kpis",
    "listKpis",
    "All KPIs, each with its declaration and the value that stands for it.",
    shapes.Catalogue,
    (Parameter("area", "Only the KPIs of this area.", "response", TEXT), WINDOW),
    (400, 503),
    tagged=True,
)
KPI = Route(
    "/api/v1/kpis/{name}",
    "getKpi",
    "Everything behind one KPI: all its numbers, what was left out, who waits, what it was before.",
    shapes.KpiDetail,
    (
        Parameter("name", "Name of the KPI.", "leads_waiting", TEXT, "path"),
        WINDOW,
        Parameter("limit", "Rows of each list of open clocks.", "10", ROWS),
    ),
    (400, 404, 503),
    tagged=True,
)
CLOCKS = Route(
    "/api/v1/clocks",
    "listClocks",
    "Who waits, since when, due when: one page of the list behind the counts.",
    shapes.ClockPage,
    FILTERS,
    (400, 503),
    tagged=True,
)
CLOCKS_CSV = Route(
    "/api/v1/clocks.csv",
    "exportClocks",
    "The same list for a spreadsheet, always whole: limit and offset are taken and change nothing.",
    "text/csv",
    FILTERS,
    (400, 503),
)
WALL = Route(
    "/api/v1/wall",
    "streamWall",
    "Server-sent events for a wall: an event `figures` whenever there are new ones. What is in it follows the page "
    "and may change; programs ask the other routes.",
    "text/event-stream",
    (
        Parameter("page", "Page of the wall.", "response", {"type": "string", "enum": [*BY_NAME]}),
        WINDOW,
        *NARROWED,
        Parameter("rotate", "Concerns the browser alone.", "30", TEXT),
        Parameter("theme", "Concerns the browser alone.", "dark", TEXT),
    ),
    (400,),
)
OPENAPI = Route("/api/v1/openapi.json", "getDocument", "This document.", "application/json")
METRICS = Route("/metrics", "getMetrics", "Every number as a gauge, for Prometheus.", "text/plain")
HEALTH = Route(
    "/healthz",
    "getHealth",
    "Whether the process works; a supervisor restarts it otherwise.",
    shapes.Health,
    refusals=(503,),
    open=True,
)
READY = Route(
    "/readyz",
    "getReadiness",
    "Whether the state was read to its end once, and how far it is; 503 with the same fields until then.",
    shapes.Readiness,
    refusals=(503,),
    open=True,
)
ROUTES = (KPIS, KPI, CLOCKS, CLOCKS_CSV, WALL, OPENAPI, METRICS, HEALTH, READY)
"""The whole API."""
PAGES = ("/", "/wall", "/clocks", "/kpis/{name}", "/runbooks", "/runbooks/{alert}", "/login")
"""Pages for people: no part of the API, and free to change."""
