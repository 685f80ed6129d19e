"""Python's collector of reference cycles: by the clock, and no longer by how many objects there are.

A batch leaves state, which stays, and nothing that refers to itself: walking it again and again took 5 to 6 % of an
event and never found anything. What does make cycles is rare: a shard that was given up, a request that failed.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from contextlib import suppress

logger = logging.getLogger(__name__)

_SECONDS = 300.0
"""Between two looks. One takes 0.1 s for each 100,000 objects of state, and nothing else happens meanwhile."""


class Collector:
    """Looks for cycles every few minutes, and after each rebalance, from the event loop of a worker."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Switch Python's own rule off, and begin; what is there by now is the program, which stays."""
        gc.disable()
        gc.freeze()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="collector")

    def soon(self) -> None:
        """Look once what now waits on the event loop is done."""
        self._wanted.set()

    def stop(self) -> None:
        """Leave it to Python again."""
        if self._task is not None:
            self._task.cancel()
        gc.unfreeze()
        gc.enable()

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._wanted.wait()
            self._wanted.clear()
            started = time.perf_counter()
            found = gc.collect()
            logger.debug("%d objects in cycles, found in %.2f s", found, time.perf_counter() - started)
