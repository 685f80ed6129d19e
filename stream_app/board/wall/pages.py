"""The pages of the wall: which areas of the catalogue each one shows, and what it leads with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stream_app.board.snapshot import Collected
from stream_app.policies import Area

FIRST_PAGE_TILES = 10
"""KPIs whose tile has a smaller number are shown on the first page, too."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        name: In the address, `?page=sales`.
        title: For people.
        areas: What it shows; nothing for the first page, which shows the best of all.
        clocks: Prefixes of the clocks that it lists; no list without any.
        funnels: The funnels that it shows; without any, all that no other page has taken.
    """

    name: str
    title: str
    areas: tuple[Area, ...] = ()
    clocks: tuple[str, ...] = ()
    funnels: tuple[str, ...] = ()

    def shows(self, funnel: str | None) -> bool:
        """Tell whether what belongs to a funnel, or to none, is shown here."""
        if funnel is None:
            return True
        return funnel in self.funnels if self.funnels else all(funnel not in page.funnels for page in PAGES)


PAGES = (
    Page("now", "Now", (), ("lead_", "case_", "call")),
    Page("response", "Response", ("response", "relationship"), ("lead_",)),
    Page("sales", "Sales", ("sales", "funnel", "value")),
    Page("service", "Service", ("service",), ("case_", "call")),
    Page("marketing", "Marketing", ("marketing", "funnel"), funnels=("newsletter",)),
    Page("adoption", "Adoption", ("adoption", "quality")),
)
BY_NAME = {page.name: page for page in PAGES}


def tiles(page: Page, collected: Iterable[Collected]) -> list[Collected]:
    """Return the KPIs of a page in the order of their tiles; those without a tile of their own are left out."""
    shown = [
        (one.kpi.tile, place, one)
        for place, one in enumerate(collected)
        if one.kpi.tile is not None and (one.kpi.area in page.areas if page.areas else one.kpi.tile < FIRST_PAGE_TILES)
    ]
    return [one for _, _, one in sorted(shown, key=lambda entry: entry[:2])]
