"""The demo's terminal: the figures as a table that moves, or as one line now and then."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stream_app.demo.figures import WINDOW, Figures, Waiting

ROWS = 8
"""Leads on the screen: with the addresses above them they fill a terminal of 24 lines."""


def picture(figures: Figures, footer: str) -> RenderableType:
    """Return *figures* for a terminal, with the line *footer* under them."""
    value = figures.values.get
    top = Table.grid(padding=(0, 3))
    top.add_row(
        _big("leads waiting", _count(value("leads_waiting"))),
        _big("oldest", _span(value("leads_waiting_oldest_seconds"))),
        _big("at risk", _count(value("leads_at_risk")), "yellow" if value("leads_at_risk") else ""),
        _big("overdue", _count(value("leads_overdue")), "red" if value("leads_overdue") else ""),
        _big(f"response p50, {WINDOW}", _span(figures.response.get("0.5"))),
        _big("p90", _span(figures.response.get("0.9"))),
        _big(f"in time, {WINDOW}", _share(value("lead_response_sla_ratio"))),
    )
    flow = Text(
        f"{figures.events:,} events taken, {_rate(figures.rate)}/s, {_count(figures.lag)} waiting to be folded, "
        f"{figures.dead} dead letters",
        style="dim",
    )
    people = Table("lead", "channel", "owner", "waits", "due in", title="just answered, and the newest that wait")
    for lead in figures.answered:
        people.add_row(lead.relationship, lead.channel, lead.owner, _span(lead.waited), "answered", style="green")
    for lead in figures.waiting[: ROWS - len(figures.answered)]:
        people.add_row(lead.relationship, lead.channel, lead.owner, _span(lead.waited), _due(lead))
    if not people.row_count:
        people.add_row("reading the simulated past ...")
    return Group(top, flow, people, Text(footer, style="dim"))


def line(figures: Figures) -> str:
    """Return *figures* as one line, for output that goes to a file."""
    value = figures.values.get
    return (
        f"leads waiting {_count(value('leads_waiting'))}, oldest {_span(value('leads_waiting_oldest_seconds'))}, "
        f"at risk {_count(value('leads_at_risk'))}, overdue {_count(value('leads_overdue'))} | {WINDOW}: response "
        f"p50 {_span(figures.response.get('0.5'))} p90 {_span(figures.response.get('0.9'))}, "
        f"in time {_share(value('lead_response_sla_ratio'))} | {figures.events:,} events, "
        f"{_rate(figures.rate)}/s, lag {_count(figures.lag)}, dead letters {figures.dead}"
    )


def _big(name: str, value: str, style: str = "") -> Text:
    return Text.assemble((f"{value}\n", f"bold {style}".strip()), (name, "dim"))


def _due(lead: Waiting) -> Text:
    if lead.due_in is None:
        return Text("-")
    if lead.due_in < 0:
        return Text(f"{_span(-lead.due_in)} ago", style="red")
    return Text(_span(lead.due_in))


def _count(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _span(seconds: float | None) -> str:
    """Return a duration as people say it: 47 s, 3.5 min, 2.1 h, 5 d."""
    if seconds is None:
        return "-"
    for size, name, digits in ((86_400, "d", 1), (3_600, "h", 1), (60, "min", 1), (1, "s", 0)):
        if abs(seconds) >= size * 1.5 or size == 1:
            return f"{seconds / size:.{digits}f} {name}"
    raise AssertionError(seconds)  # every number is longer or shorter than 1.5 s
