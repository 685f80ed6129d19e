"""Response: how long a lead waits for a human, who waits now, and whether the promise was kept."""

from __future__ import annotations

from stream_app.journeys import lead
from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kinds.matured import ByResponse
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.survival import Survival
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kinds.waiting import Ages, Broken, Oldest, Open, at_risk, overdue
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies
from stream_app.policies.durations import write_ms

_BY = ("channel", "team", "owner_id")
_WAITING = ((lead.CLOCK, ()),)

LEAD_RESPONSE = Kpi(
    name="lead_response_seconds",
    unit="seconds",
    area="response",
    tile=1,
    meaning="How long answered leads waited for the first human outbound touch.",
    formula=(
        "Time of the first outbound interaction that is neither automated nor internal (or of an inbound call that "
        "somebody took), minus the time of lead.created (since=created) or of the latest assignment "
        "(since=assigned); in calendar time and in the business time of the team. Counted when the answer was given."
    ),
    source="A0, A1, A4",
    compute=Distribution(lead.RESPONSE, quantiles=(0.5, 0.9, 0.99)),
    by=_BY,
    direction="down",
    clock=lead.CLOCK,
    ignored=lead.IGNORED,
)

LEAD_RESPONSE_KM = Kpi(
    name="lead_response_km_seconds",
    unit="seconds",
    area="response",
    tile=13,
    meaning="How long leads wait for an answer when those who still wait count too.",
    formula=(
        "Kaplan-Meier quantile over the leads that arrived in the window: leads that still wait, or that went away "
        "unanswered, count as censored at their wait so far. Absent while too few were answered to know."
    ),
    source="A0; Kaplan and Meier 1958",
    compute=Survival(lead.SURVIVAL, lead.CLOCK),
    by=("channel", "team"),
    direction="down",
    clock=lead.CLOCK,
)

LEADS_WAITING = Kpi(
    name="leads_waiting",
    unit="leads",
    area="response",
    tile=3,
    meaning="Leads that wait for a human right now.",
    formula="Leads created and not yet touched, converted, disqualified.",
    source="A0",
    compute=Open(_WAITING),
    by=_BY,
    windowed=False,
    direction="down",
    clock=lead.CLOCK,
)

LEADS_WAITING_OLDEST = Kpi(
    name="leads_waiting_oldest_seconds",
    unit="seconds",
    area="response",
    meaning="How long the lead that has waited longest has waited.",
    formula="Now minus the earliest lead.created among the leads that wait; calendar time.",
    source="A0",
    compute=Oldest(lead.CLOCK),
    by=_BY,
    windowed=False,
    direction="down",
    clock=lead.CLOCK,
)

LEADS_WAITING_AGE = Kpi(
    name="leads_waiting_seconds",
    unit="seconds",
    area="response",
    meaning="How long the leads that wait now have waited so far.",
    formula="Quantile of now minus lead.created over the leads that wait; calendar time.",
    source="A0",
    compute=Ages(lead.CLOCK),
    by=_BY,
    windowed=False,
    direction="down",
    clock=lead.CLOCK,
)

LEADS_AT_RISK = Kpi(
    name="leads_at_risk",
    unit="leads",
    area="response",
    meaning="Waiting leads that have used up most of the time they were promised.",
    formula="Waiting leads past the risk share (80 %) of their target in business time and not yet overdue.",
    source="A0",
    compute=Open(_WAITING, at_risk),
    by=_BY,
    windowed=False,
    direction="down",
    clock=lead.CLOCK,
)

LEADS_OVERDUE = Kpi(
    name="leads_overdue",
    unit="leads",
    area="response",
    tile=12,
    meaning="Waiting leads whose promised response time has passed.",
    formula="Waiting leads past 100 % of their target; imported history is left out.",
    source="A0",
    compute=Open(_WAITING, overdue),
    by=_BY,
    windowed=False,
    direction="down",
    clock=lead.CLOCK,
)

_MET = Counted(lead.OUTCOME, ("met",))
_BREACHED = Counted(lead.OUTCOME, ("breached",))

LEAD_RESPONSE_SLA = Kpi(
    name="lead_response_sla_ratio",
    unit="ratio",
    area="response",
    tile=2,
    meaning="Share of first-response promises that were kept.",
    formula=(
        "Met / (met + breached). A promise is met when it is answered in time and breached at its due time, "
        "whether or not anybody has answered since."
    ),
    source="A0, A1",
    compute=Ratio((Variant((_MET,), (_MET, _BREACHED, Broken(lead.CLOCK))),)),
    by=_BY,
    direction="up",
    clock=lead.CLOCK,
)

SPEED_TO_LEAD = Kpi(
    name="speed_to_lead_seconds",
    unit="seconds",
    area="response",
    tile=14,
    meaning="Where the time goes between a signal and the first real conversation.",
    formula=(
        "Five stamps: signal, captured in the CRM, routed to somebody, first human touch, first contact both ways. "
        "One duration per gap, named after its end; the gaps add up to the whole."
    ),
    source="A0",
    compute=Distribution(lead.GAP),
    by=("channel", "team"),
    direction="down",
)

LEAD_RESPONSES_OFF_HOURS = Kpi(
    name="lead_responses_off_hours",
    unit="leads",
    area="response",
    meaning="Leads that came and were answered while their team was closed.",
    formula="Answered leads with no business time between arrival and answer; their business response time is 0.",
    source="A4",
    compute=Tally(lead.OFF_HOURS),
    by=_BY,
)


def _by_response(policies: Policies) -> Kpi:
    return Kpi(
        name="conversion_by_response_ratio",
        unit="ratio",
        area="response",
        tile=19,
        meaning="How many leads convert, by how soon they were answered.",
        formula=(
            f"Converted within {write_ms(policies.lead_maturity_ms)} of arrival / arrived, among the leads of the "
            "window that are older than that, to the pane; by the wait for the first human touch: up to 5m, 30m, 1h, "
            "4h, 24h, later, never. Calendar time. Low and high are the 95 % interval of Wilson. It is observed, not "
            "tried: it does not say what a faster answer would have done."
        ),
        source="A0; Wilson 1927",
        compute=ByResponse(policies.lead_maturity_ms),
        by=("channel",),
        direction="up",
    )


KPIS = (
    LEAD_RESPONSE,
    LEAD_RESPONSE_KM,
    LEADS_WAITING,
    LEADS_WAITING_OLDEST,
    LEADS_WAITING_AGE,
    LEADS_AT_RISK,
    LEADS_OVERDUE,
    LEAD_RESPONSE_SLA,
    SPEED_TO_LEAD,
    LEAD_RESPONSES_OFF_HOURS,
)


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs of this area, with the maturity of leads in *policies*."""
    return (*KPIS, _by_response(policies))
