"""Following what is in force: a worker of another state version or other policies stops in order and starts anew."""

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
from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream_app.document import Document
    from stream_app.settings import Settings

logger = logging.getLogger(__name__)

_SECONDS = 3.0


class Follower:
    """Looks at the control topic every few seconds, from the event loop of a worker."""

    def __init__(self, settings: Settings, acceptable: Callable[[Document], object] | None = None) -> None:
        """Follow for the worker of *settings*; *acceptable* raises UserError for policies that it cannot go by."""
        self._settings = settings
        self._acceptable = acceptable
        self._refused: Document | None = None
        self._task: asyncio.Task[None] | None = None
        self.called = False
        """True when something else came into force and this process was asked to stop for it."""

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
                    reason = await asyncio.to_thread(self._other, control)
                    if reason:
                        logger.warning("%s; this worker starts anew", reason)
                        self.called = True
                        os.kill(os.getpid(), signal.SIGTERM)
                        return
        finally:
            control.close()

    def _other(self, control: Control) -> str:
        """Say what else is in force than this worker goes by, "" for nothing; blocking."""
        version = control.version()
        if version > self._settings.state_version:
            return f"state version {version} is in force"
        policies = control.published()
        if policies == self._settings.published:
            return ""
        if policies is None:
            return "the published policies were withdrawn"
        if policies == self._refused:
            return ""
        if self._acceptable is not None:
            try:
                self._acceptable(policies)
            except UserError as error:
                # A program that is older than who published them; going on is better than never starting again.
                self._refused = policies
                logger.warning("%s. This worker goes on with the former ones: update it.", error.message)
                return ""
        return f"{policies.source} are in force"


def start_anew() -> None:
    """Take the place of this process with the same command, which finds what is in force."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the very command that runs
