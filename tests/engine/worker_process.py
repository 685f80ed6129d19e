"""A worker as a real process: started, watched, killed and stopped by its pid, its log kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from stream_app.engine.embedded import die_with_parent, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60.0


class WorkerProcess:
    """One worker. ``module`` is run with -m; the settings go into its environment."""

    def __init__(
        self,
        log: Path,
        *,
        brokers: str,
        module: str = "tests.engine.counting_app",
        arguments: tuple[str, ...] = (),
        **settings: object,
    ) -> None:
        """Prepare a worker with its log in a file; keyword arguments are settings (`app_id="x"`)."""
        self.log = log
        self.port = free_port()
        values = {"brokers": brokers, "worker_port": self.port, "log_format": "console", **settings}
        self.environment: Mapping[str, str] = {
            **os.environ,
            **{f"CRM_PULSE_{name.upper()}": str(value) for name, value in values.items()},
            "PYTHONPATH": str(ROOT),
            "PYTHONFAULTHANDLER": "1",
        }
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> WorkerProcess:
        """Start the process and wait until it folds."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,
            )
        if wait:
            self.wait_ready()
        return self

    @property
    def pid(self) -> int:
        """Process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return None if self._process is None else self._process.poll()

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until /healthz says ready; fail with the log when the process ends first."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.exit_code is not None:
                break
            if self.health().get("status") == "ready":
                return
            time.sleep(0.1)
        raise AssertionError(f"worker not ready (exit {self.exit_code}):\n{self.tail()}")

    def health(self) -> dict[str, object]:
        """Return what /healthz says; empty when it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=1) as answer:
                return dict(json.load(answer))
        except (urllib.error.URLError, OSError, ValueError):
            return {}

    def metrics(self) -> str:
        """Return the text of /metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            return str(answer.read(), "utf-8")

    def metric(self, name: str) -> float:
        """Return the sum of the samples whose name and labels begin with ``name``; 0 when there are none."""
        lines = (line for line in self.metrics().splitlines() if line.startswith(name))
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def kill(self) -> None:
        """Kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send any signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """Wait for the process to end by itself; return its exit status."""
        assert self._process is not None
        try:
            return self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"worker still runs after {seconds} s:\n{self.tail()}") from None

    def terminate(self, seconds: float = 15.0) -> int:
        """Ask it to stop (SIGTERM) and return its exit status; fails when it takes longer."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def close(self) -> None:
        """End it whatever its state; for fixtures."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def tail(self, characters: int = 6000) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""
