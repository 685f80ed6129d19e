"""Runbooks on the board: every alert has its page, with links that lead somewhere and nothing but text from texts."""

import html
import re

import pytest

from stream_app.board.runbooks import BOOKS, page, said
from stream_app.kpis import CATALOGUE
from stream_app.rules import ALERTS, Alert
from stream_app.rules.told import TOLD


async def read(browser, path: str, status: int = 200) -> str:
    async with browser.client.get(path) as response:
        assert response.status == status
        assert response.content_type == "text/html"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        text: str = await response.text()
        assert not re.search(r"<!--|\{\{|\sstyle=", text)
        return text


@pytest.mark.parametrize("name", BOOKS)
async def test_every_alert_has_a_page_with_all_that_is_declared(ready, name):
    alert, text = BOOKS[name], await read(ready, f"/runbooks/{name}")
    told = html.unescape(re.sub(r"<[^>]+>", "", text))
    assert (alert.expr if isinstance(alert, Alert) else alert.when.replace("`", "")) in told
    for sentence in (alert.description, *alert.causes, *alert.steps):
        for part in re.split(r"\{\{.*?\}\}", sentence):
            assert part.replace("`", "") in told
    assert text.count("<li>") == len(alert.causes) + len(alert.steps)


@pytest.mark.parametrize("name", BOOKS)
async def test_links_lead_somewhere(ready, name):
    for path in map(html.unescape, re.findall(r'href="(/[^"]*)"', page(BOOKS[name]))):
        if path.startswith("/kpis/"):  # that page is there whatever is asked
            assert path.removeprefix("/kpis/") in CATALOGUE
        async with ready.client.get(path) as response:
            assert response.status in {200, 503}


async def test_the_list_has_them_all(ready):
    text = await read(ready, "/runbooks")
    assert re.findall(r'<td class="name"><a href="/runbooks/(\w+)"', text) == [*ALERTS, *TOLD]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param("CrmLeadOverdu", "CrmLeadOverdue", id="misspelt"),
        pytest.param("%3Cscript%3Ealert(1)%3C%2Fscript%3E", "There is no alert &lt;script&gt;", id="no HTML"),
        pytest.param("x" * 5000, "There is no alert", id="long"),
    ],
)
async def test_another_name_gets_the_list(ready, asked, told):
    text = await read(ready, f"/runbooks/{asked}", 404)
    assert told in text
    assert "<script>" not in text
    assert "x" * 101 not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a < b & c", "a &lt; b &amp; c", id="escaped"),
        pytest.param(
            "{{ $labels.team }}: {{ $value | humanize }}",
            '<i class="blank">team</i>: <i class="blank">value</i>',
            id="blanks",
        ),
        pytest.param(
            'Open /clocks?clock=a&state=overdue, "now".',
            'Open <a href="/clocks?clock=a&amp;state=overdue">/clocks?clock=a&amp;state=overdue</a>, &quot;now&quot;.',
            id="a path",
        ),
        pytest.param("<i> in /clocks", '&lt;i&gt; in <a href="/clocks">/clocks</a>', id="escaped before a link"),
        pytest.param("look at leads_overdue.", 'look at <a href="/kpis/leads_overdue">leads_overdue</a>.', id="a kpi"),
        pytest.param("crm_leads_overdue", '<a href="/kpis/leads_overdue">crm_leads_overdue</a>', id="a gauge"),
        pytest.param(
            "see CrmLeadOverdue", 'see <a href="/runbooks/CrmLeadOverdue">CrmLeadOverdue</a>', id="another alert"
        ),
        pytest.param("and/or /etc/passwd x/clocks", "and/or /etc/passwd x/clocks", id="other slashes"),
        pytest.param("set `a < b` now", "set <code>a &lt; b</code> now", id="code"),
        pytest.param("<b onclick='x'>", "&lt;b onclick=&#x27;x&#x27;&gt;", id="no tags"),
    ],
)
def test_a_text_is_said_with_its_links(text, shown):
    assert said(text) == shown


def test_nothing_that_an_alert_says_is_html():
    evil = "<script>alert(1)</script>"
    text = page(Alert("A" + evil, "page", evil, "1m", evil, evil, evil, (evil,), (evil,), ()))
    assert "<script" not in text
