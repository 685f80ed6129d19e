"""The way to one Alertmanager: what is not delivered waits here, in order, and is tried until it is."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

import aiohttp
import structlog
from yarl import URL

from stream_app.alerting.alert import Key, Message
from stream_app.alerting.book import REMEMBER_MS
from stream_app.alerting.meters import Meters

log = structlog.get_logger(__name__)

MOST: Final = 500
"""Alerts in one request."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0
"""Seconds between tries: doubled each time."""
TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=3)


class Delivery:
    """Deliver to one Alertmanager.

    Args:
        url: Its address, with the prefix of its path if it has one.
        session: For the requests.
        headers: To be sent along, such as those that say who we are.
        meters: Counts.
        now: The time in ms.
    """

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        headers: Mapping[str, str],
        meters: Meters,
        now: Callable[[], int],
    ) -> None:
        self._url = URL(f"{url.rstrip('/')}/api/v2/alerts")
        self.name = f"{self._url.host}:{self._url.port}"
        self._session = session
        self._headers = dict(headers)
        self._meters = meters
        self._now = now
        self._waiting: dict[Key, Message] = {}
        self._since: int | None = None
        self._news = asyncio.Event()
        self._trouble = ""
        meters.add(self.name)

    def put(self, messages: Sequence[Message]) -> None:
        """Take what is to be delivered; of one alert the latest message alone is."""
        for message in messages:
            key = message.alert.key
            before = self._waiting.get(key)
            if before is None or message.since is not None or message.ended is not None or before.ended is not None:
                self._waiting[key] = message
        if self._waiting:
            self._news.set()
            if self._since is None:
                self._since = self._now()

    async def run(self) -> None:
        """Deliver until cancelled."""
        pause = FIRST_PAUSE
        while True:
            if not self._waiting:
                self._since = None
                self._meters.waiting[self.name] = 0.0
                self._news.clear()
                await self._news.wait()
            if await self._deliver(self._next()):
                pause = FIRST_PAUSE
                continue
            self._meters.waiting[self.name] = (self._now() - (self._since or self._now())) / 1000
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

    def _next(self) -> list[Message]:
        """Take the oldest messages; an end that was not delivered for long has come about by itself."""
        past = self._now() - REMEMBER_MS
        keys = [*self._waiting][:MOST]
        found = [self._waiting.pop(key) for key in keys]
        return [message for message in found if message.ended is None or message.ended > past]

    async def _deliver(self, messages: Sequence[Message]) -> bool:
        """Tell the Alertmanager; what it does not take waits again, unless there is newer by then."""
        if not messages:
            return True
        now = self._now()
        trouble, refused = await self._post([message.wire(now) for message in messages])
        if trouble:
            self._meters.failed[self.name] += len(messages)
            if trouble != self._trouble:
                log.warning("an alertmanager does not take alerts", alertmanager=self.name, trouble=trouble)
                self._trouble = trouble
            if not refused:
                newer, self._waiting = self._waiting, {message.alert.key: message for message in messages}
                self.put([*newer.values()])
            return refused
        if self._trouble:
            log.info("the alertmanager takes alerts again", alertmanager=self.name)
            self._trouble = ""
        self._meters.sent[self.name] += len(messages)
        taken = self._now()
        for message in messages:
            if message.since is not None and message.ended is None:
                self._meters.delayed(max(0, taken - message.since) / 1000)
        return True

    async def _post(self, alerts: list[dict[str, object]]) -> tuple[str, bool]:
        """Return what went wrong, "" for nothing, and whether it would go wrong again."""
        try:
            async with self._session.post(
                self._url, json=alerts, headers=self._headers, timeout=TIMEOUT, allow_redirects=False
            ) as answer:
                if answer.status == HTTPStatus.OK:
                    return "", False
                # It has taken those of a request that it could read; the others would be refused again.
                return f"{answer.status} {(await answer.text())[:300]}", answer.status == HTTPStatus.BAD_REQUEST
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return f"{type(error).__name__}: {error}".strip(": "), False
