"""A real Alertmanager for tests, and a receiver of its webhooks: on loopback, with a configuration of the test's own.

The binary is that of Debian's package prometheus-alertmanager. A machine without it skips these tests and says why;
with CI=true it fails instead. Processes are ended by their own pid, and die with the test run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from stream_app.engine.embedded import die_with_parent, free_port
from tests.brokers import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START_SECONDS = 60.0
STOP_SECONDS = 20.0
NAMES = ("prometheus-alertmanager", "alertmanager")
"""What the binary is called: by Debian, and by its makers."""
TEMPLATES = Path("/usr/share/prometheus/alertmanager/default.tmpl")
"""Where Debian's binary looks for its texts; it does not start without them."""


def binary() -> str:
    """Return the path of the Alertmanager."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        unavailable("alertmanager is not installed (it comes with Debian's package prometheus-alertmanager)")
    if Path(found).name == NAMES[0] and not TEMPLATES.is_file():
        unavailable(f"alertmanager lacks {TEMPLATES} (it comes with Debian's package prometheus-alertmanager)")
    return found


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Return a function that starts an Alertmanager with the text of its configuration and returns its URL."""
    with ExitStack() as running:
        yield lambda config: running.enter_context(server(config, tmp_path_factory.mktemp("alertmanager"))).url


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """Return a receiver of webhooks that listens for the length of the test."""
    with Webhook() as receiver:
        yield receiver


class Alertmanager:
    """One Alertmanager over a folder: started, stopped, and started again with what it remembers."""

    def __init__(self, config: str, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self._folder = folder
        self._binary = binary()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "alertmanager.yml").write_text(config, encoding="utf-8")

    def start(self) -> Self:
        """Start it and wait until it is ready."""
        log = self._folder / "alertmanager.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    self._binary,
                    f"--config.file={self._folder / 'alertmanager.yml'}",
                    f"--storage.path={self._folder / 'data'}",
                    f"--web.listen-address={self.url.removeprefix('http://')}",
                    "--cluster.listen-address=",
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urlopen(f"{self.url}/-/ready", timeout=5):
                    return self
            except (URLError, OSError):
                time.sleep(0.05)
        pytest.fail(f"alertmanager is not ready:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")

    def stop(self) -> None:
        """Let it end; what it remembers stays in the folder."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that hold, as its API has them."""
        with urlopen(Request(f"{self.url}/api/v2/alerts"), timeout=30) as answer:
            return list(json.load(answer))


@contextmanager
def server(config: str, folder: Path) -> Iterator[Alertmanager]:
    """Run an Alertmanager with *config* over *folder*, and yield it once it is ready."""
    made = Alertmanager(config, folder)
    try:
        yield made.start()
    finally:
        made.stop()


class Webhook:
    """Takes what an Alertmanager sends to people.

    Attributes:
        notifications: What came, in order: the JSON of each request.
    """

    def __init__(self) -> None:
        self.notifications: list[dict[str, Any]] = []
        notifications = self.notifications

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                notifications.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def told(self, **labels: str) -> list[tuple[str, str]]:
        """Return (status, relationship or team) of every alert with *labels* in every notification, in order."""
        return [
            (alert["status"], alert["labels"].get("relationship") or alert["labels"].get("team", ""))
            for notification in [*self.notifications]
            for alert in notification["alerts"]
            if all(alert["labels"].get(name) == value for name, value in labels.items())
        ]
