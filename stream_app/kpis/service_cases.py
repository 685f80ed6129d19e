"""Service, the work: cases handled, open and how old, closed on their day; complaints; what service sells."""

from __future__ import annotations

from stream_app.journeys import call, case, case_handled, case_resolution, service_revenue
from stream_app.kpis.kinds.aged import Aged
from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kinds.per import Per
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.standing import Standing
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies

_DAY_MS = 86_400_000
_AGES = (("0-1d", _DAY_MS), ("1-3d", 3 * _DAY_MS), ("3-7d", 7 * _DAY_MS), ("7-30d", 30 * _DAY_MS))
_OLDEST = "30d+"

CASES_HANDLED = Kpi(
    name="cases_handled",
    unit="cases",
    area="service",
    meaning="Cases that the service team brought to an end.",
    formula=(
        "Cases resolved for the first time, or closed without ever being resolved, at that time; merged ones are not "
        "counted. By agent: who resolved it, else its owner; nobody where a machine did."
    ),
    source="A1, A2, A3",
    compute=Tally(case_handled.HANDLED),
    by=("category", "priority", "team", "agent_id"),
    direction="up",
)

CASES_OPEN = Kpi(
    name="cases_open",
    unit="cases",
    area="service",
    tile=8,
    meaning="Cases that are open right now: the queue, and by agent what each of them has on the desk.",
    formula="Cases opened and neither resolved, closed nor merged, paused ones included. By agent: the owner.",
    source="A1, A3",
    compute=Standing(case_handled.OPEN),
    by=("category", "priority", "team", "agent_id"),
    windowed=False,
    direction="down",
)

CASES_OPEN_BY_AGE = Kpi(
    name="cases_open_by_age",
    unit="cases",
    area="service",
    tile=20,
    meaning="Cases that are open right now, by how long ago they were opened.",
    formula=(
        "The cases of cases_open by now minus the hour of case.opened: up to 1, 3, 7 and 30 days, and older; the hour "
        "at the edge counts as younger. The bands add up to cases_open."
    ),
    source="A1, A3",
    compute=Aged(case_handled.OPEN, _AGES, _OLDEST),
    by=("priority", "team"),
    windowed=False,
    direction="down",
)

CASE_SAME_DAY = Kpi(
    name="case_same_day_ratio",
    unit="ratio",
    area="service",
    meaning="Share of cases that were closed on the business day on which they came in.",
    formula=(
        "Cases resolved or closed before the midnight that ends the business day of their opening, and not opened "
        "again since / cases opened, both in the window of the opening. The day is that of the calendar and zone of "
        "the team that closed it; a case that comes while the team is closed belongs to the next day that opens. By "
        "team: the team at the opening. Provisional until the day is over."
    ),
    source="A1",
    compute=Ratio((Variant((Counted(case_handled.SAME_DAY),), (Counted(case.OPENED),)),)),
    by=("team",),
    direction="up",
)

COMPLAINT_RESOLUTION = Kpi(
    name="complaint_resolution_seconds",
    unit="seconds",
    area="service",
    meaning="How long it took to resolve a complaint.",
    formula="As case_resolution_seconds, over cases of the category complaint alone.",
    source="A1, A3",
    compute=Distribution(case_resolution.COMPLAINT),
    by=("priority", "team"),
    direction="down",
)


def revenue_per_interaction(policies: Policies) -> Kpi:
    """Return the KPI of what service sells, in the reporting currency."""
    money = policies.money
    return Kpi(
        name=f"revenue_per_service_interaction_{money.unit}",
        unit=money.unit,
        area="service",
        meaning="Revenue that came out of service, per case and service call.",
        formula=(
            "Money of orders that name a case, and of won deals that an earlier call to the service team was about, "
            "net of refunds, at the time of the order or the winning / (cases "
            "opened + calls to the service team), same window. By team: the team of the case or call. Amounts "
            "without a rate are left out."
        ),
        source="A1, A3",
        compute=Per(service_revenue.REVENUE, (Counted(case.OPENED), Counted(call.ARRIVED)), money.major),
        by=("team",),
        direction="up",
    )


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs on the work of the service team."""
    return (
        CASES_HANDLED,
        CASES_OPEN,
        CASES_OPEN_BY_AGE,
        CASE_SAME_DAY,
        COMPLAINT_RESOLUTION,
        revenue_per_interaction(policies),
    )
