"""ETags: a program that polls is told when nothing has changed, and never told so when something has."""

import pytest

from stream_app.board.etag import settled
from tests.board.boards import MINUTE, NOW, Board, clock

PATHS = ["/api/v1/kpis", "/api/v1/kpis/leads_overdue", "/api/v1/clocks"]


@pytest.fixture
async def crowd(serve):
    board = Board()
    board.catch_up()
    board.workers.open([clock("a", due=20), clock("b", due=30)])
    board.workers.account(0, applied=1, watermark=NOW - 1000)
    board.flow()
    return await serve(board)


async def tag(browser, path: str, status: int = 200, **headers: str) -> str:
    async with browser.client.get(path, headers=headers) as response:
        assert response.status == status
        assert (await response.read() == b"") is (status == 304)
        assert response.headers["Cache-Control"] == "no-store"
        return str(response.headers["ETag"])


@pytest.mark.parametrize("path", PATHS)
async def test_the_same_figures_a_minute_later_are_not_sent_again(crowd, path):
    held = await tag(crowd, path)
    assert held.startswith('W/"')
    crowd.board.now += MINUTE
    assert await tag(crowd, path, 304, **{"If-None-Match": held}) == held


@pytest.mark.parametrize("path", PATHS)
async def test_a_promise_that_breaks_is_a_change_although_nothing_was_read(crowd, path):
    held = await tag(crowd, path)
    crowd.board.now += 20 * MINUTE + 1
    assert await tag(crowd, path, 200, **{"If-None-Match": held}) != held


@pytest.mark.parametrize("path", PATHS)
async def test_a_newer_watermark_is_a_change(crowd, path):
    held = await tag(crowd, path)
    crowd.board.workers.account(0, applied=2, watermark=NOW)
    crowd.board.flow()
    assert await tag(crowd, path, 200, **{"If-None-Match": held}) != held


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param("{}", 304, id="the tag"),
        pytest.param('W/"other", {}', 304, id="one of several"),
        pytest.param("*", 304, id="any"),
        pytest.param('"other"', 200, id="another"),
        pytest.param("nonsense", 200, id="nonsense"),
        pytest.param("", 200, id="nothing"),
    ],
)
async def test_what_is_held(crowd, sent, status):
    held = await tag(crowd, "/api/v1/clocks")
    await tag(crowd, "/api/v1/clocks", status, **{"If-None-Match": sent.format(held)})


async def test_two_questions_have_two_tags_and_two_boards_one(crowd, serve):
    assert await tag(crowd, "/api/v1/clocks") != await tag(crowd, "/api/v1/clocks?limit=1")
    boards = []
    for _ in range(2):
        board = Board()
        board.catch_up()
        boards.append(await serve(board))
    assert await tag(boards[0], "/api/v1/kpis") == await tag(boards[1], "/api/v1/kpis")


async def test_a_head_tells_the_tag(crowd):
    async with crowd.client.head("/api/v1/clocks") as response:
        assert response.headers["ETag"] == await tag(crowd, "/api/v1/clocks")


def test_only_what_the_time_of_day_moves_is_left_out():
    row = {"since": "x", "due": "y", "waiting_seconds": 3, "due_in_seconds": None}
    answer = {"at": "now", "watermark": "w", "items": [row], "open_clocks": [{"total": 1, "items": [row]}]}
    assert settled(answer) == {
        "watermark": "w",
        "items": [{"since": "x", "due": "y"}],
        "open_clocks": [{"total": 1, "items": [{"since": "x", "due": "y"}]}],
    }
    assert answer["at"] == "now"
