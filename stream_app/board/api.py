"""The routes: metrics, health, catalogue, one KPI, the waiting list, the pages for people."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from aiohttp import ETag, web
from prometheus_client.registry import Collector

from stream_app import __version__
from stream_app.board import describe, routes, runbooks
from stream_app.board.clock_csv import clock_csv
from stream_app.board.etag import etag
from stream_app.board.failures import ApiError, as_json, encode, near
from stream_app.board.latest import Latest, View
from stream_app.board.live import LiveModel
from stream_app.board.metrics import Page, content_type
from stream_app.board.openapi import document
from stream_app.board.page import CLOCKS, KPI, LANDING, WALL
from stream_app.board.params import choice, clock_query, number, only
from stream_app.board.reader import Reader
from stream_app.board.snapshot import Snapshot
from stream_app.board.succession import Succession
from stream_app.board.wall.stream import Walls


class Api:
    """The handlers and what they answer from.

    Args:
        live: The model.
        latest: Its shared snapshot.
        reader: The thread that feeds it; None in tests that feed it themselves.
        walls: The streams of the walls; None where nobody hangs one up.
        more: What else of this process is among the gauges.
    """

    def __init__(
        self,
        live: LiveModel,
        latest: Latest,
        reader: Reader | Succession | None = None,
        walls: Walls | None = None,
        more: Sequence[Collector] = (),
    ) -> None:
        self._live = live
        self._latest = latest
        self._reader = reader
        self._walls = walls
        self._page = Page(*more)

    def routes(self) -> list[web.RouteDef]:
        """Return the table of routes; all are read only."""
        walls = [] if self._walls is None else [web.get(routes.WALL.path, self._walls.stream)]
        return [
            *walls,
            web.get("/", self.landing),
            web.get("/wall", self.wall),
            web.get("/clocks", self.clock_list),
            web.get("/kpis/{name}", self.kpi_page),
            *runbooks.routes(),
            web.get(routes.METRICS.path, self.metrics),
            web.get(routes.HEALTH.path, self.healthz),
            web.get(routes.READY.path, self.readyz),
            web.get(routes.KPIS.path, self.kpis),
            web.get(routes.KPI.path, self.kpi),
            web.get(routes.CLOCKS.path, self.clocks),
            web.get(routes.CLOCKS_CSV.path, self.clocks_csv),
            web.get(routes.OPENAPI.path, self.openapi),
        ]

    async def landing(self, _request: web.Request) -> web.Response:
        """Answer the page that shows everything at once."""
        return LANDING.answer()

    async def wall(self, _request: web.Request) -> web.Response:
        """Answer the page that hangs on a wall."""
        return WALL.answer()

    async def clock_list(self, _request: web.Request) -> web.Response:
        """Answer the page with the list behind the counts."""
        return CLOCKS.answer()

    async def kpi_page(self, _request: web.Request) -> web.Response:
        """Answer the page with everything behind one KPI; the page itself says so if there is no such KPI."""
        return KPI.answer()

    async def metrics(self, request: web.Request) -> web.Response:
        """Answer the page for Prometheus; parallel scrapes share one rendering."""
        accept = ",".join(request.headers.getall("Accept", []))
        compressed = "gzip" in request.headers.get("Accept-Encoding", "").lower()
        kind = content_type(accept)
        view = await self._latest.view()
        body = await view.derive(
            ("metrics", kind, compressed), lambda snapshot: self._page.render(snapshot, accept, compressed=compressed)
        )
        headers = {"Content-Type": kind, "Vary": "Accept, Accept-Encoding"}
        if compressed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)

    async def healthz(self, _request: web.Request) -> web.Response:
        """Tell whether the process works; a dead reader never recovers, so a supervisor should restart it."""
        if self._reader is not None and not self._reader.is_alive():
            raise ApiError(
                503, "reader_dead", "the thread that reads Kafka has ended", "restart the board; its log says why"
            )
        return as_json({"status": "ok", "version": __version__})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Answer 200 when every partition was read to its end once, else 503 with the reasons."""
        now = self._live.progress
        return as_json(describe.progress(now), 200 if now.ready else 503)

    async def kpis(self, request: web.Request) -> web.Response:
        """Answer the catalogue with the value that stands for each KPI."""
        only(request, routes.KPIS.names)
        view = await self._figures()
        area = choice(request, "area", list(dict.fromkeys(c.kpi.area for c in view.snapshot.collected.values())))
        window = choice(request, "window", view.snapshot.windows)
        return await self._answer(
            request, view, ("kpis", area, window), lambda now: describe.catalogue(now, area, window)
        )

    async def kpi(self, request: web.Request) -> web.Response:
        """Answer everything behind one KPI."""
        only(request, routes.KPI.names)
        view = await self._figures()
        name = request.match_info["name"]
        one = view.snapshot.collected.get(name)
        if one is None:
            raise ApiError(
                404,
                "unknown_kpi",
                f"there is no KPI {name[:100]!r}",
                "the list of all is at /api/v1/kpis",
                suggestions=near(name, view.snapshot.collected),
            )
        window = choice(request, "window", view.snapshot.windows)
        limit = number(request, "limit", routes.LIMIT, routes.MAX_LIMIT)
        if one.error:
            raise ApiError(
                500,
                "kpi_failed",
                f"{name} could not be computed: {one.error}",
                "the other KPIs are not touched by this; the board's log has it too",
                kpi=describe.declaration(one.kpi),
            )
        history = None if self._walls is None else self._walls.followed(window)
        return await self._answer(
            request, view, ("kpi", name, window, limit), lambda now: describe.detail(now, one, window, limit, history)
        )

    async def clocks(self, request: web.Request) -> web.Response:
        """Answer who is waiting, since when, due when."""
        view = await self._figures()
        query = clock_query(request, routes.CLOCKS, view.snapshot.clocks)
        return await self._answer(request, view, query, lambda now: describe.clock_page(now, query))

    async def clocks_csv(self, request: web.Request) -> web.Response:
        """Answer the same list whole, for a spreadsheet."""
        view = await self._figures()
        query = clock_query(request, routes.CLOCKS_CSV, view.snapshot.clocks)
        body = await view.derive(("csv", query), lambda now: clock_csv(now, query))
        headers = {"Content-Disposition": 'attachment; filename="clocks.csv"'}
        return web.Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)

    async def openapi(self, _request: web.Request) -> web.Response:
        """Answer the description of this API."""
        return as_json(document())

    async def _figures(self) -> View:
        """Return a view of figures that may be spoken of.

        Raises:
            ApiError: 503 while the state is still being read.
        """
        view = await self._latest.view()
        if not view.snapshot.ready:
            progress = view.snapshot.progress
            raise ApiError(
                503,
                "not_ready",
                "the board is still reading the state; partial figures would be wrong ones",
                "see /readyz for how far it is",
                reasons=list(progress.reasons),
                read_ratio=progress.read_ratio,
            )
        return view

    async def _answer(
        self, request: web.Request, view: View, key: Hashable, make: Callable[[Snapshot], Mapping[str, Any]]
    ) -> web.Response:
        """Answer what *make* says of the view, encoded off the event loop and indented for a browser."""
        indent = 2 if "text/html" in request.headers.get("Accept", "") else 0

        def tagged(snapshot: Snapshot) -> tuple[str, bytes]:
            answer = make(snapshot)
            return etag(answer), encode(answer, indent)

        tag, body = await view.derive((key, indent), tagged)
        held = any(one.value in {tag, "*"} for one in request.if_none_match or ())
        response = web.Response(status=304) if held else as_json(body)
        response.etag = ETag(tag, is_weak=True)
        return response
