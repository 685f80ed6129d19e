"""The repeated call: of somebody who had called not long before, and whose matter so was perhaps not settled."""

from __future__ import annotations

from stream_app.journeys.call_state import calls_of
from stream_app.journeys.part import Emission, Fact, Part
from stream_app.journeys.state import Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

CONTACTS = Measure("call_contacts", Kind.COUNT, "1", "Calls of customers, answered or not.", by=("team",))
REPEATED = Measure(
    "call_contacts_repeated",
    Kind.COUNT,
    "1",
    "Calls of customers who had called within the horizon before.",
    by=("team",),
    dims=("horizon",),
)


def contact(rel: Relationship, at: int, team: str | None, policies: Policies, out: list[Emission]) -> None:
    """Count a call that arrived at *at* ms, and whether it is a repeated one."""
    calls = calls_of(rel)
    out.append((CONTACTS, at, 1, (), (team,), 1))
    last = calls.last_contact
    if last is None:
        calls.last_contact = at
        return
    for horizon, length in policies.calls.repeat_contact.items():
        if at - last <= length:
            out.append((REPEATED, at, 1, (horizon,), (team,), 1))
    calls.last_contact = max(last, at)


def _logged(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    """Count a call that no queue reports."""
    data = fact.data
    if data.medium != "call" or data.direction != "in" or data.call_id is not None:
        return
    if not (data.automated or data.internal):
        contact(rel, fact.at, data.team or rel.team, policies, out)


PART = Part("repeat contact", {"interaction.logged": _logged}, None, (CONTACTS, REPEATED), areas=frozenset({"service"}))
"""Apart from the calls, so that no other interaction has their clocks looked at."""
