"""A tab of the browser: it opens pages, keeps what the browser complains of, measures and takes pictures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "build" / "screenshots"
SIZES = {"1080p": (1920, 1080), "4k": (3840, 2160), "portrait": (1080, 1920), "phone": (375, 812)}


def _script(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


AXE, BARRIERS, FAULTS = _script("axe/axe.min.js"), _script("barriers.js"), _script("faults.js")


class Tab:
    """One page of the browser, and what it complained of."""

    def __init__(self, page: Any, url: str, expected: re.Pattern[str]) -> None:
        """Listen to *page*; complaints that match *expected* belong to the test."""
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self._expected = expected
        page.on("console", lambda said: self._note(said.type, said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self._note("exception", str(error)))
        page.on("requestfailed", self._failed)
        page.on("response", lambda one: self._note("answer", f"{one.status} {one.url}") if one.status >= 400 else None)

    def _failed(self, request: Any) -> None:
        # A page that is left, and a stream that is closed for another one, end requests on purpose.
        if "ERR_ABORTED" not in (request.failure or ""):
            self._note("request", f"{request.url} {request.failure}")

    def _note(self, sort: str, text: str) -> None:
        if not self._expected.search(text):
            self.complaints.append(f"{sort}: {text}")

    async def open(self, path: str, state: str = "live") -> None:
        """Open *path* of the board and wait until the page says that it is in *state*."""
        await self.page.goto(self.url + path)
        await self.state(state)

    async def state(self, state: str) -> None:
        """Wait until the page says that it is in *state*."""
        await self.page.wait_for_selector(f'body[data-state="{state}"]', timeout=30_000)

    async def resize(self, size: tuple[int, int]) -> None:
        """Take another size, and let the page find its shape."""
        await self.page.set_viewport_size({"width": size[0], "height": size[1]})
        await self.page.wait_for_timeout(400)

    async def faults(self) -> list[str]:
        """Return what of the layout is wrong: cut, overlapping, sticking out, wider than the screen."""
        found: list[str] = await self.page.evaluate(FAULTS)
        return found

    async def barriers(self) -> list[str]:
        """Return the serious and critical violations that axe-core finds."""
        await self.page.evaluate(AXE)
        found: list[str] = await self.page.evaluate(BARRIERS)
        return found

    async def shoot(self, name: str, *, whole: bool = False) -> None:
        """Keep a picture."""
        await self.page.screenshot(path=SHOTS / f"{name}.png", full_page=whole)

    async def text(self, selector: str) -> str:
        """Return what an element says."""
        return str(await self.page.inner_text(selector))
