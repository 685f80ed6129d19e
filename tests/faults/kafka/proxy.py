"""A TCP proxy before one door of the broker, which can do to connections what networks do.

It runs in a thread of its own; its faults are attributes that a test sets and `heal` takes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.brokers import Door

PRODUCE = 0
"""API key of a Produce request; it stands behind the length of every Kafka request."""
_CHUNK = 65_536
_LOOK_SECONDS = 0.02
_RESET = struct.pack("ii", 1, 0)  # linger for no time: close with RST instead of FIN


class _Connection:
    """One client with its connection to the broker; what is ``lost`` is swallowed and never closed."""

    def __init__(self, client: asyncio.StreamWriter, broker: asyncio.StreamWriter) -> None:
        self.writers = (client, broker)
        self.lost = False

    def reset(self) -> None:
        for writer in self.writers:
            raw = writer.get_extra_info("socket")
            if raw is not None and not writer.transport.is_closing():
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


class Proxy:
    """Forwards connections to a door's inner port, with the faults that are set."""

    def __init__(self, door: Door) -> None:
        self.port = door.outer
        self.address = f"127.0.0.1:{door.outer}"
        self.delay = 0.0
        """Seconds that every request is held back."""
        self.produce_delay = 0.0
        """Seconds that every Produce request is held back; other requests of that connection wait behind it."""
        self.bytes_per_second = 0
        """Bandwidth of each connection and direction; 0 is unlimited."""
        self.silent = False
        """Nothing is forwarded, and nothing is closed: a cable that was pulled. What was sent arrives later."""
        self._inner = door.inner
        self._connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy {door.outer}", daemon=True)
        self._thread.start()
        self.accept()

    def _run(self, work: Callable[[], object]) -> None:
        """Call *work* on the proxy's loop and wait for it."""

        async def call() -> None:
            result = work()
            if asyncio.iscoroutine(result):
                await result

        asyncio.run_coroutine_threadsafe(call(), self._loop).result(10)

    def accept(self) -> None:
        """Listen, after `refuse`."""

        async def listen() -> None:
            if self._server is None:
                self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

        self._run(listen)

    def refuse(self) -> None:
        """Reset all connections and refuse new ones."""

        def close() -> None:
            if self._server is not None:
                self._server.close()
                self._server = None

        self._run(close)
        self.reset()

    def reset(self) -> None:
        """Reset all connections (RST); new ones are accepted."""

        def all_of_them() -> None:
            for connection in list(self._connections):
                connection.reset()

        self._run(all_of_them)

    def lose(self) -> None:
        """Make all connections half-open: what is sent on them vanishes and no FIN tells; new ones work."""

        def all_of_them() -> None:
            for connection in self._connections:
                connection.lost = True

        self._run(all_of_them)

    def heal(self) -> None:
        """Take every fault back; connections that were lost stay lost, as after a reboot of a router."""
        self.delay = self.produce_delay = 0.0
        self.bytes_per_second, self.silent = 0, False
        self.accept()

    def close(self) -> None:
        """Stop; whatever is connected is cut off."""
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        await self._hold()
        try:
            answers, broker = await asyncio.open_connection("127.0.0.1", self._inner)
        except OSError:
            client.transport.abort()
            return
        connection = _Connection(client, broker)
        self._connections.add(connection)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._requests(connection, reader, broker))
                both.create_task(self._answers(connection, answers, client))
        except* (OSError, EOFError):
            pass
        finally:
            self._connections.discard(connection)
            connection.reset()

    async def _requests(self, connection: _Connection, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        """Forward whole requests, because each begins with what it is."""
        while True:
            length = await source.readexactly(4)
            request = await source.readexactly(int.from_bytes(length, "big"))
            produce = int.from_bytes(request[:2], "big") == PRODUCE
            await self._wait(self._produce_wait if produce else self._request_wait)
            await self._forward(connection, length + request, to)

    async def _answers(self, connection: _Connection, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while data := await source.read(_CHUNK):
            await self._forward(connection, data, to)
        raise EOFError

    async def _forward(self, connection: _Connection, data: bytes, to: asyncio.StreamWriter) -> None:
        await self._hold()
        if connection.lost:
            return
        await self._wait(lambda: len(data) / self.bytes_per_second if self.bytes_per_second else 0.0)
        to.write(data)
        await to.drain()

    def _request_wait(self) -> float:
        return self.delay

    def _produce_wait(self) -> float:
        return max(self.delay, self.produce_delay)

    async def _hold(self) -> None:
        while self.silent:  # noqa: ASYNC110 - a test sets it from its own thread
            await asyncio.sleep(_LOOK_SECONDS)

    async def _wait(self, seconds: Callable[[], float]) -> None:
        """Wait for so long, or until a test has taken the fault back."""
        started = self._loop.time()
        while self._loop.time() - started < seconds():  # noqa: ASYNC110 - as above
            await asyncio.sleep(_LOOK_SECONDS)
