"""From a number to the people behind it: the list is as long as its number, on every way to it."""

import csv
import io
import re

import pytest

from stream_app.kpis import CATALOGUE
from tests.browser.tab import SIZES

PLACES = ("/", "/clocks", "/clocks?state=overdue&team=emea", "/kpis/lead_response_seconds", "/kpis/leads_waiting")


def number(text):
    """The first number of a text."""
    found = re.search(r"\d[\d,]*", text)
    assert found, text
    return int(found[0].replace(",", ""))


async def rows(tab) -> int:
    return int(await tab.page.locator("#list tbody tr").count())


@pytest.mark.parametrize("path", PLACES)
async def test_every_page_fits_every_screen(open_tab, served, path):
    tab = await open_tab(served)
    await tab.open(path)
    name = re.sub(r"\W+", "-", path).strip("-") or "landing"
    faults = {}
    for size_name, size in SIZES.items():
        await tab.resize(size)
        await tab.page.wait_for_timeout(300)
        if found := await tab.faults():
            faults[size_name] = found
        await tab.shoot(f"page-{name}-{size_name}", whole=size_name == "phone")
    assert faults == {}


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("path", PLACES)
async def test_nobody_is_kept_out(open_tab, served, path, scheme):
    tab = await open_tab(served, scheme=scheme)
    await tab.open(path)
    assert await tab.barriers() == []
    if scheme == "light":
        await tab.shoot(f"page-{re.sub(r'[^a-z]+', '-', path).strip('-') or 'landing'}-light")


@pytest.mark.parametrize("kpi", ["leads_waiting", "leads_overdue", "cases_waiting"])
async def test_from_a_tile_to_its_list_the_number_stays(open_tab, still, kpi):
    tab = await open_tab(still)
    await tab.open(f"/kpis/{kpi}")
    value = number(await tab.text("#value .figure"))
    links = tab.page.locator("#behind a")
    totals = []
    for place in range(await links.count()):
        await tab.page.wait_for_selector("#behind a")
        said = number(await links.nth(place).inner_text())
        await links.nth(place).click()
        await tab.state("live")
        await tab.page.wait_for_function("() => /^\\d/.test(document.querySelector('#title').textContent)")
        total = number(await tab.text("#title"))
        assert total == said
        assert await rows(tab) == min(total, 50)
        totals.append(total)
        await tab.open(f"/kpis/{kpi}")
    assert value == totals[0]
    assert (len(totals) > 1) == (kpi == "cases_waiting"), "one figure per promise, each with its list"


@pytest.mark.parametrize("narrowed", ["", "&team=americas"])
async def test_from_the_wall_to_the_list_the_number_stays(open_tab, still, narrowed):
    tab = await open_tab(still)
    await tab.open(f"/wall?page=response{narrowed}")
    count = tab.page.locator("a.count").first
    said = number(await count.locator(".big").inner_text())
    late = number(await count.locator(".state.overdue").inner_text())
    await count.click()
    await tab.state("live")
    await tab.page.wait_for_function("() => /^\\d/.test(document.querySelector('#title').textContent)")
    assert number(await tab.text("#title")) == said == await rows(tab)
    assert await tab.page.locator("#list .state.overdue").count() == late


async def test_the_wall_leads_to_each_kpi(open_tab, served):
    tab = await open_tab(served)
    await tab.open("/wall?page=response")
    await tab.page.wait_for_selector(".tile")
    await tab.page.locator('.tile[data-kpi="leads_waiting"]').click()
    await tab.state("live")
    assert await tab.text("h1") == "Leads waiting"


async def test_a_list_is_narrowed_sorted_and_taken_along(open_tab, still):
    tab = await open_tab(still)
    await tab.open("/clocks")
    everybody = number(await tab.text("#title"))
    await tab.page.select_option('select[name="team"]', "emea")
    await tab.page.wait_for_function(
        "(was) => !document.querySelector('#title').textContent.startsWith(`${was} `)", arg=str(everybody)
    )
    few = number(await tab.text("#title"))
    assert 0 < few < everybody
    assert set(await tab.page.locator("#list td.team").all_inner_texts()) == {"emea"}
    for name in ("Waiting", "Waiting", "Due"):
        await tab.page.get_by_role("button", name=name, exact=True).click()
        await tab.page.wait_for_timeout(400)
    assert await tab.page.get_attribute('[data-sort="due"]', "aria-sort") == "ascending"
    async with tab.page.expect_download() as waiting:
        await tab.page.click("#csv")
    path = await (await waiting.value).path()
    taken = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert len(taken) == few
    assert {one["team"] for one in taken} == {"emea"}


async def test_every_kpi_has_a_page_that_fits_a_phone(open_tab, served):
    """One tab goes through the whole catalogue; a complaint of the browser on any of them fails."""
    tab = await open_tab(served, SIZES["phone"])
    faults = {}
    for kpi in CATALOGUE.values():
        await tab.open(f"/kpis/{kpi.name}")
        if await tab.text("#meaning") != kpi.meaning or not await tab.text("#formula"):
            faults[kpi.name] = ["it does not say what it means"]
        if found := await tab.faults():
            faults[kpi.name] = found
    assert faults == {}


async def test_a_kpi_that_does_not_exist_is_answered_with_those_that_do(open_tab, served):
    tab = await open_tab(served, expects="404")
    await tab.open("/kpis/leads_waitign", "warned")
    assert "did you mean leads_waiting?" in await tab.text("#notice")
    await tab.shoot("page-unknown-kpi")
