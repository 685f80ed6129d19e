"""The wall's stream: what a page is sent, narrowed, with its trend, and what it is told when it asks for nonsense."""

import asyncio
import json
from typing import Any

import pytest

from stream_app.board.history import POINTS, STEP_MS, History
from stream_app.board.snapshot import OLD_DATA_MS
from stream_app.kpis.kpi import Sample
from tests.board.boards import ANSWERED, KPIS, NOW, Board, Fixed, clock, kpi


async def events(browser, path: str, count: int = 1) -> list[dict[str, Any]]:
    """Return the first messages of a stream."""
    found = []
    async with asyncio.timeout(10), browser.client.get(path) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        async for line in response.content:
            if line.startswith(b"data: "):
                found.append(json.loads(line.removeprefix(b"data: ")))
                if len(found) == count:
                    break
    return found


@pytest.fixture
async def traffic(ready):
    """A board on which two leads were answered, and three wait."""
    board = ready.board
    board.workers.answer("lead-1", NOW - 60_000, "web")
    board.workers.answer("lead-2", NOW - 60_000, "mail")
    board.workers.open([
        clock("lead-3", channel="web", team="emea"),
        clock("lead-4", since=-60, due=-30, channel="mail", team="apac"),
        clock("lead-5", since=-5, due=None, channel="web", team="apac"),
    ])  # fmt: skip
    board.workers.account(0, applied=5)
    board.flow()
    return ready


async def test_the_first_page_leads_with_the_foremost_tiles_and_who_waits(traffic):
    (now,) = await events(traffic, "/api/v1/wall")
    assert now["page"] == "now"
    assert [tile["kpi"] for tile in now["tiles"]] == ["leads_answered", "reply_seconds"]
    assert now["tiles"][0]["rows"] == [{"labels": {}, "value": 2, "n": 2}]
    assert now["tiles"][1]["rows"][0]["p90"] == 90.0
    waiting = now["clocks"]
    assert waiting["counts"]["lead_response"] == {"waiting": 3, "at_risk": 0, "overdue": 1}
    assert [one["relationship"] for one in waiting["overdue"]] == ["lead-4"]
    assert [one["relationship"] for one in waiting["next"]] == ["lead-3"]
    assert [one["relationship"] for one in waiting["oldest"]] == ["lead-4"]


async def test_a_page_shows_its_areas_and_a_kpi_that_fails_says_so(traffic):
    (now,) = await events(traffic, "/api/v1/wall?page=response&window=15m")
    tiles = {tile["kpi"]: tile for tile in now["tiles"]}
    assert list(tiles) == ["leads_answered", "reply_seconds", "reply_ratio", "broken_ratio"]
    assert tiles["reply_ratio"]["rows"] == [{"labels": {}, "value": 0.25, "n": 4, "numerator": 1, "denominator": 4}]
    assert tiles["reply_seconds"]["rows"] == []  # it has no such window
    assert tiles["broken_ratio"]["error"]


async def test_narrowed_to_a_channel_it_says_which_tiles_are_still_of_everybody(traffic):
    (now,) = await events(traffic, "/api/v1/wall?page=response&channel=web")
    tiles = {tile["kpi"]: tile for tile in now["tiles"]}
    assert tiles["leads_answered"]["rows"][0]["value"] == 1
    assert tiles["leads_answered"]["narrowed"]
    assert not tiles["reply_seconds"]["narrowed"]
    assert now["clocks"]["counts"]["lead_response"]["waiting"] == 2


async def test_new_figures_come_by_themselves(traffic):
    board = traffic.board

    async def later() -> None:
        await asyncio.sleep(0.3)
        board.workers.answer("lead-3", NOW, "web")
        board.flow()

    change = asyncio.create_task(later())
    before, after = await events(traffic, "/api/v1/wall", 2)
    await change
    assert (before["tiles"][0]["rows"][0]["value"], after["tiles"][0]["rows"][0]["value"]) == (2, 3)


async def test_while_the_state_is_read_it_says_how_far_and_shows_nothing(serve):
    board = Board()
    board.catch_up(caught_up=(True, False))
    (now,) = await events(await serve(board), "/api/v1/wall")
    assert not now["ready"]
    assert now["reasons"]
    assert "tiles" not in now


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("page=slaes", "unknown_page", id="page"),
        pytest.param("window=5m", "unknown_window", id="window"),
        pytest.param("tema=emea", "unknown_parameter", id="parameter"),
    ],
)
async def test_an_address_that_means_nothing_is_refused_with_what_there_is(traffic, query, code):
    answer = await traffic.get(f"/api/v1/wall?{query}", status=400)
    assert answer["error"] == code
    assert answer["hint"]


async def test_what_only_the_browser_uses_may_stand_in_the_address(traffic):
    assert await events(traffic, "/api/v1/wall?rotate=20&theme=dark&page=sales")


async def test_a_goal_is_told_with_whether_it_is_met(serve):
    about = {"kpi": "leads_answered"}
    goal = Sample("kpi_goal", "", None, {**about, "bound": "at_least"}, 3, 1)
    met = Sample("kpi_goal_met", "", "24h", about, 0.0, 2)
    goals = [kpi(one.kpi, Fixed((one,)), area="goals", windowed=False) for one in (goal, met)]
    board = Board((*KPIS, *goals))
    board.catch_up()
    (now,) = await events(await serve(board), "/api/v1/wall")
    assert now["tiles"][0]["goal"] == {"at_least": 3, "at_most": None, "met": False}
    assert now["tiles"][1]["goal"] is None


async def test_a_goal_of_today_is_told_with_its_pace(serve):
    about = {"kpi": "leads_answered"}
    samples = {
        "kpi_goal": [Sample("kpi_goal", "", "day", {**about, "bound": "at_least"}, 80, 1),
                     Sample("kpi_goal", "", None, {**about, "bound": "at_most"}, 500, 1)],
        "kpi_goal_met": [Sample("kpi_goal_met", "", "day", about, 0.0, 30)],
        "goal_pace_ratio": [Sample("goal_pace_ratio", "", window, about, pace, 30) for window, pace in
                            (("month", 2.0), ("day", 0.75))]
        + [Sample("goal_pace_ratio", part, "day", about, value, 30) for part, value in  # type: ignore[arg-type]
           (("numerator", 30), ("denominator", 40))],
    }  # fmt: skip
    goals = [kpi(name, Fixed(tuple(some)), area="goals", windowed=False) for name, some in samples.items()]
    board = Board((*KPIS, *goals))
    board.catch_up()
    served = await serve(board)
    (now,) = await events(served, "/api/v1/wall")
    assert (await served.get("/api/v1/kpis/leads_answered"))["pace"] == now["tiles"][0]["pace"]
    assert (await served.get("/api/v1/kpis/goal_pace_ratio"))["goal"] is None, "the goal is that of the KPI"
    assert now["tiles"][0]["pace"] == {
        "period": "day", "value": 30, "planned": 40, "pace": 0.75,
        "goal": {"at_least": 80, "at_most": None, "met": False},
    }  # fmt: skip
    assert now["tiles"][1]["pace"] is None


def moments(board: Board, history: History, count: int, *, events: bool = True) -> None:
    for _ in range(count):
        if events:
            board.workers.account(0, watermark=board.now)
            board.flow()
        history.note(board.live.take())
        board.now += STEP_MS


def test_a_trend_has_one_value_per_time_and_forgets_the_oldest():
    board, history = Board((ANSWERED,)), History()
    board.catch_up()
    moments(board, history, 2)
    board.workers.answer("lead-1", board.now, "web")
    board.flow()
    moments(board, history, 2)
    assert history.line("leads_answered", None, None, ()) == [0, 0, 1, 1]
    assert len(history.times()) == 4
    history.note(board.live.take())
    history.note(board.live.take())  # too soon after the one before
    assert len(history.times()) == 5
    moments(board, history, POINTS)
    assert len(history.line("leads_answered", None, None, ())) == len(history.times()) == POINTS


def test_a_trend_begins_when_the_past_is_folded_and_breaks_while_data_is_old():
    """
    What a worker catches up with is no change of the world.
    """
    board, history = Board((ANSWERED,)), History()
    board.catch_up()
    moments(board, history, 2, events=False)  # nothing has happened yet
    for partition, who, ago in ((0, "lead-1", 3 * OLD_DATA_MS), (0, "lead-2", 0), (1, "lead-33", 2 * OLD_DATA_MS)):
        board.workers.answer(who, board.now - ago, "web")
        board.workers.account(partition, applied=1, watermark=board.now - ago)
        board.flow()
        history.note(board.live.take())
        board.now += STEP_MS // 3
    assert not history.times(), "one partition or both read the past"
    moments(board, history, 4, events=False)
    assert history.line("leads_answered", None, None, ()) == [3, 3, 3], "one that is old and still has no events"
    board.now += 2 * OLD_DATA_MS
    moments(board, history, 2, events=False)
    assert len(history.times()) == 3, "a source is silent, or nobody folds"
    moments(board, history, 1)
    assert history.line("leads_answered", None, None, ()) == [3, 3, 3, None, 3]
    assert sorted(history.times()) == [*history.times()]


def test_a_cut_is_followed_from_when_it_is_asked_for():
    board, history = Board((ANSWERED,)), History()
    board.catch_up()
    board.workers.answer("lead-1", board.now, "web")
    board.flow()
    moments(board, history, 2)
    history.follow("15m", ("channel", "web"))
    moments(board, history, 1)
    assert history.line("leads_answered", "15m", ("channel", "web"), (("channel", "web"),)) == [None, None, 1]
