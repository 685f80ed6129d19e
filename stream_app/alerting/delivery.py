"""The way to one Alertmanager: what is not delivered waits here, in order, and is tried until it is."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from itertools import islice
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
        self._news: dict[Key, Message] = {}
        self._again: dict[Key, Message] = {}
        self._some = asyncio.Event()
        self._since: int | None = None
        self._trouble = ""
        meters.add(self.name)

    def put(self, news: Sequence[Message], again: Sequence[Message] = ()) -> None:
        """Take *news*, of which of one alert the latest alone is delivered, and what is said *again*, after them."""
        for message in again:
            if message.alert.key not in self._news:
                self._again[message.alert.key] = message
        for message in news:
            self._again.pop(message.alert.key, None)
            self._news[message.alert.key] = message
        if news or again:
            self._some.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        pause = FIRST_PAUSE
        while True:
            self._some.clear()
            if not self._news and not self._again:
                await self._some.wait()
            news, again = _first(self._news, MOST), _first(self._again, MOST)
            past = self._now() - REMEMBER_MS
            # An end that could not be delivered for long has come about by itself.
            messages = [one for one in (*news.values(), *again.values()) if one.ended is None or one.ended > past]
            if not messages or await self._deliver(messages):
                pause = FIRST_PAUSE
                continue
            # What has come since is newer; what was said again will be once more.
            self._news = news | self._news
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

    async def _deliver(self, messages: Sequence[Message]) -> bool:
        """Tell the Alertmanager; return whether it is done with, one way or another."""
        now = self._now()
        trouble, refused = await self._post([message.wire(now) for message in messages])
        taken = self._now()
        if trouble:
            self._meters.failed[self.name] += len(messages)
            if trouble != self._trouble:
                log.warning("an alertmanager does not take alerts", alertmanager=self.name, trouble=trouble)
            self._trouble, self._since = trouble, self._since or now
            self._meters.waiting[self.name] = (taken - self._since) / 1000
            return refused
        if self._trouble:
            log.info("the alertmanager takes alerts again", alertmanager=self.name)
            self._trouble, self._since = "", None
            self._meters.waiting[self.name] = 0.0
        self._meters.sent[self.name] += len(messages)
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


def _first(waiting: dict[Key, Message], most: int) -> dict[Key, Message]:
    """Take the oldest out of *waiting*."""
    return {key: waiting.pop(key) for key in [*islice(waiting, most)]}
