"""An event loop without sockets, threads or time of its own: somebody else says when, and whose turn it is."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections import deque
from collections.abc import Callable
from typing import Any


class VirtualLoop(asyncio.AbstractEventLoop):
    """The loop of one simulated process: runs one callback at a time, when told, on the world's clock."""

    def __init__(
        self,
        clock: Callable[[], float],
        blocking: Callable[..., asyncio.Future[Any]],
        unhandled: Callable[[dict[str, Any]], None],
    ) -> None:
        """Take the clock, what runs blocking functions in place of a thread, and who hears of lost exceptions."""
        self._clock = clock
        self._blocking = blocking
        self._unhandled = unhandled
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._number = 0
        self.closed = False

    def time(self):
        return self._clock()

    def call_soon(self, callback, *args, context=None):  # type: ignore[override]
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_later(self, delay, callback, *args, context=None):  # type: ignore[override]
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(self, when, callback, *args, context=None):  # type: ignore[override]
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._number += 1
        heapq.heappush(self._timers, (when, self._number, timer))
        return timer

    def _timer_handle_cancelled(self, handle):
        """Do nothing: cancelled timers are passed over when they are due."""

    def create_future(self):
        return asyncio.Future(loop=self)

    def create_task(self, coro, *, name=None, context=None):
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks.append(task)
        return task

    def run_in_executor(self, executor, func, *args):  # type: ignore[override]  # noqa: ARG002
        return self._blocking(func, *args)

    def call_exception_handler(self, context):
        if not self.closed:
            self._unhandled(context)

    def get_debug(self):
        return False

    def is_running(self):
        return not self.closed

    def is_closed(self):
        return self.closed

    def close(self):
        self.closed = True
        self._ready.clear()
        self._timers.clear()

    def forget(self):
        """Let go of what was still to run, in order and not when memory is cleared up."""
        for task in self._tasks:
            if not task.done():
                coroutine: Any = task.get_coro()
                with contextlib.suppress(BaseException):
                    coroutine.close()
        self._tasks.clear()

    def next_timer(self) -> float | None:
        """Return when the next timer is due; None when there is none."""
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def has_work(self, now: float) -> bool:
        """Move what is due to what is ready; say whether there is something to run."""
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            if not timer.cancelled():
                self._ready.append(timer)
        while self._ready and self._ready[0].cancelled():
            self._ready.popleft()
        return bool(self._ready)

    def run_one(self) -> None:
        """Run the next callback, up to its next await."""
        handle = self._ready.popleft()
        asyncio._set_running_loop(self)
        try:
            handle._run()
        finally:
            asyncio._set_running_loop(None)
