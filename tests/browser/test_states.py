"""What a page shows when there is nothing to show: not ready, empty, gone, back again; each designed."""

import pytest

from tests.board.busy import HALF, Business

GONE = "ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_NETWORK"
PAGES = ("/wall", "/clocks", "/kpis/leads_waiting", "/")


def name(path):
    return path.strip("/").replace("/", "-") or "landing"


@pytest.fixture(scope="module")
def nothing():
    return Business(empty=True)


@pytest.mark.parametrize("path", PAGES)
async def test_gone_and_back(open_tab, serve, nothing, path):
    served = serve(nothing)
    tab = await open_tab(served, expects=GONE)
    await tab.open(path)
    served.stop()
    await tab.state("lost")
    assert "does not answer" in await tab.text("#notice")
    assert await tab.barriers() == []
    await tab.shoot(f"gone-{name(path)}")
    served.start()
    await tab.state("live")
    assert "does not answer" not in await tab.text("main")


async def test_a_wall_that_is_lost_goes_on_showing_what_it_had_and_since_when(open_tab, serve, business):
    served = serve(business)
    tab = await open_tab(served, expects=GONE)
    await tab.open("/wall")
    await tab.page.wait_for_selector(".tile .value")
    served.stop()
    await tab.state("lost")
    assert "and does not move" in await tab.text("#notice")
    assert await tab.page.locator(".tile .value").count() > 3
    await tab.page.wait_for_timeout(500)
    assert await tab.faults() == []
    await tab.shoot("gone-wall-with-figures")


@pytest.mark.parametrize("path", PAGES)
async def test_while_the_state_is_read(open_tab, serve, path):
    half = Business(empty=True)
    half.progress = HALF
    tab = await open_tab(serve(half), expects="503")
    await tab.open(path, "notready")
    await tab.page.wait_for_selector("#notice", state="visible")
    assert await tab.text("#notice")
    assert await tab.faults() == []
    assert await tab.barriers() == []
    await tab.shoot(f"not-ready-{name(path)}")


@pytest.mark.parametrize("path", PAGES)
async def test_before_the_first_event(open_tab, serve, nothing, path):
    tab = await open_tab(serve(nothing))
    await tab.open(path)
    assert await tab.faults() == []
    assert await tab.barriers() == []
    await tab.shoot(f"empty-{name(path)}")


async def test_a_wall_before_the_first_event_says_so(open_tab, serve, nothing):
    tab = await open_tab(serve(nothing))
    await tab.open("/wall")
    assert "No events yet" in await tab.text("#notice")
    assert "nothing in this window" in await tab.text("#tiles")
