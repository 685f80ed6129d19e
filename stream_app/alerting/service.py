"""Alerting as part of a board: a turn whenever something may have changed, and a delivery per Alertmanager."""

import asyncio
import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
import structlog

from stream_app.alerting.delivery import Delivery
from stream_app.alerting.meters import Meters
from stream_app.alerting.turns import Turns

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alertmanagers:
    """Who is told.

    Attributes:
        urls: Their addresses; each is told everything, as they tell each other what was sent to people.
        user: User name for basic authentication.
        password: Password for basic authentication.
        token: Bearer token; instead of a password.
    """

    urls: tuple[str, ...] = ()
    user: str = ""
    password: str = ""
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that say who we are."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        if self.user:
            pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        return {}


class Alerting:
    """Tell Alertmanagers what *turns* says; an async context manager that runs for as long as it is entered.

    Args:
        turns: What to tell, and when.
        alertmanagers: Whom.
        ready: Whether all that the workers wrote is read.
        now: The time in ms.
        meters: Counts.
    """

    def __init__(
        self,
        turns: Turns,
        alertmanagers: Alertmanagers,
        ready: Callable[[], bool],
        now: Callable[[], int],
        meters: Meters,
    ) -> None:
        self._turns = turns
        self._alertmanagers = alertmanagers
        self._ready = ready
        self._now = now
        self._meters = meters
        self._session: aiohttp.ClientSession | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin to tell."""
        self._session = session = aiohttp.ClientSession()
        headers = self._alertmanagers.headers
        ways = [Delivery(url, session, headers, self._meters, self._now) for url in self._alertmanagers.urls]
        self._tasks = [asyncio.create_task(way.run(), name=f"alerts to {way.name}") for way in ways]
        self._tasks.append(asyncio.create_task(self._run(ways), name="alerts"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell no more; what holds is left to the board that comes next, or ends by itself in a few minutes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _run(self, ways: Sequence[Delivery]) -> None:
        while True:
            try:
                # Asked first: what was written before it was said to be all is in the feed by now.
                ready = self._ready()
                now = self._now()
                news = self._turns.turn(now, ready=ready)
                again = self._turns.repetition(now)
                for way in ways:
                    way.put(news, again)
                self._meters.firing = self._turns.book.firing()
                await asyncio.sleep(self._turns.rest(self._now()) / 1000)
            except Exception:
                # Whatever it was, those who wait must not be forgotten over it.
                log.exception("a turn of the alerts failed")
                await asyncio.sleep(1.0)
