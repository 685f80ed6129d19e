"""`crm-pulse demo`: figures within half a minute, and not a process left, however it ends."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_FIGURES = 60  # a machine that runs other tests too is slower than one that runs a demo

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for left processes in /proc"),
]


class Demo:
    """A demo that runs."""

    def __init__(self, log: Path, *words: str) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stream_app", "demo", "--history", "3h", *words],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        return self.log.read_text()

    def wait_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + SECONDS_TO_FIGURES
        while (found := re.search(pattern, self.text())) is None:
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.2)
        return found

    def children(self) -> dict[int, str]:
        """Return pid and command of every process that the demo started."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
                if entry.name.isdigit() and int(parent) == self.process.pid:
                    found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
        return found


@pytest.fixture
def demo(tmp_path):
    running = []

    def start(*words: str) -> Demo:
        running.append(Demo(tmp_path / "demo.txt", *words))
        return running[-1]

    yield start
    for one in running:
        one.process.kill()
        one.process.wait()


def alive(pids) -> set[int]:
    """Return those of *pids* that still run; a zombie does not."""
    left = set()
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                left.add(pid)
        except OSError:
            continue
    return left


def gone(pids, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_figures_move_and_ctrl_c_ends_everything(demo):
    running = demo()
    board = running.wait_for(r"board +(http://127\.0\.0\.1:\d+)/")[1]
    worker = running.wait_for(r"worker +(http://127\.0\.0\.1:\d+/metrics)")[1]
    running.wait_for(r"\| [1-9][\d,]* events")
    pids = set(running.children())

    assert len(pids) == 4, running.children()
    for address in (board, f"{board}/metrics", f"{board}/api/v1/kpis", worker):
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200
    running.wait_for(r"leads waiting [1-9]")

    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=30) == 0, running.text()
    assert gone(pids, 1), alive(pids)
    assert "Stopped; nothing is left running." in running.text()
    assert "\x1b" not in running.text(), "no colours and no cursor movements in a file"


def test_it_ends_by_itself_and_takes_free_ports_where_the_usual_ones_are_taken(demo):
    running = demo("--seconds", "1", "--port", "8000")
    pids = set(running.children())

    assert running.process.wait(timeout=60) == 0, running.text()
    assert gone(pids, 1)


def test_kill_9_of_the_demo_leaves_no_process(demo):
    running = demo()
    running.wait_for(r"Ready after")
    pids = set(running.children())
    assert len(pids) == 4

    running.process.kill()
    running.process.wait()
    assert gone(pids, 10), alive(pids)


def test_a_role_that_dies_ends_the_demo_with_the_end_of_its_log(demo):
    running = demo()
    running.wait_for(r"Ready after")
    children = running.children()
    (board,) = (pid for pid, command in children.items() if command.rstrip().endswith("board"))

    os.kill(board, signal.SIGKILL)
    assert running.process.wait(timeout=30) == 2, running.text()
    assert "the board ended by itself" in running.text()
    assert gone(children, 1), alive(children)
