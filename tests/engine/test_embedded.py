"""The embedded broker: loopback only, ended by its pid, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stream_app.engine.embedded import EmbeddedBroker, embedded_broker, free_port
from stream_app.errors import UserError

PARENT = """
import time
from stream_app.engine.embedded import EmbeddedBroker
broker = EmbeddedBroker()
broker.start()
print(broker.pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_it_runs_for_the_length_of_the_block(tmp_path):
    with embedded_broker(log=tmp_path / "log") as broker:
        pid = broker.pid
        assert alive(pid)
        assert broker.address == f"127.0.0.1:{broker.port}"
    assert not alive(pid)
    assert (tmp_path / "log").exists()


def test_it_listens_on_loopback_only():
    with embedded_broker() as broker:
        listening = subprocess.run(["cat", "/proc/net/tcp"], capture_output=True, text=True, check=True).stdout
        ours = [line.split()[1] for line in listening.splitlines()[1:] if line.split()[3] == "0A"]
        assert f"0100007F:{broker.port:04X}" in ours
        assert f"00000000:{broker.port:04X}" not in ours


def test_a_taken_port_is_an_error_that_says_so():
    with embedded_broker() as broker:
        second = EmbeddedBroker(broker.port)
        with pytest.raises(UserError, match=str(broker.port)):
            second.start()
        second.stop()


def test_it_dies_with_its_parent():
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PARENT,
        ],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def test_free_ports_can_be_bound():
    assert 1024 <= free_port() <= 65535
