"""Runbooks for people who were woken: what an alert means, what it usually is, what to do, as pages of the board."""

import html
import re
from collections.abc import Iterable, Mapping

from aiohttp import web

from stream_app.board.failures import near
from stream_app.board.page import RUNBOOK
from stream_app.kpis import CATALOGUE
from stream_app.rules import ALERTS, Alert
from stream_app.rules.told import TOLD, Told

BOOKS: Mapping[str, Alert | Told] = {**ALERTS, **TOLD}
"""Everything that has a runbook: alerts by rules of Prometheus, and those that the board tells itself."""
SEVERITIES = {"page": "▲ Act now", "warn": "◆ Look at it today", "none": "○ For nobody"}

# What Prometheus fills in when the alert fires: a label, or the value.
_BLANK = re.compile(r"\{\{.*?\}\}")
_LABEL = re.compile(r"\$labels\.(\w+)")
_CODE = re.compile(r"`([^`]+)`")
# Paths of the board, and words that may name a KPI; text around them is other people's and stays text.
_LINK = re.compile(r"(?<![\w/.])/(?:clocks|kpis|wall|readyz|healthz|metrics|runbooks)\b[\w/?=&-]*|\b[A-Za-z][\w]*\b")


def routes() -> list[web.RouteDef]:
    """Return the routes."""
    return [web.get("/runbooks", index), web.get("/runbooks/{alert}", runbook)]


async def index(_request: web.Request) -> web.Response:
    """Answer the list of all alerts."""
    return RUNBOOK.answer({"title": "Runbooks", "content": _index()})


async def runbook(request: web.Request) -> web.Response:
    """Answer the page of one alert; the list, and names alike, if there is none of that name."""
    name = request.match_info["alert"]
    alert = BOOKS.get(name)
    if alert is not None:
        return RUNBOOK.answer({"title": alert.name, "content": page(alert)})
    alike = "".join(f"<li>{said(one)}</li>" for one in near(name, BOOKS))
    missing = (
        f'<section class="notice"><h2>There is no alert {html.escape(name[:100])}</h2>'
        f"{f'<ul>{alike}</ul>' if alike else ''}</section>"
    )
    return RUNBOOK.answer({"title": "No such alert", "content": missing + _index()}, 404)


def page(alert: Alert | Told) -> str:
    """Return the content of the page of *alert* as HTML."""
    return "".join((
        f'<div class="head"><h1>{html.escape(alert.name)}</h1>{_severity(alert)}</div>',
        f'<p class="lead">{_summary(alert)}</p>',
        f"<section><h2>What to do</h2><ol>{_items(alert.steps)}</ol></section>",
        _meaning(alert),
        f"<section><h2>What it usually is</h2><ul>{_items(alert.causes)}</ul></section>",
        f"<section><h2>When it fires</h2>{_when(alert)}</section>",
    ))  # fmt: skip


def said(text: str) -> str:
    """Return *text* as HTML: what Prometheus fills in as a blank with its name, paths, KPIs and alerts as links."""
    found, end = [], 0
    for blank in _BLANK.finditer(text):
        label = _LABEL.search(blank[0])
        found += [_linked(text[end : blank.start()]), f'<i class="blank">{label[1] if label else "value"}</i>']
        end = blank.end()
    return _CODE.sub(r"<code>\1</code>", "".join([*found, _linked(text[end:])]))


def _linked(text: str) -> str:
    """Return *text* escaped, with its links; the words are looked up before anything is escaped."""
    found, end = [], 0
    for word in _LINK.finditer(text):
        shown = word[0]
        if shown.endswith(("/", "=")):  # what follows is filled in by the reader
            continue
        if shown.startswith("/"):
            to = shown
        elif shown.removeprefix("crm_") in CATALOGUE:
            to = f"/kpis/{shown.removeprefix('crm_')}"
        elif shown in BOOKS:
            to = f"/runbooks/{shown}"
        else:
            continue
        link = f'<a href="{html.escape(to)}">{html.escape(shown)}</a>'
        found += [html.escape(text[end : word.start()]), link]
        end = word.end()
    return "".join([*found, html.escape(text[end:])])


def _items(texts: Iterable[str]) -> str:
    return "".join(f"<li>{said(text)}</li>" for text in texts)


def _severity(alert: Alert | Told) -> str:
    return f'<span class="severity {alert.severity}">{SEVERITIES[alert.severity]}</span>'


def _summary(alert: Alert | Told) -> str:
    return said(alert.summary if isinstance(alert, Alert) else alert.description)


def _meaning(alert: Alert | Told) -> str:
    if isinstance(alert, Told):  # said above
        return ""
    return f"<section><h2>What it means</h2><p>{said(alert.description)}</p></section>"


def _lasting(alert: Alert | Told) -> str:
    return "at once" if isinstance(alert, Told) or alert.lasting in {"0s", "0m"} else alert.lasting


def _when(alert: Alert | Told) -> str:
    if isinstance(alert, Told):
        return f"<p>The board itself tells the Alertmanager, to the second, when {said(alert.when)}.</p>"
    after = "As soon as this holds:" if _lasting(alert) == "at once" else f"When this holds for {alert.lasting}:"
    gate = "<p>It is silent while no new events come in, or the board is not ready.</p>" if alert.fresh else ""
    return f"<p>{after}</p><pre>{html.escape(alert.expr)}</pre>{gate}"


def _index() -> str:
    rows = "".join(
        f'<tr><td class="name"><a href="/runbooks/{alert.name}">{alert.name}</a></td>'
        f'<td class="how">{_severity(alert)}</td><td class="after">{_lasting(alert)}</td>'
        f'<td class="says">{_summary(alert)}</td></tr>'
        for alert in BOOKS.values()
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Alert", "Severity", "After", "Says"))
    return f"<h1>Runbooks</h1><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
