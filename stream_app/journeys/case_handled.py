"""The work on cases: how much of it is open and how old, what was handled, and what was closed on the day it came."""

from __future__ import annotations

from collections.abc import Iterable

from stream_app.journeys.part import Emission, Holding
from stream_app.journeys.state import Case
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

_BY = ("category", "priority", "team", "agent_id")

OPEN = Measure("cases_open", Kind.STOCK, "1", "Open cases by the hour of their opening.", by=_BY, bucket="h")
HANDLED = Measure(
    "cases_handled", Kind.COUNT, "1", "Cases resolved for the first time, or closed without a resolution.", by=_BY
)
SAME_DAY = Measure(
    "cases_closed_same_day", Kind.COUNT, "1", "Cases closed on the business day of their opening, in its cohort.",
    by=("team",),
)  # fmt: skip
MEASURES = (OPEN, HANDLED, SAME_DAY)


def hold(cases: Iterable[Case], stocks: list[Holding]) -> None:
    """Hold the cases that are neither resolved nor closed; the agent is the owner."""
    stocks += [
        (OPEN, case.opened_at, (), (case.category, case.priority, case.team, case.owner_id))
        for case in cases
        if not case.ended and case.resolved_at is None
    ]


def finish(case: Case, at: int, agent: str | None, policies: Policies, out: list[Emission]) -> None:
    """Count a case that was resolved, or closed without, at *at* ms by *agent*."""
    if not case.handled:
        case.handled = True
        out.append((HANDLED, at, 1, (), (case.category, case.priority, case.team, agent), 1))
    if at < policies.calendar(case.team).day_end(case.opened_at):
        case.same_day = True
        out.append((SAME_DAY, case.opened_at, 1, (), (case.opened_team,), 1))


def resume(case: Case, out: list[Emission]) -> None:
    """Take back that a case was closed on its day: it is open again."""
    if case.same_day:
        case.same_day = False
        out.append((SAME_DAY, case.opened_at, 1, (), (case.opened_team,), -1))
