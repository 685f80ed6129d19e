"""The pages: links resolve, the README is short."""

import re
from pathlib import Path

import pytest

from stream_app.generate.docs import anchor

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def headings(page: Path) -> set[str]:
    outside_code = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {anchor(re.sub(r"[`*]", "", title)) for title in re.findall(r"^#+ (.+)$", outside_code, re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_resolve(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"https?://", link):
            continue
        target, _, fragment = link.partition("#")
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), f"{named(page)} links to {link}"
        if fragment:
            assert fragment in headings(there), f"{named(page)} links to {link}"


def test_every_decision_is_in_the_index():
    index = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    decisions = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
    assert decisions
    assert [page.name for page in decisions if page.name not in index] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs/adr").glob("[0-9]*.md")), ids=lambda page: page.stem)
def test_a_decision_is_one_page_with_its_three_parts(page):
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Situation", "Decision", "What follows"]
    assert len(text.splitlines()) <= 60


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
