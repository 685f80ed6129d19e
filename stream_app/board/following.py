"""Following the published policies: a board that goes by others stops in order and starts anew."""

import os
import signal
import threading
from collections.abc import Callable
from typing import Self

import structlog
from confluent_kafka import KafkaException

from stream_app.document import Document
from stream_app.engine.control import Control
from stream_app.errors import UserError
from stream_app.settings import Settings

log = structlog.get_logger(__name__)

LOOK_SECONDS = 3.0
FIRST_SECONDS = 2.0
"""How long a board waits for the broker before it begins with the policies of its own file."""


class Following:
    """Looks at the control topic every few seconds, from a thread of its own; a context manager.

    Attributes:
        policies: What was published when the board began; None for nothing, or where no broker answered.
        called: True when others came into force and this process was asked to stop for them.
    """

    def __init__(self, settings: Settings, acceptable: Callable[[Document], object]) -> None:
        """Ask for the published policies; *acceptable* raises UserError for those that this board cannot go by."""
        self._settings = settings
        self._acceptable = acceptable
        self._refused: Document | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="policies", daemon=True)
        self.called = False
        self.policies: Document | None = None
        control = Control(settings, FIRST_SECONDS)
        try:
            self.policies = control.published()
        except KafkaException:
            log.warning("the broker does not answer; the board begins with the policies of its own file")
        finally:
            control.close()

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        control = Control(self._settings)
        try:
            while not self._over.wait(LOOK_SECONDS):
                try:
                    published = control.published()
                except KafkaException:  # a broker that is away is told by the reader
                    continue
                if self._others(published):
                    log.warning("other policies are in force; the board starts anew", policies=_name(published))
                    self.called = True
                    os.kill(os.getpid(), signal.SIGTERM)
                    return
        finally:
            control.close()

    def _others(self, published: Document | None) -> bool:
        """Tell whether the board has to start anew; it goes on where it could not go by what was published."""
        if published == self.policies:
            return False
        if published is None:
            return True
        if published == self._refused:
            return False
        try:
            self._acceptable(published)
        except UserError as error:
            self._refused = published
            log.warning("published policies are refused; update this board", problems=error.message)
            return False
        return True


def _name(published: Document | None) -> str:
    return published.source if published is not None else "those of the file"
