"""The watchdog: a thread that ends a worker which has stopped getting anywhere.

Faust only logs that a stream is stuck. A process that holds partitions without folding them is
worse than none, because nobody else may take over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING

from stream_app.engine.failstop import fail_stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust.types.tuples import TP

    from stream_app.engine.app import EngineApp

logger = logging.getLogger(__name__)

_CHECK_SECONDS = 1.0
_UNHEARD_SECONDS = 10.0
"""A fetch is answered in a quarter of a second, records or not; a partition not heard of for so long is not fetched."""
_REBALANCE_SECONDS = 60.0
"""How long the broker waits for all members of a group to join (Faust's default)."""


class Watchdog:
    """Checks once a second, from outside the event loop, that the worker moves."""

    def __init__(
        self,
        app: EngineApp,
        *,
        end: Callable[[str], object] = lambda reason: fail_stop(reason, stacks=True),
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Watch ``app``; ``end`` is called with the reason when it does not move."""
        self._app = app
        self._end = end
        self._clock = clock
        self._wall_clock = wall_clock
        self._beat_at = clock()
        self._stopping_since: float | None = None
        self._behind: dict[TP, tuple[int | None, float]] = {}
        """Partitions with records waiting: their position, and since when it has not moved."""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._ticker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; call it on the event loop that is to be watched."""
        self._beat_at = self._clock()
        self._ticker = asyncio.get_running_loop().create_task(self._tick(), name="watchdog tick")
        self._thread.start()

    def stopping(self) -> None:
        """Note that the worker is shutting down, which must not take for ever either."""
        self._stopping_since = self._clock()

    def stop(self) -> None:
        """End watching."""
        self._done.set()
        if self._ticker is not None:
            self._ticker.cancel()

    async def _tick(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                self._beat_at = self._clock()
                await asyncio.sleep(_CHECK_SECONDS / 2)

    def _watch(self) -> None:
        while not self._done.wait(_CHECK_SECONDS):
            try:
                reason = self.problem()
            except Exception:
                # It looks at what another thread changes. Once is nothing; a watchdog that is gone is.
                logger.exception("the watchdog could not look; it goes on")
                continue
            if reason is not None:
                self._end(reason)
                return

    def problem(self) -> str | None:
        """Return why the worker must end, or None."""
        settings, now = self._app.settings, self._clock()
        if now - self._beat_at > settings.stall_timeout:
            return f"the event loop has been blocked for {now - self._beat_at:.0f} s"
        if self._stopping_since is not None:
            stopping = now - self._stopping_since
            return f"shutting down takes {stopping:.0f} s" if stopping > settings.stall_timeout else None
        recovery = self._app.tables.recovery
        if recovery.started_at is not None:
            recovering = now - recovery.started_at
            return (
                f"recovery has not finished in {recovering:.0f} s" if recovering > settings.recovery_timeout else None
            )
        if recovery.joining_since is not None:
            joining = now - recovery.joining_since
            patience = settings.stall_timeout + _REBALANCE_SECONDS
            return f"no partitions were assigned for {joining:.0f} s" if joining > self._patience(patience) else None
        return self._stalled(now)

    def _patience(self, seconds: float) -> float:
        """Wait longer while the broker is away: that is not cured by a restart."""
        settings = self._app.settings
        away = self._app.membership.silence > settings.session_timeout
        return max(seconds, settings.recovery_timeout) if away else seconds

    def _stalled(self, now: float) -> str | None:
        patience = self._patience(self._app.settings.stall_timeout)
        held: set[TP] = set()
        for tp, lane in self._app.lanes.items():
            held.add(tp)
            position = self._app.ledger.position(tp)
            if lane.working_since is None and not self._app.consumer.lag(tp) and self._heard(tp):
                self._behind.pop(tp, None)
                continue
            seen, since = self._behind.setdefault(tp, (position, now))
            if seen != position:
                self._behind[tp] = position, now
            elif now - since > patience:
                what = "with records waiting or unfetched"
                return f"{tp.topic}/{tp.partition} stands at {position} for {now - since:.0f} s {what}"
        for tp in self._behind.keys() - held:
            del self._behind[tp]
        return None

    def _heard(self, tp: TP) -> bool:
        """Say whether the partition is being fetched: without that its end, and so its lag, is not known."""
        heard_at = self._app.consumer.heard_at(tp)
        return heard_at is not None and self._wall_clock() - heard_at < _UNHEARD_SECONDS
