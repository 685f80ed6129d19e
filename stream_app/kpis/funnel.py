"""Funnel: how many come in, how far they get, how long it takes and where they are lost."""

from __future__ import annotations

from stream_app.journeys import contact, funnel, lead, lead_conversion, lead_prospects
from stream_app.kpis.kinds.distribution import Distribution
from stream_app.kpis.kinds.funnels import OverFunnels, converted, dropped, entered, in_progress
from stream_app.kpis.kinds.matured import Matured
from stream_app.kpis.kinds.rate import PerDay
from stream_app.kpis.kinds.ratio import RATIO_PARTS, Counted, Ratio, Variant
from stream_app.kpis.kinds.standing import Standing
from stream_app.kpis.kinds.tally import Tally
from stream_app.kpis.kpi import Kpi
from stream_app.policies import Policies
from stream_app.policies.durations import write_ms

_BY = ("channel", "campaign")
_LEAD_BY = ("channel", "campaign", "team")
_COHORT = "Counted in the window of the entry, so a step never outnumbers the one before it."


def kpis(policies: Policies) -> tuple[Kpi, ...]:
    """Return the KPIs of this area for the funnels of *policies*."""
    funnels = policies.funnels
    return (
        Kpi(
            name="funnel_stage_entered",
            unit="entities",
            area="funnel",
            tile=5,
            meaning="How many reached each step of a funnel.",
            formula=f"Entities that entered in the window and reached the step within the time to convert. {_COHORT}",
            source="A0, A1, A4",
            compute=OverFunnels(funnels, entered),
            by=_BY,
            direction="up",
            ignored=None,
        ),
        Kpi(
            name="funnel_stage_conversion_ratio",
            unit="ratio",
            area="funnel",
            meaning="Share of those at one step who reached the next.",
            formula=f"Reached this step / reached the step before. {_COHORT}",
            source="A1, A4",
            compute=OverFunnels(funnels, converted, RATIO_PARTS),
            by=_BY,
            direction="up",
        ),
        Kpi(
            name="funnel_drop_off_ratio",
            unit="ratio",
            area="funnel",
            meaning="Share of those at a step who were lost there for good.",
            formula=(
                "(Reached the step - reached the next - still in progress) / reached the step. Nobody is lost before "
                f"the time to convert has passed, unless by an exit. {_COHORT}"
            ),
            source="A1, A4",
            compute=OverFunnels(funnels, dropped, RATIO_PARTS),
            by=_BY,
            direction="down",
        ),
        Kpi(
            name="funnel_in_progress",
            unit="entities",
            area="funnel",
            meaning="How many stand at a step and may still convert.",
            formula="Entities whose furthest step this is and whose time to convert has not passed, to the pane.",
            source="A1",
            compute=OverFunnels(funnels, in_progress),
            by=_BY,
        ),
        Kpi(
            name="funnel_stage_seconds",
            unit="seconds",
            area="funnel",
            meaning="How long it takes from one step to the next.",
            formula=f"Time of the step minus the time of the step reached before it. {_COHORT}",
            source="A1, A4",
            compute=Distribution(funnel.STEP_TIME),
            by=_BY,
            direction="down",
        ),
        Kpi(
            name="funnel_conversion_seconds",
            unit="seconds",
            area="funnel",
            meaning="How long it takes from the first step of a funnel to the last.",
            formula=f"Time of the last step minus the time of the entry. {_COHORT}",
            source="A1, A4",
            compute=Distribution(funnel.CONVERSION),
            by=_BY,
            direction="down",
        ),
        Kpi(
            name="funnel_exits",
            unit="entities",
            area="funnel",
            meaning="How many left a funnel by one of its exits, such as unsubscribing.",
            formula=f"Entities that met an exit before the last step. {_COHORT}",
            source="A0, A1",
            compute=Tally(funnel.EXIT),
            by=_BY,
            direction="down",
        ),
        Kpi(
            name="leads_created",
            unit="leads",
            area="funnel",
            tile=11,
            meaning="Leads that arrived.",
            formula="lead.created events; a second form from somebody who still waits is the same lead.",
            source="A0, A1, A2",
            compute=Tally(lead.CREATED),
            by=_LEAD_BY,
            direction="up",
        ),
        Kpi(
            name="leads_created_per_day",
            unit="leads per day",
            area="funnel",
            meaning="The lead generation rate: how many leads arrive a day.",
            formula="Leads that arrived in the window / days of the window, a part of a day as such.",
            source="A2, A4",
            compute=PerDay(lead.CREATED),
            by=_LEAD_BY,
            direction="up",
        ),
        Kpi(
            name="prospects",
            unit="leads",
            area="funnel",
            meaning="Leads that may still become customers.",
            formula="Leads that are neither converted nor disqualified, of relationships that are no customers; now.",
            source="A0, A2",
            compute=Standing(lead_prospects.PROSPECTS),
            by=_BY,
            windowed=False,
            direction="up",
        ),
        Kpi(
            name="inquiries_inbound",
            unit="inquiries",
            area="funnel",
            meaning="How often somebody contacted us of their own accord.",
            formula=(
                "Inbound interactions, neither automated nor internal, that answer no outbound attempt of ours within "
                "the reply horizon. Forms that make a lead are in leads_created."
            ),
            source="A1, A2",
            compute=Tally(contact.INQUIRIES),
            by=_BY,
            direction="up",
            ignored=contact.IGNORED,
        ),
        Kpi(
            name="lead_conversion_ratio",
            unit="ratio",
            area="funnel",
            tile=6,
            meaning="Share of leads that converted.",
            formula=(
                "form=cohort: leads that arrived in the window and have converted since / leads that arrived in it. "
                "form=period: conversions in the window / leads that arrived in it."
            ),
            source="A1, A2, A4",
            compute=Ratio(
                tuple(
                    Variant((Counted(lead_conversion.CONVERTED, (form,)),), (Counted(lead.CREATED),), {"form": form})
                    for form in ("cohort", "period")
                )
            ),
            by=_LEAD_BY,
            direction="up",
        ),
        Kpi(
            name="leads_matured_ratio",
            unit="ratio",
            area="funnel",
            meaning="How much of a conversion ratio is final: the share of leads that are old enough to be judged.",
            formula=(
                f"Leads that arrived at least {write_ms(policies.lead_maturity_ms)} ago, to the pane / leads that "
                "arrived in the window."
            ),
            source="A4",
            compute=Matured(lead.CREATED, policies.lead_maturity_ms),
            by=_LEAD_BY,
        ),
        Kpi(
            name="lead_conversion_seconds",
            unit="seconds",
            area="funnel",
            meaning="How long converted leads took to convert.",
            formula=(
                "Time of lead.converted minus time of lead.created; counted when the lead converted. A conversion that "
                "its source dates up to a week before its lead counts as 0 in quantiles, and as it is in the mean."
            ),
            source="A1, A4",
            compute=Distribution(lead_conversion.CONVERSION),
            by=_LEAD_BY,
            direction="down",
        ),
    )
