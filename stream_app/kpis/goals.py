"""Goals: what is aimed at, how far one has come, whether the pace is right, and how fast promises are broken."""

from __future__ import annotations

from collections.abc import Mapping

from stream_app.kpis import response, service
from stream_app.kpis.kinds.aims import Aimed, Attained, Bounds, Crossed, Names, Pace, Targets, attainment, met
from stream_app.kpis.kinds.burn import Burn, Promised
from stream_app.kpis.kinds.opening import Opening
from stream_app.kpis.kinds.ratio import Ratio, Variant
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies


def kpis(policies: Policies, others: Mapping[str, Kpi]) -> list[Kpi]:
    """Return the KPIs of this area; *others* are those that may be aimed at."""
    aims = policies.aims
    aimed = Aimed(others, aims.goals)
    return [
        Kpi(
            name="kpi_goal",
            unit="in the unit of the KPI",
            area="goals",
            meaning="The goals that were set.",
            formula=(
                "The bounds of each goal of the policies, or of a goal.set event in its place, by KPI. bound tells "
                "whether it is the least or the most; without a window the goal is for every rolling window."
            ),
            source="A4",
            compute=Targets(aimed),
            windowed=False,
        ),
        Kpi(
            name="kpi_goal_met",
            unit="yes (1) or no (0)",
            area="goals",
            meaning="Whether a number is where it should be.",
            formula="1 where the number is at or above at_least and at or below at_most, else 0; absent without one.",
            source="A4",
            compute=Attained(aimed, met),
            windowed=False,
            direction="up",
        ),
        Kpi(
            name="goal_attainment_ratio",
            unit="ratio",
            area="goals",
            tile=30,
            meaning="How much of a goal is reached; 1 is all of it, and more is more.",
            formula=(
                "Towards at_least: value / goal. Towards at_most: 2 - value / goal, not below 0, so that it is 1 at "
                "the goal and 2 at nothing. Between two bounds 1, outside by the bound that is missed. In a day, "
                "week, month or quarter the value is the one so far."
            ),
            source="A4",
            compute=Attained(aimed, attainment),
            windowed=False,
            direction="up",
        ),
        Kpi(
            name="goal_pace_ratio",
            unit="ratio",
            area="goals",
            meaning="Whether what has come so far in a day, week, month or quarter is enough; 1 is just right.",
            formula=(
                "Value so far / (goal x passed business time / business time of the whole period), for goals of counts "
                "and money with such a window; by UTC days, and by the hours of the goal's team or of the default "
                "calendar. Above 1 is ahead of the goal, which for an upper bound is bad. The numerator is what has "
                "come, the denominator what should have by now, in the unit of the KPI."
            ),
            source="A4",
            compute=Pace(aimed, policies.calendar),
            windowed=False,
        ),
        Kpi(
            name="kpi_threshold",
            unit="in the unit of the KPI",
            area="goals",
            meaning="From which value on somebody should look at a KPI.",
            formula="The bounds warn and critical of the policies, by KPI.",
            source="A4",
            compute=Bounds(aims.thresholds),
            windowed=False,
        ),
        Kpi(
            name="kpi_threshold_crossed",
            unit="yes (1) or no (0)",
            area="goals",
            meaning="Whether somebody should look at a KPI now.",
            formula=(
                "1 when the total is at the bound or beyond it, else 0, by severity; beyond is above where warn is "
                "below critical, and below where it is above."
            ),
            source="A4",
            compute=Crossed(others, aims.thresholds),
            windowed=False,
            direction="down",
        ),
        Kpi(
            name="owner_info",
            unit="always 1",
            area="goals",
            meaning="What owners and agents are called.",
            formula="The names of the policies, by id; join it to any KPI by owner_id to show names.",
            source="field practice",
            compute=Names(policies.owners),
            windowed=False,
        ),
        Kpi(
            name="team_open",
            unit="yes (1) or no (0)",
            area="goals",
            meaning="Whether a team is in its business hours now.",
            formula="1 inside the hours of the team's calendar, else 0; for the teams that the policies list.",
            source="field practice",
            compute=Opening(policies.teams),
            windowed=False,
        ),
        Kpi(
            name="slo_burn_rate",
            unit="times the budget",
            area="goals",
            meaning="How many times faster promises are broken than the objective allows.",
            formula=(
                "(1 - kept / (kept + broken, open and overdue included)) / (1 - objective), by promise, in two windows "
                "for a fast burn and two for a slow one. Act on a speed when both of its windows are above its limit, "
                "for example 10 for fast and 2 for slow."
            ),
            source="A4; Beyer and others 2018",
            compute=_burn(policies),
            by=("team",),
            windowed=False,
            direction="down",
        ),
    ]


def _burn(policies: Policies) -> Burn:
    aims = policies.aims.objectives
    lead, *_ = _variants(response.LEAD_RESPONSE_SLA)
    promises = [Promised("lead_response", lead, aims.response)]
    for variant in _variants(service.CASE_SLA):
        promise = variant.labels["promise"]
        objective = aims.resolution if promise == "resolution" else aims.response
        promises.append(Promised(f"case_{promise}", variant, objective))
    return Burn(tuple(promises), tuple((speed, text) for speed in ("fast", "slow") for text in getattr(aims, speed)))


def _variants(kpi: Kpi) -> tuple[Variant, ...]:
    assert isinstance(kpi.compute, Ratio)
    return kpi.compute.variants
