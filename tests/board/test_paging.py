"""Paging: following `next` from the first page meets everybody once, following `previous` leads back."""

import pytest

from tests.board.boards import Board, clock

CROWD = [clock(f"lead-{number:02}", due=number, team="a&b=c" if number % 2 else "süd") for number in range(1, 24)]


@pytest.fixture
async def crowd(serve):
    board = Board()
    board.catch_up()
    board.workers.open(CROWD)
    board.flow()
    return await serve(board)


async def walk(browser, path: str, link: str) -> list[list[str]]:
    pages = []
    while path:
        answer = await browser.get(path)
        pages.append([row["relationship"] for row in answer["items"]])
        path = answer[link]
        assert len(pages) < 30
    return pages


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param("limit=5", 23, id="all"),
        pytest.param("limit=23", 23, id="one page exactly"),
        pytest.param("limit=1&sort=-due&clock=lead_response,case_first", 23, id="one by one, the other way"),
        pytest.param("limit=5&team=a%26b%3Dc", 12, id="a label that has to be quoted"),
        pytest.param("limit=4&team=s%C3%BCd&state=waiting", 11, id="a label beyond ASCII, and a state"),
        pytest.param("limit=5&team=nobody", 0, id="nobody"),
    ],
)
async def test_following_next_meets_everybody_once(crowd, query, count):
    pages = await walk(crowd, f"/api/v1/clocks?{query}", "next")
    met = [who for page in pages for who in page]
    whole = await crowd.get(f"/api/v1/clocks?{query}&limit=1000".replace(query.split("&")[0] + "&", "", 1))
    assert met == [row["relationship"] for row in whole["items"]]
    assert len(met) == len(set(met)) == count
    assert all(pages) or not count  # the last page says that it is the last


async def test_following_previous_leads_back_to_the_first(crowd):
    pages = await walk(crowd, "/api/v1/clocks?limit=5&offset=20", "previous")
    assert [page[0] for page in pages] == ["lead-21", "lead-16", "lead-11", "lead-06", "lead-01"]


@pytest.mark.parametrize(
    ("query", "next_", "previous"),
    [
        pytest.param("", None, None, id="all on one page"),
        pytest.param("limit=0", None, None, id="no rows wanted"),
        pytest.param("limit=10&offset=900", None, "limit=10&offset=13", id="behind the end"),
        pytest.param("limit=10&offset=3", "limit=10&offset=13", "limit=10&offset=0", id="in between"),
    ],
)
async def test_the_ends(crowd, query, next_, previous):
    answer = await crowd.get(f"/api/v1/clocks?{query}")
    start = "/api/v1/clocks?sort=due&"
    assert answer["next"] == (next_ and start + next_)
    assert answer["previous"] == (previous and start + previous)
