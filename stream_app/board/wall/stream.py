"""The live stream of a wall page: server-sent events, one message whenever there are new figures."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from stream_app.board.clocks import LABELS
from stream_app.board.failures import encode
from stream_app.board.headline import SECONDS
from stream_app.board.history import History
from stream_app.board.latest import Latest, View
from stream_app.board.params import choice, only
from stream_app.board.snapshot import Snapshot
from stream_app.board.wall.figures import Choice, figures
from stream_app.board.wall.pages import BY_NAME

EVERY_SECONDS = 1.0
QUIET_SECONDS = 10.0
"""A stream without new figures says that it lives: proxies cut what is silent."""
RETRY_MS = 2_000
"""How long a browser waits before it connects again."""

# What of a wall's address concerns the browser alone.
_DISPLAY = ("rotate", "theme")


class Walls:
    """The streams of all walls.

    Args:
        latest: The shared snapshot.
        history: What the figures were; noted here, so that walls and KPI pages share it.
    """

    def __init__(self, latest: Latest, history: History) -> None:
        self._latest = latest
        self._history = history
        self._closing = asyncio.Event()
        self._noting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to note what the figures are, whether or not anybody looks."""
        self._noting = asyncio.create_task(self._note())

    async def stop(self) -> None:
        """End all streams, so that the browsers connect to whoever comes next."""
        self._closing.set()
        if self._noting is not None:
            self._noting.cancel()

    def followed(self, window: str | None) -> History:
        """Return what the figures were; those of *window* are noted from now on."""
        self._history.follow(window, None)
        return self._history

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer the events of one page, until the browser leaves or the board stops."""
        wanted = _choice(request, (await self._latest.view()).snapshot)
        self._history.follow(wanted.window, None)
        for cut in wanted.labels:
            self._history.follow(wanted.window, cut)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        await response.write(f"retry: {RETRY_MS}\n\n".encode())
        shown: View | None = None
        said_at = time.monotonic()
        while not self._closing.is_set():
            view = await self._latest.view()
            now = time.monotonic()
            if view is not shown:
                shown, said_at = view, now
                body = await view.derive(("wall", wanted), lambda snapshot: self._message(snapshot, wanted))
                await response.write(body)
            elif now - said_at > QUIET_SECONDS:
                said_at = now
                await response.write(b": still here\n\n")
            await self._pause(EVERY_SECONDS)
        return response

    def _message(self, snapshot: Snapshot, wanted: Choice) -> bytes:
        return b"event: figures\ndata: " + encode(figures(snapshot, self._history, wanted)).strip() + b"\n\n"

    async def _note(self) -> None:
        while not self._closing.is_set():
            view = await self._latest.view()
            await view.derive("history", self._history.note)
            await self._pause(5 * EVERY_SECONDS)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return


def _choice(request: web.Request, snapshot: Snapshot) -> Choice:
    only(request, ("page", "window", *LABELS, *_DISPLAY))
    page = choice(request, "page", BY_NAME) or next(iter(BY_NAME))
    known = snapshot.windows or tuple(SECONDS)
    window = choice(request, "window", known) if snapshot.ready else request.query.get("window")
    labels = tuple((label, request.query[label]) for label in LABELS if request.query.get(label))
    return Choice(BY_NAME[page], window, labels)
