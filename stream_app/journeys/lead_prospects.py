"""The prospect: somebody who may become a customer, and has been neither won nor given up."""

from __future__ import annotations

from stream_app.journeys.part import Holding, Part, Running
from stream_app.journeys.state import Relationship
from stream_app.measures.measure import Kind, Measure

PROSPECTS = Measure(
    "prospects", Kind.STOCK, "1", "Leads that are neither converted nor disqualified, of nobody who is a customer.",
    by=("channel", "campaign"), bucket="none",
)  # fmt: skip


def _standing(rel: Relationship, stocks: list[Holding], _clocks: list[Running]) -> None:
    lead = rel.lead
    if lead is None or not lead.arrived or lead.converted_at is not None or lead.disqualified:
        return
    if rel.customer is None and not rel.merged:
        stocks.append((PROSPECTS, 0, (), lead.cohort[:2]))


PART = Part(
    "prospects",
    {},
    _standing,
    (PROSPECTS,),
    areas=frozenset({"funnel"}),
    # It keeps nothing of its own: the lead and the customer are of other parts.
    moved_by=frozenset(
        {
            "lead.created",
            "lead.converted",
            "lead.disqualified",
            "customer.created",
            "customer.reactivated",
            "relationship.merged",
        }
    ),
)
