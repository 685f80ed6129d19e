"""`crm-pulse top` as it is typed: one frame into a pipe, and live in a terminal of 80 columns and 24 lines."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stream_app import cli
from stream_app.top.feed import AwayError
from tests.board.boards import NOW, Board, clock
from tests.board.served import Served

ROOT = Path(__file__).resolve().parents[2]


def make():
    board = Board()
    board.catch_up()
    board.workers.open([clock("lead-3", channel="web", team="emea"), clock("lead-4", since=-60, due=-30, team="apac")])
    board.workers.answer("lead-1", NOW, "web")
    board.workers.account(0, applied=3)
    board.flow()
    return board.app, board.latest.close


@pytest.fixture
def served():
    running = Served(make)
    running.start()
    yield running
    running.stop()


def run(*words):
    return CliRunner(env={"COLUMNS": "80", "LINES": "24"}).invoke(cli.app, ["top", *words])


def test_one_frame_for_a_pipe(served):
    done = run("--once", "--url", served.url, "--page", "response", "--team", "apac")
    assert done.exit_code == 0, done.output
    for words in ("2 Response", "team apac", "1 waiting", "■ 1 overdue", "lead-4", "30 min over", "Leads answered"):
        assert words in done.output
    assert "lead-3" not in done.output
    assert "\x1b" not in done.output


def test_the_token_of_the_settings_is_shown(served, monkeypatch):
    shown = []

    def messages(board, _query):
        shown.append(board.token)
        raise AwayError("away")

    monkeypatch.setattr("stream_app.top.feed.messages", messages)
    monkeypatch.setenv("CRM_PULSE_BOARD_TOKEN", "0123456789abcdef")
    run("--once", "--url", served.url)
    assert shown == ["0123456789abcdef"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(("--page", "slaes"), "slaes", id="no such page"),
        pytest.param(("--window", "5m"), "5m", id="no such window"),
        pytest.param(("--url", "http://127.0.0.1:1"), "does not answer", id="nobody there"),
    ],
)
def test_what_is_wrong_is_an_error(served, words, message):
    done = run("--once", "--url", served.url, *words)
    assert message in done.exception.message
    assert done.exception.hint


class Terminal:
    """`crm-pulse top` in a terminal of its own."""

    def __init__(self, *words):
        self.outer, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(inner)
        self.inner = inner
        environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES"}} | {
            "TERM": "xterm-256color"
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stream_app", "top", *words], cwd=ROOT, stdin=inner, stdout=inner, stderr=inner,
            env=environment,
        )  # fmt: skip
        self.shown = ""

    def wait_for(self, words, seconds=40.0):
        """Read on until *words* are shown after everything that was waited for before."""
        deadline = time.monotonic() + seconds
        while words not in self.shown:
            assert time.monotonic() < deadline, self.shown[-4000:]
            if select.select([self.outer], [], [], 0.5)[0]:
                self.shown += os.read(self.outer, 65536).decode("utf-8", "replace")
        self.shown = self.shown.partition(words)[2]

    def press(self, keys):
        os.write(self.outer, keys)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.outer)
        os.close(self.inner)


@pytest.fixture
def terminal():
    made = []

    def start(*words):
        made.append(Terminal(*words))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.mark.slow
def test_live_it_turns_pages_says_when_the_board_goes_and_leaves_the_terminal_as_it_was(served, terminal):
    screen = terminal("--url", served.url)
    screen.wait_for("● Live")
    screen.wait_for("lead-4")
    screen.press(b"2")
    screen.wait_for("Reply rate")
    screen.press(b"\x1b[C")
    screen.wait_for("No tile is declared")
    served.stop()
    screen.wait_for("does not answer")
    served.start()
    screen.wait_for("● Live")
    screen.press(b"q")
    assert screen.process.wait(20) == 0
    assert termios.tcgetattr(screen.inner) == screen.before


@pytest.mark.slow
def test_ctrl_c_leaves_quietly(terminal):
    screen = terminal("--url", "http://127.0.0.1:1")
    screen.wait_for("does not answer")
    screen.process.send_signal(2)
    assert screen.process.wait(20) == 0
    assert "Traceback" not in screen.shown
