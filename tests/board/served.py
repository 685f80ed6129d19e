"""A board on a real port of loopback, in a thread: it can go away and come back at the same address."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from aiohttp import web

from stream_app.engine.embedded import free_port


class Served:
    """Serves one board at a time.

    Args:
        make: Builds the application and says how to close what it holds; called at every start.
    """

    def __init__(self, make: Callable[[], tuple[web.Application, Callable[[], None]]]) -> None:
        self._make = make
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runner: web.AppRunner | None = None
        self._close: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Listen, with a new application."""
        loop = self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=loop.run_forever, daemon=True)
        self._thread.start()
        self._wait(self._serve())

    async def _serve(self) -> None:
        app, self._close = self._make()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    def stop(self) -> None:
        """Cut every connection and listen no more; nothing happens if it does not run."""
        loop, thread, runner = self._loop, self._thread, self._runner
        if loop is None or thread is None or runner is None:
            return
        self._wait(self._end(runner))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
        self._close()
        self._loop = self._thread = self._runner = None

    async def _end(self, runner: web.AppRunner) -> None:
        await runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _wait(self, work: Any) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)
