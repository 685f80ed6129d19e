"""The workers of a rebuild: processes of this program in the new state version, ended with it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stream_app.engine.embedded import die_with_parent, free_port
from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stream_app.settings import Settings

_STOP_SECONDS = 30.0


class Workers:
    """The processes and their logs."""

    def __init__(self, settings: Settings, count: int, folder: Path) -> None:
        """Start so many workers in the state version of the settings; each logs into *folder*."""
        self._logs = [folder / f"worker-{number}.log" for number in range(count)]
        self._processes = [self._start(settings.state_version, log) for log in self._logs]

    @staticmethod
    def _start(version: int, log: Path) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if name != "CRM_PULSE_INSTANCE_ID"}
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "stream_app", "worker", "--port", str(free_port())],
                env={**environment, "CRM_PULSE_STATE_VERSION": str(version)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - it makes one system call and takes no lock
            )

    def check(self) -> None:
        """Raise UserError when a worker has ended."""
        for process, log in zip(self._processes, self._logs, strict=True):
            if process.poll() is not None:
                tail = log.read_text(errors="replace")[-2000:]
                raise UserError(
                    f"A worker of the rebuild ended with status {process.returncode}:\n{tail}",
                    "The version in force is untouched. Correct the cause, then: crm-pulse rebuild",
                )

    def stop(self) -> None:
        """Stop all in order, by force after half a minute: their state is durable either way."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def folding(settings: Settings, count: int, folder: Path) -> Iterator[Workers]:
    """Run workers for the length of the block."""
    workers = Workers(settings, count, folder)
    try:
        yield workers
    finally:
        workers.stop()
