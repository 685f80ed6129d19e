"""A real Chromium that looks at a real board on loopback; what it complains of fails the test."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.board.busy import Business
from tests.board.served import Served
from tests.brokers import unavailable
from tests.browser.tab import SHOTS, Tab

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all of them share one loop, and with it one browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.slow)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[object]:
    """The browser that the machine has; none is downloaded."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        unavailable("a browser is needed and none is installed (Debian: apt-get install chromium)")
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        unavailable("playwright is not installed")
    SHOTS.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        # In a container it can make no sandbox; it looks at nothing but the board of the test.
        browser = await playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_tab(chromium) -> AsyncIterator[object]:
    """Return a function that opens a tab; at the end no tab may have had anything to complain of."""
    tabs: list[Tab] = []

    async def start(
        served: Served, size: tuple[int, int] = (1920, 1080), scheme: str = "dark", *, expects: str = "(?!)"
    ) -> Tab:
        """*expects* is a pattern of complaints that belong to the test."""
        context = await chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale="en-GB", timezone_id="UTC",
            reduced_motion="reduce", accept_downloads=True,
        )  # fmt: skip
        tabs.append(Tab(await context.new_page(), served.url, re.compile(expects)))
        return tabs[-1]

    yield start
    complaints = [one for tab in tabs for one in tab.complaints]
    for tab in tabs:
        await tab.page.context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def business() -> Business:
    """Half an hour of the demo's business, folded once."""
    return Business()


@pytest.fixture(scope="session")
def served(business) -> Iterator[Served]:
    """A board of that business, for tests that leave it as it is."""
    running = Served(business.make)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def still(business) -> Iterator[Served]:
    """A board on which time stands still, so that two looks can be compared."""
    running = Served(business.make)
    business.stop_time()
    running.start()
    yield running
    running.stop()
    business.go_on()


@pytest.fixture
def serve() -> Iterator[object]:
    """Return a function that serves a board of the test's own."""
    running: list[Served] = []

    def start(business: Business) -> Served:
        running.append(Served(business.make))
        running[-1].start()
        return running[-1]

    yield start
    for one in running:
        one.stop()
