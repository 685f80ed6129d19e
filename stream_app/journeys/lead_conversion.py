"""The conversion of a lead, and how soon the lead had been answered."""

from __future__ import annotations

from stream_app.journeys.part import Emission
from stream_app.journeys.state import Lead
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000
RESPONSES: tuple[tuple[str, int], ...] = (
    ("5m", 5 * _MINUTE_MS), ("30m", 30 * _MINUTE_MS), ("1h", _HOUR_MS), ("4h", 4 * _HOUR_MS), ("24h", 24 * _HOUR_MS),
)  # fmt: skip
"""How soon a lead was answered: name and longest wait in ms, calendar time."""
LATER, NEVER = "later", "never"

CONVERTED = Measure(
    "leads_converted", Kind.COUNT, "1", "Leads that converted, in the cohort of their arrival or when they converted.",
    by=("channel", "campaign", "team"), dims=("form",),
)  # fmt: skip
ANSWERED = Measure(
    "leads_by_response", Kind.COUNT, "1", "Leads answered before they were mature, by how soon, by arrival.",
    by=("channel",), dims=("response",),
)  # fmt: skip
CONVERTED_BY_RESPONSE = Measure(
    "leads_converted_by_response", Kind.COUNT, "1", "Leads converted before they were mature, by how soon they had "
    "been answered, by arrival.", by=("channel",), dims=("response",),
)  # fmt: skip
CONVERSION = Measure(
    "lead_conversion", Kind.HISTOGRAM, "seconds", "Time from arrival to conversion.", by=("channel", "campaign", "team")
)


def response_name(wait: int) -> str:
    """Return how soon it is to be answered after *wait* ms: ``5m`` up to five minutes, at the end ``later``."""
    return next((name for name, longest in RESPONSES if wait <= longest), LATER)


def answered(lead: Lead, wait: int, policies: Policies, out: list[Emission]) -> None:
    """Count how soon a lead was answered, after *wait* ms; an answer to a mature lead comes too late to count."""
    if wait <= policies.lead_maturity_ms:
        out.append((ANSWERED, lead.created_at, 1, (response_name(wait),), lead.cohort[:1], 1))


def convert(lead: Lead, at: int, policies: Policies, out: list[Emission]) -> None:
    """Convert a lead at *at* (ms)."""
    lead.converted_at = at
    out.append((CONVERTED, at, 1, ("period",), lead.cohort, 1))
    out.append((CONVERTED, lead.created_at, 1, ("cohort",), lead.cohort, 1))
    out.append((CONVERSION, at, at - lead.created_at, (), lead.cohort, 1))
    if at - lead.created_at <= policies.lead_maturity_ms:
        response = NEVER if lead.touched_at is None else response_name(lead.touched_at - lead.created_at)
        out.append((CONVERTED_BY_RESPONSE, lead.created_at, 1, (response,), lead.cohort[:1], 1))


MEASURES = (CONVERTED, ANSWERED, CONVERTED_BY_RESPONSE, CONVERSION)
