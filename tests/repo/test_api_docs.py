"""The examples of docs/api.md run as they stand there, against a board."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from stream_app.board.api import Api
from stream_app.board.entrance import Entrance
from stream_app.board.routes import PAGES, ROUTES
from stream_app.board.server import application
from tests.board.boards import Board, clock
from tests.board.conftest import serve
from tests.brokers import unavailable

__all__ = ["serve"]  # the fixture

PAGE = (Path(__file__).resolve().parents[2] / "docs/api.md").read_text(encoding="utf-8")
TOKEN = "a-token-of-the-tests-0123"
OVERDUE = [clock(f"lead-{number:03}", since=-60 - number, due=-number) for number in range(1, 121)]


def examples(language: str, word: str) -> str:
    """Return the one example in *language* with *word* in it."""
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if word in text]
    return str(found)


@pytest.fixture(params=[False, True], ids=["open", "with a token"])
async def board(serve, request):
    made = Board()
    made.catch_up()
    made.workers.open([*OVERDUE, clock("lead-waits")])
    made.flow()
    made.app = application(Api(made.live, made.latest), entrance=Entrance(TOKEN) if request.param else None)
    browser = await serve(made)
    return str(browser.client.make_url("/")).rstrip("/"), request.param


async def run(text: str, *command: str, folder: Path, **more: str) -> str:
    """Return what a program prints that reads *text*."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={"PATH": os.environ["PATH"], **more},
    )
    out, trouble = await process.communicate(text.encode())
    assert process.returncode == 0, trouble.decode()
    return out.decode()


async def test_the_python_example_prints_everybody_who_is_overdue(board, tmp_path):
    url, asks = board
    text = examples("python", "urlopen").replace("http://127.0.0.1:8000", url)
    told = await run(text, sys.executable, "-", folder=tmp_path, **({"CRM_PULSE_BOARD_TOKEN": TOKEN} if asks else {}))
    assert [line.split()[0] for line in told.splitlines()] == [one.relationship for one in reversed(OVERDUE)]


@pytest.mark.parametrize(
    ("word", "told"),
    [
        pytest.param("state=overdue", '"total":120', id="ask"),
        pytest.param("If-None-Match", "304\n", id="ask often"),
    ],
)
async def test_the_curl_examples_print_what_they_should(board, tmp_path, word, told):
    if shutil.which("curl") is None:
        unavailable("curl is not installed")
    url, asks = board
    (tmp_path / ".curlrc").write_text(f'header = "Authorization: Bearer {TOKEN}"\n' if asks else "")
    text = examples("sh", word).replace("http://127.0.0.1:8000", url)
    assert told in await run(text, "sh", "-e", folder=tmp_path, HOME=str(tmp_path))


def test_every_route_is_named():
    for path in (*(route.path for route in ROUTES), *PAGES):
        assert f"`{path.replace('{', '<').replace('}', '>')}`" in PAGE
