"""Following the state version in force: a worker of an older one stops in order and starts anew in the new one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException

from stream_app.engine.control import Control

if TYPE_CHECKING:
    from stream_app.settings import Settings

logger = logging.getLogger(__name__)

_SECONDS = 3.0


class Follower:
    """Looks at the control topic every few seconds, from the event loop of a worker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._task: asyncio.Task[None] | None = None
        self.called = False
        """True when another version came into force and this process was asked to stop for it."""

    def start(self) -> None:
        """Begin looking."""
        self._task = asyncio.get_running_loop().create_task(self._follow(), name="follower")

    def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()

    async def _follow(self) -> None:
        control = await asyncio.to_thread(Control, self._settings)
        try:
            while True:
                await asyncio.sleep(_SECONDS)
                with contextlib.suppress(KafkaException):  # a broker that is away is noticed elsewhere
                    version = await asyncio.to_thread(control.version)
                    if version > self._settings.state_version:
                        logger.warning("state version %d is in force; this worker goes there", version)
                        self.called = True
                        os.kill(os.getpid(), signal.SIGTERM)
                        return
        finally:
            control.close()


def start_anew() -> None:
    """Take the place of this process with the same command, which finds the version in force."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the very command that runs
