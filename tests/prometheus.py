"""A real Prometheus for tests: Debian's binary, on loopback, with a configuration of the test's own.

The root conftest loads this module as a plugin. A machine without the binary skips these tests and says why; with
CI=true it fails instead. Processes are ended by their own pid, and die with the test run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from stream_app.engine.embedded import die_with_parent, free_port
from tests.brokers import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

START_SECONDS = 60.0
STOP_SECONDS = 20.0


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Return a function that starts a Prometheus with the text of its configuration and returns its URL."""
    _binary()  # so that nobody prepares for what cannot be
    with ExitStack() as running:
        yield lambda config: running.enter_context(server(config, tmp_path_factory.mktemp("prometheus")))


@contextmanager
def server(config: str, folder: Path) -> Iterator[str]:
    """Run a Prometheus with *config* over an empty *folder*, and yield its URL once it is ready."""
    binary = _binary()
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")
    log = folder / "prometheus.log"
    address = f"127.0.0.1:{free_port()}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                binary,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={address}",
                "--log.level=warn",
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent,
        )
    try:
        _wait_until_ready(f"http://{address}", process, log)
        yield f"http://{address}"
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _binary() -> str:
    found = shutil.which("prometheus")
    if found is None:
        unavailable("prometheus is not installed (it comes with Debian's package prometheus)")
    return found


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{url}/-/ready", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    pytest.fail(f"prometheus is not ready:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")


def ask(url: str, path: str, **parameters: str | Sequence[str]) -> Any:
    """Return what Prometheus' API answers at */api/v1/path*; AssertionError with its words where it refuses."""
    try:
        with urlopen(f"{url}/api/v1/{path}?{urlencode(parameters, doseq=True)}", timeout=30) as answer:
            return json.load(answer)["data"]
    except HTTPError as error:
        raise AssertionError(f"{parameters}: {error.read().decode()}") from None


def query(url: str, expression: str) -> list[dict[str, Any]]:
    """Return the series of *expression*, each with its labels ("metric") and its value as a text at this moment."""
    data = ask(url, "query", query=expression)
    if data["resultType"] == "scalar":
        return [{"metric": {}, "value": data["result"]}]
    return list(data["result"])


def wait_for(url: str, expression: str, seconds: float = 60.0) -> list[dict[str, Any]]:
    """Return the series of *expression* as soon as it has any.

    Raises:
        AssertionError: It has none within *seconds*.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = query(url, expression)
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{expression} has had no value for {seconds:g} s")
