"""The wall on the screens that it hangs on: nothing cut or covered, keys and address obeyed."""

import re

import pytest

from stream_app.board.wall.pages import PAGES
from tests.browser.tab import SIZES

NAMES = [page.name for page in PAGES]


@pytest.mark.parametrize("page", NAMES)
async def test_every_page_fits_every_screen(open_tab, served, page):
    tab = await open_tab(served)
    await tab.open(f"/wall?page={page}")
    await tab.page.wait_for_selector(".tile")
    faults = {}
    for name, size in SIZES.items():
        await tab.resize(size)
        if found := await tab.faults():
            faults[name] = found
        if name != "phone" and await tab.page.evaluate("document.documentElement.scrollHeight > innerHeight + 1"):
            faults.setdefault(name, []).append("a wall does not scroll")
        await tab.shoot(f"wall-{page}-{name}", whole=name == "phone")
    assert faults == {}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("page", NAMES)
async def test_nobody_is_kept_out(open_tab, served, page, theme):
    tab = await open_tab(served)
    await tab.open(f"/wall?page={page}&theme={theme}")
    await tab.page.wait_for_selector(".tile")
    assert await tab.page.evaluate("document.documentElement.dataset.theme") == theme
    assert await tab.barriers() == []
    if theme == "light":
        await tab.shoot(f"wall-{page}-light")


async def shown(tab) -> str:
    return str(await tab.page.get_attribute('nav [aria-current="page"]', "value"))


async def test_arrows_turn_the_pages_round_and_round(open_tab, served):
    tab = await open_tab(served)
    await tab.open("/wall")
    seen = [await shown(tab)]
    for _ in NAMES:
        before = seen[-1]
        await tab.page.keyboard.press("ArrowRight")
        await tab.page.wait_for_function(
            "(was) => document.querySelector('nav [aria-current]').value !== was", arg=before
        )
        seen.append(await shown(tab))
    await tab.page.keyboard.press("ArrowLeft")
    await tab.page.wait_for_function("() => document.querySelector('nav [aria-current]').value === 'adoption'")
    assert seen == [*NAMES, NAMES[0]]
    assert "page=adoption" in tab.page.url


async def test_keys_change_theme_window_and_show_the_help(open_tab, served):
    tab = await open_tab(served)
    await tab.open("/wall?page=response")
    await tab.page.keyboard.press("t")
    assert await tab.page.evaluate("document.documentElement.dataset.theme") == "light"
    assert "theme=light" in tab.page.url
    await tab.page.keyboard.press("w")
    await tab.page.wait_for_function("() => document.querySelector('.tile .foot').textContent.startsWith('last 7d')")
    await tab.page.keyboard.press("?")
    assert await tab.page.is_visible("#help")
    assert await tab.barriers() == []
    await tab.shoot("wall-help")
    await tab.page.keyboard.press("ArrowRight")
    assert await shown(tab) == "response", "keys do nothing behind the help"
    await tab.page.keyboard.press("Escape")
    assert not await tab.page.is_visible("#help")


async def test_space_stops_and_starts_the_turning(open_tab, served):
    tab = await open_tab(served)
    await tab.open("/wall?rotate=600")
    await tab.page.wait_for_selector("#turning", state="visible")
    await tab.page.keyboard.press("Space")
    await tab.page.wait_for_selector("#turning", state="hidden")
    await tab.page.keyboard.press("Space")
    await tab.page.wait_for_selector("#turning", state="visible")


async def test_an_address_turns_pages_by_itself(open_tab, served):
    tab = await open_tab(served)
    await tab.open("/wall?page=sales&rotate=2")
    assert await shown(tab) == "sales"
    await tab.page.wait_for_function("() => document.querySelector('nav [aria-current]').value === 'service'")


async def test_an_address_narrows_to_a_team(open_tab, served):
    tab = await open_tab(served)
    await tab.open("/wall?page=response&team=emea&theme=light")
    assert await tab.text("#narrow") == "team: emea"
    where = await tab.page.locator("#late .where, #soon .where").all_inner_texts()
    assert where
    assert [one for one in where if "emea" not in one] == []
    assert await tab.page.locator(".tile h3 .where", has_text="everybody").count() > 0, "not every KPI knows teams"
    await tab.shoot("wall-team")


@pytest.mark.parametrize("size", SIZES)
async def test_revenue_of_today_is_held_against_its_plan(open_tab, served, size):
    tab = await open_tab(served, SIZES[size])
    await tab.open("/wall")
    tile = tab.page.locator(".tile[data-kpi=revenue_new_eur]")
    said = await tile.locator(".pace span").first.inner_text()
    assert re.fullmatch(r"[✓✗] pace \d+\.\d\d" + ("" if size == "phone" else " of plan by now"), said)
    assert await tile.locator(".foot").evaluate(
        "(node) => node.offsetTop + node.offsetHeight <= node.parentNode.clientHeight"
    )
    assert re.fullmatch(r"today €\S+ of €200K", await tile.locator(".so-far").inner_text())
    # The notch says where it should be by now; a page that is drawn anew meanwhile has another bar.
    await tab.page.wait_for_function(
        """() => {
            const bar = document.querySelector(".tile[data-kpi=revenue_new_eur] .plan")
            const notch = bar && parseFloat(getComputedStyle(bar, "::after").left)
            return notch > 0 && notch < bar.getBoundingClientRect().width
        }"""
    )


async def test_an_address_that_means_nothing_is_answered_with_what_there_is(open_tab, served):
    tab = await open_tab(served, expects="400")
    await tab.open("/wall?page=slaes", "warned")
    await tab.page.wait_for_selector("#notice", state="visible")
    assert "did you mean sales?" in await tab.text("#notice")
    await tab.shoot("wall-wrong-address")


async def test_a_countdown_goes_on_between_two_messages(open_tab, served):
    tab = await open_tab(served)
    await tab.open("/wall")
    first = await tab.text("#urgent .left")
    await tab.page.wait_for_function("(was) => document.querySelector('#urgent .left').textContent !== was", arg=first)
