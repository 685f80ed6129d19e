"""Service on the telephone: how soon calls are answered, how many are lost, what they take, who calls again."""

from __future__ import annotations

from stream_app.journeys import call, repeat_contact
from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kinds.ratio import Counted, Ratio, Variant
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kinds.waiting import Oldest, Open
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies

_COHORT = "A call counts in the window in which it arrived, whenever its wait ends."
_ANSWERED, _ABANDONED = Counted(call.OUTCOME, ("answered",)), Counted(call.OUTCOME, ("abandoned",))
_INSTEAD = Counted(call.OUTCOME, ("callback",))
_BY_QUEUE = ("queue",)
_BY_TEAM = ("queue", "team")

SERVICE_CALLS = Kpi(
    name="service_calls",
    unit="calls",
    area="service",
    meaning="Calls to the service team; the window of 24 h shows the calls of a day.",
    formula="call.queued events with direction in, by the time of their arrival; a transfer is no second call.",
    source="A1, A2, A3",
    compute=Tally(call.ARRIVED),
    by=_BY_QUEUE,
)

CALL_OUTCOMES = Kpi(
    name="call_outcomes",
    unit="calls",
    area="service",
    meaning="Calls to the service team by how their wait ended.",
    formula=(
        "answered; callback: one was promised in place of the wait, before the caller hung up or after; short_abandon: "
        f"hung up before the short-abandon time (setting, 5 s); abandoned: hung up later. {_COHORT}"
    ),
    source="A1, A3",
    compute=Tally(call.OUTCOME, closed=("answered", "abandoned", "short_abandon", "callback")),
    by=_BY_QUEUE,
)

CALL_ANSWER = Kpi(
    name="call_answer_seconds",
    unit="seconds",
    area="service",
    tile=15,
    meaning="How long callers waited in the queue until an agent answered (average speed of answer).",
    formula=f"Time of call.answered minus time of call.queued, of answered calls; calendar time. {_COHORT}",
    source="A1, A2, A3",
    compute=Distribution(call.ANSWERED),
    by=_BY_QUEUE,
    direction="down",
    clock=call.CLOCK,
    ignored=call.IGNORED,
)

ABANDON = Kpi(
    name="call_abandon_ratio",
    unit="ratio",
    area="service",
    tile=16,
    meaning="Share of callers who hung up before anybody answered.",
    formula=(
        "Abandoned / (answered + abandoned + those promised a callback). Who hung up within the short-abandon time "
        f"(setting, 5 s) is in neither; who was promised a callback did not abandon. {_COHORT}"
    ),
    source="A1, A3",
    compute=Ratio((Variant((_ABANDONED,), (_ANSWERED, _ABANDONED, _INSTEAD)),)),
    by=_BY_QUEUE,
    direction="down",
    ignored=call.IGNORED,
)

CALL_HANDLE = Kpi(
    name="call_handle_seconds",
    unit="seconds",
    area="service",
    tile=19,
    meaning="How long an agent was busy with a call: talk, hold and wrap-up.",
    formula=(
        "Time of call.wrapped minus time of call.answered, holds included; until the wrap-up is reported, time of "
        f"call.ended. Mean: total / calls handled. {_COHORT}"
    ),
    source="A1, A2, A3",
    compute=Distribution(call.HANDLE),
    by=("queue", "agent_id"),
)

CALLS_HANDLED = Kpi(
    name="calls_handled",
    unit="calls",
    area="service",
    meaning="Calls that the agents brought to an end.",
    formula="Answered calls to the service team, when their conversation ended; by the agent who answered.",
    source="A1, A3",
    compute=Tally(call.HANDLED),
    by=("agent_id",),
)

CALLS_WAITING = Kpi(
    name="calls_waiting",
    unit="calls",
    area="service",
    tile=21,
    meaning="Callers who wait in a queue right now.",
    formula="Calls queued and neither answered, ended, given up nor promised a callback.",
    source="A1, A3",
    compute=Open(((call.CLOCK, ()),)),
    by=_BY_TEAM,
    windowed=False,
    direction="down",
    clock=call.CLOCK,
)

CALLS_WAITING_OLDEST = Kpi(
    name="calls_waiting_oldest_seconds",
    unit="seconds",
    area="service",
    meaning="The longest wait of the callers who wait right now.",
    formula="Now minus the earliest call.queued among the waiting calls; absent when nobody waits.",
    source="A1, A3",
    compute=Oldest(call.CLOCK),
    by=_BY_TEAM,
    windowed=False,
    direction="down",
    clock=call.CLOCK,
)


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs of the telephone, with the service levels and horizons of *policies*."""
    service_level = Kpi(
        name="service_level_ratio",
        unit="ratio",
        area="service",
        tile=14,
        meaning="Share of calls that were answered in time.",
        formula=(
            "Calls answered within the service level (setting, 20 s) / (answered + abandoned). Who hung up within the "
            f"short-abandon time, or was promised a callback, is in neither. {_COHORT}"
        ),
        source="A1, A2, A3",
        compute=Ratio(
            tuple(
                Variant((Counted(call.IN_TIME, (name,)),), (_ANSWERED, _ABANDONED), {"within": name})
                for name in policies.calls.service_levels
            )
        ),
        by=_BY_QUEUE,
        direction="up",
        ignored=call.IGNORED,
    )
    repeated = Kpi(
        name="repeat_contact_ratio",
        unit="ratio",
        area="service",
        meaning="Share of calls from somebody who had called not long before.",
        formula=(
            "Calls that arrived within the horizon (setting, 7 d) after the latest earlier call of the same "
            "relationship / calls. Calls are call.queued with direction in, and inbound human interactions of the "
            "medium call that name no call_id."
        ),
        source="A1, A3",
        compute=Ratio(
            tuple(
                Variant(
                    (Counted(repeat_contact.REPEATED, (name,)),),
                    (Counted(repeat_contact.CONTACTS),),
                    {"horizon": name},
                )
                for name in policies.calls.repeat_contact
            )
        ),
        by=("team",),
        direction="down",
    )
    return (
        SERVICE_CALLS,
        CALL_OUTCOMES,
        CALL_ANSWER,
        service_level,
        ABANDON,
        CALL_HANDLE,
        CALLS_HANDLED,
        CALLS_WAITING,
        CALLS_WAITING_OLDEST,
        repeated,
    )
