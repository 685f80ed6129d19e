"""The board's way to another state version: it is read beside the old one, and takes its place when it is whole."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from confluent_kafka import KafkaException

from stream_app.board.live import LiveModel
from stream_app.board.reader import RETRY_SECONDS, Reader
from stream_app.board.soundness import Judge

log = structlog.get_logger(__name__)

LOOK_SECONDS = 3.0
_READY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Source:
    """Where a state version is read: its topics, and what looks it over."""

    version: int
    topics: Sequence[str]
    judge: Judge | None = None


class Succession:
    """The reader in charge, and the one that is to follow it.

    Args:
        live: The model that is served; what replaces it is read into a model of its own.
        first: The version to begin with, where nobody is to be asked.
        read: Makes a reader of a version into a model.
        empty: Makes an empty model.
        in_force: Asks for the version in force, None to stay with the first; blocking.
    """

    def __init__(
        self,
        live: LiveModel,
        first: Source,
        read: Callable[[Source, LiveModel], Reader],
        empty: Callable[[], LiveModel],
        in_force: Callable[[], Source] | None = None,
    ) -> None:
        self._live = live
        self._first = first
        self._version = first.version
        self._read = read
        self._empty = empty
        self._in_force = in_force
        self._reader: Reader | None = None
        self._next: Reader | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read, and to look for another version; call it on the event loop."""
        if self._in_force is None:
            self._begin(self._first)
        else:
            self._task = asyncio.get_running_loop().create_task(self._follow(self._in_force), name="succession")

    def is_alive(self) -> bool:
        """Tell whether somebody reads, or waits to know what."""
        return self._reader is None or self._reader.is_alive()

    def stop(self) -> None:
        """End all reading."""
        if self._task is not None:
            self._task.cancel()
        for reader in (self._reader, self._next):
            if reader is not None:
                reader.stop()

    def _begin(self, source: Source) -> None:
        self._version = source.version
        self._reader = self._read(source, self._live)
        self._reader.start()

    async def _follow(self, in_force: Callable[[], Source]) -> None:
        while self._reader is None:
            try:
                self._begin(await asyncio.to_thread(in_force))
            except KafkaException as error:
                # Not even which version holds is known, and that of the setting may be an old one.
                trouble = f"the broker does not answer: {error.args[0].str()}"
                self._live.progress = replace(self._live.progress, trouble=trouble)
                await asyncio.sleep(RETRY_SECONDS)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(KafkaException):  # a broker that is away is told by the reader
                source = await asyncio.to_thread(in_force)
                if source.version != self._version:
                    await self._succeed(source, in_force)

    @staticmethod
    async def _newer(in_force: Callable[[], Source], source: Source) -> Source | None:
        """Return what is in force now if it is another version than *source*."""
        await asyncio.sleep(LOOK_SECONDS)
        with contextlib.suppress(KafkaException):
            found = await asyncio.to_thread(in_force)
            return found if found.version != source.version else None
        return None

    async def _succeed(self, source: Source, in_force: Callable[[], Source]) -> None:
        """Read the new version to its end, then let it take the place of the old one at once."""
        log.info("another state version is in force and being read", version=source.version)
        model = self._empty()
        self._next = reader = self._read(source, model)
        reader.start()
        while not model.progress.ready:
            await asyncio.sleep(_READY_SECONDS)
            if model.progress.damage:
                # Nobody feeds the old version any more, so what is served is told for what it is: not current.
                self._live.progress = replace(self._live.progress, damage=model.progress.damage)
                newer = await self._newer(in_force, source)
                if newer is not None:
                    await asyncio.to_thread(reader.stop)
                    self._next = None
                    return
        # The old reader ends first, so that two never write to the model that is served.
        if self._reader is not None:
            await asyncio.to_thread(self._reader.stop)
        reader.move_to(self._live)
        self._reader, self._next, self._version = reader, None, source.version
        log.info("the figures are of another state version now", version=source.version)
