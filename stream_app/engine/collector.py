"""Python's collector of reference cycles, which is told what stays.

A batch leaves state, and nothing that refers to itself: to walk that in search of cycles took 5 to 6 % of an event and
never found anything. What does make cycles, hundreds a second while a broker is away, is made between batches.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

logger = logging.getLogger(__name__)

_SECONDS = 300.0
"""Between two looks at everything. One takes 0.1 s for each 100,000 objects, and nothing else happens meanwhile."""
_THRESHOLDS = (50_000, 20, 20)


class Collector:
    """Exempts what a batch leaves, and looks through that too every few minutes and after each rebalance."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._before = gc.get_threshold()

    def start(self) -> None:
        """Begin, on the event loop of the worker; what is there by now is the program, which stays."""
        gc.set_threshold(*_THRESHOLDS)
        gc.freeze()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="collector")

    @contextmanager
    def exempting(self) -> Iterator[None]:
        """Exempt what is made within: a batch that is folded."""
        if self._task is None:
            yield
            return
        gc.collect(0)  # what was made since the last batch
        yield
        gc.freeze()

    def soon(self) -> None:
        """Look through everything once what now waits on the event loop is done."""
        self._wanted.set()

    def stop(self) -> None:
        """Leave it to Python again."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        gc.unfreeze()
        gc.set_threshold(*self._before)

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._wanted.wait()
            self._wanted.clear()
            started = time.perf_counter()
            gc.unfreeze()
            found = gc.collect()
            gc.freeze()
            logger.debug("%d objects in cycles, found in %.2f s", found, time.perf_counter() - started)
