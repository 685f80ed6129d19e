"""The processes of the demo: started in sessions of their own, watched, and all gone at the end."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stream_app.errors import UserError
from stream_app.settings import PREFIX

STOP_SECONDS = 10.0
"""Time that a process gets to end on its own."""

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Actor:
    """One running process: its name, the process, and the file with its output."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Stage:
    """Starts `crm-pulse` commands as child processes and ends them again.

    On Linux the kernel ends them too when this process dies in any way, kill -9 included.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        """Keep the logs in *folder*; give every process *settings* (names without prefix) and no other ones."""
        self.folder = folder
        self._actors: list[Actor] = []
        inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
        self._environment = inherited | {PREFIX + name.upper(): value for name, value in settings.items()}

    def run(self, name: str, *words: str) -> None:
        """Run ``crm-pulse`` *words* to its end.

        Raises:
            UserError: It failed; the hint is the end of its output.
        """
        actor = self._start(name, words)
        if actor.process.wait() != 0:
            raise UserError(f"`crm-pulse {' '.join(words)}` failed", tail(actor.log))

    def start(self, name: str, *words: str) -> None:
        """Start ``crm-pulse`` *words* and leave it running."""
        self._actors.append(self._start(name, words))

    def check(self) -> None:
        """Do nothing while everybody runs.

        Raises:
            UserError: A process has ended; the hint is the end of its log.
        """
        for actor in self._actors:
            if (status := actor.process.poll()) is not None:
                raise UserError(f"the {actor.name} ended by itself (status {status})", tail(actor.log))

    def stop(self) -> None:
        """End all processes, the last one started first: ask, wait, and kill what is still there."""
        for actor in reversed(self._actors):
            if actor.process.poll() is None:
                actor.process.terminate()
            if actor is self._actors[-1]:  # the traffic ends before those who count it
                _wait(actor, time.monotonic() + STOP_SECONDS)
        deadline = time.monotonic() + STOP_SECONDS
        for actor in self._actors:
            _wait(actor, deadline)
        self._actors.clear()

    def _start(self, name: str, words: tuple[str, ...]) -> Actor:
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "stream_app", *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment,
                start_new_session=True,  # Ctrl-C in the terminal reaches the demo alone, which ends them in order
                preexec_fn=_die_with_parent,  # noqa: PLW1509  one system call, and no threads run here yet
            )
        return Actor(name, process, log)


def free_port(wanted: int) -> int:
    """Return *wanted* if nothing listens there on loopback, else a free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise UserError("there is no free port on this machine", "Close some programs.")


def tail(log: Path, lines: int = 15) -> str:
    """Return the last *lines* of *log*, and where the rest is."""
    try:
        end = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    except OSError:
        end = []
    return "\n".join([*end, f"More in {log}"])


def _wait(actor: Actor, deadline: float) -> None:
    try:
        actor.process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        actor.process.kill()
        actor.process.wait()


def _die_with_parent() -> None:
    """Let the kernel kill this process when its parent ends; runs in the child, before the command."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
