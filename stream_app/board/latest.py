"""The newest snapshot, computed at most once a second and shared by everyone who asks at once."""

import asyncio
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

from stream_app.board.progress import Progress
from stream_app.board.snapshot import Snapshot

T = TypeVar("T")


class View:
    """One snapshot and what was derived from it, each derivation made once and off the event loop."""

    def __init__(self, snapshot: Snapshot, pool: Executor) -> None:
        self.snapshot = snapshot
        self._pool = pool
        self._derived: dict[Hashable, asyncio.Future[Any]] = {}

    async def derive(self, key: Hashable, make: Callable[[Snapshot], T]) -> T:
        """Return `make(snapshot)`; whoever asks for the same *key* gets the same result."""
        future = self._derived.get(key)
        if future is None:
            loop = asyncio.get_running_loop()
            future = self._derived[key] = loop.run_in_executor(self._pool, make, self.snapshot)
        result: T = await asyncio.shield(future)
        return result


class Latest:
    """Single flight over `LiveModel.take`, off the event loop.

    Fifty parallel scrapes cost one computation, one rendering and one compression: whoever comes first
    starts it, the others wait for the same result. One thread does all of it, in order.

    Args:
        take: Computes a snapshot; runs in the snapshot thread.
        progress: Tells the reader's progress now, so that a change of readiness is not hidden by age.
        max_age: Seconds for which a snapshot is served again; 0 takes a new one each time.
    """

    def __init__(self, take: Callable[[], Snapshot], progress: Callable[[], Progress], max_age: float = 1.0) -> None:
        self._take = take
        self._progress = progress
        self._max_age = max_age
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="snapshot")
        self._making: asyncio.Task[View] | None = None

    async def view(self) -> View:
        """Return the view of a snapshot that is at most `max_age` old."""
        if self._making is None or self._stale(self._making):
            self._making = asyncio.create_task(self._make())
        # A client that hangs up must not cancel what the others wait for.
        return await asyncio.shield(self._making)

    def close(self) -> None:
        """Let the running computation end and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _make(self) -> View:
        loop = asyncio.get_running_loop()
        return View(await loop.run_in_executor(self._pool, self._take), self._pool)

    def _stale(self, making: asyncio.Task[View]) -> bool:
        if not making.done():
            return False
        if making.cancelled() or making.exception() is not None:
            return True
        snapshot = making.result().snapshot
        if snapshot.ready != self._progress().ready:
            return True
        # Where computing is slow it takes a third of a core at most: the reader needs the model too.
        keep = max(self._max_age, 2 * snapshot.seconds) if self._max_age else 0.0
        return time.monotonic() - snapshot.made_at >= keep
