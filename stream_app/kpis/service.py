"""Service: how long customers of a case wait for an answer and for a solution, and which promises are in danger."""

from __future__ import annotations

from stream_app.journeys import case, case_promises, case_resolution
from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant, Whole
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kinds.waiting import Broken, Open, at_risk, overdue
from stream_app.kpis.kpi import Kpi

_RESPONSE_BY = ("channel", "priority", "team")
_SERVICE_BY = ("category", "priority", "team")
_PROMISES = (("first", "case_first_response"), ("next", "case_next_response"), ("resolution", "case_resolution"))
_CLOCKS = tuple((clock, (("promise", promise),)) for promise, clock in _PROMISES)
_REPLY = "A reply counts when it is public and human; a reopening and the customer's next word after a bot start anew."

CASE_FIRST_RESPONSE = Kpi(
    name="case_first_response_seconds",
    unit="seconds",
    area="service",
    tile=11,
    meaning="How long customers waited for the first human reply to their case.",
    formula=f"First public human reply minus the start of the wait; calendar and business time. {_REPLY}",
    source="A4",
    compute=Distribution(case.FIRST),
    by=_RESPONSE_BY,
    direction="down",
    clock="case_first_response",
    ignored=case.IGNORED,
)

CASE_NEXT_RESPONSE = Kpi(
    name="case_next_response_seconds",
    unit="seconds",
    area="service",
    meaning="How long customers waited for an answer to a later message.",
    formula=f"Public human reply minus the first unanswered customer message of the turn. {_REPLY}",
    source="A4",
    compute=Distribution(case.NEXT),
    by=_RESPONSE_BY,
    direction="down",
    clock="case_next_response",
    ignored=case.IGNORED,
)

INQUIRY_RESPONSE = Kpi(
    name="inquiry_response_seconds",
    unit="seconds",
    area="service",
    meaning="How long any customer message of a case waited for a human, on average.",
    formula=(
        "Total waiting time of first and next responses / number of responses. By agent: who replied, else the owner."
    ),
    source="A4",
    compute=Distribution(case.INQUIRY),
    by=(*_RESPONSE_BY, "agent_id"),
    direction="down",
    ignored=case.IGNORED,
)

CASES_OPENED = Kpi(
    name="cases_opened",
    unit="cases",
    area="service",
    meaning="Cases that were opened.",
    formula="case.opened events.",
    source="A1, A2",
    compute=Tally(case.OPENED),
    by=_SERVICE_BY,
)

CASE_RESOLUTION = Kpi(
    name="case_resolution_seconds",
    unit="seconds",
    area="service",
    tile=12,
    meaning="How long it took to resolve a case.",
    formula=(
        "Time of case.resolved minus time of case.opened. form=first: the first resolution; form=full: the latest, "
        "taken back when the case opens again; form=without_customer: the first, less the time spent paused. By "
        "agent: who resolved it, else the owner."
    ),
    source="A1, A2, A3",
    compute=Distribution(case_resolution.RESOLUTION),
    by=(*_SERVICE_BY, "agent_id"),
    direction="down",
)

CASE_REOPEN = Kpi(
    name="case_reopen_ratio",
    unit="ratio",
    area="service",
    tile=18,
    meaning="Share of resolved cases that were opened again.",
    formula=(
        "Cases reopened at least once / cases resolved, both in the window of the first resolution. By reason: those "
        "first reopened for it / all cases resolved."
    ),
    source="A1, A3",
    compute=Ratio(
        (
            Variant(
                (Counted(case_resolution.REOPENED),),
                (Whole(case_resolution.RESOLVED, "reason", case_resolution.REOPENED),),
            ),
        )
    ),
    by=("category", "team", "reason"),
    direction="down",
)

CASE_SLA = Kpi(
    name="case_sla_ratio",
    unit="ratio",
    area="service",
    tile=13,
    meaning="Share of promises on cases that were kept.",
    formula=(
        "Met / (met + breached, open and overdue included), by promise: first, next, resolution. A promise that was "
        "not broken when a bot took over, or when the case was resolved or closed unanswered, has no outcome. A new "
        "priority or team changes what is promised from then on; what was broken before stays broken, under the "
        "policy and priority of that time."
    ),
    source="A1, A3",
    compute=Ratio(
        tuple(
            Variant(
                (Counted(case_promises.OUTCOME, (promise, "met")),),
                (
                    Counted(case_promises.OUTCOME, (promise, "met")),
                    Counted(case_promises.OUTCOME, (promise, "breached")),
                    Broken(clock),
                ),
                {"promise": promise},
            )
            for promise, clock in _PROMISES
        )
    ),
    by=("policy", "priority", "team"),
    direction="up",
)

CASES_WAITING = Kpi(
    name="cases_waiting",
    unit="promises",
    area="service",
    meaning="Promises on cases that run right now.",
    formula="Open clocks of cases, by promise.",
    source="A1",
    compute=Open(_CLOCKS),
    by=("channel", "priority", "team", "owner_id"),
    windowed=False,
    direction="down",
    clock="case_first_response",
)

CASES_AT_RISK = Kpi(
    name="cases_at_risk",
    unit="promises",
    area="service",
    meaning="Promises on cases that have used up most of their time.",
    formula="Open clocks past the risk share (80 %) of their target and not yet overdue.",
    source="A1",
    compute=Open(_CLOCKS, at_risk),
    by=("channel", "priority", "team", "owner_id"),
    windowed=False,
    direction="down",
    clock="case_first_response",
)

CASES_OVERDUE = Kpi(
    name="cases_overdue",
    unit="promises",
    area="service",
    tile=10,
    meaning="Promises on cases whose time has passed.",
    formula="Open clocks past 100 % of their target; imported history is left out.",
    source="A1",
    compute=Open(_CLOCKS, overdue),
    by=("channel", "priority", "team", "owner_id"),
    windowed=False,
    direction="down",
    clock="case_first_response",
)

KPIS = (
    CASE_FIRST_RESPONSE,
    CASE_NEXT_RESPONSE,
    INQUIRY_RESPONSE,
    CASES_OPENED,
    CASE_RESOLUTION,
    CASE_REOPEN,
    CASE_SLA,
    CASES_WAITING,
    CASES_AT_RISK,
    CASES_OVERDUE,
)
