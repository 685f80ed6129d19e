"""The work on deals: calls and other touches that belong to one."""

from __future__ import annotations

from stream_app.journeys.deal_state import deal_of, owners
from stream_app.journeys.part import Emission, Fact, Handler, Part
from stream_app.journeys.state import Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

_BY = ("team", "owner_id")

CALLS = Measure("sales_calls", Kind.COUNT, "1", "Calls that belong to a deal.", by=_BY)
ACTIVITIES = Measure("deal_activities", Kind.COUNT, "1", "Human touches that belong to a deal, calls included.", by=_BY)
WORKED = Measure("deals_worked", Kind.DISTINCT, "deals", "Deals with a human touch.", by=_BY)


def _interaction(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    data = fact.data
    if data.deal_id is not None and not (data.automated or data.internal):
        _worked(rel, data.deal_id, fact.at, out, call=data.medium == "call")


def _queued(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    if fact.data.deal_id is not None:
        _worked(rel, fact.data.deal_id, fact.at, out, call=True)


def _worked(rel: Relationship, deal_id: str, at: int, out: list[Emission], *, call: bool) -> None:
    by = owners(rel, deal_of(rel, deal_id))
    out.append((ACTIVITIES, at, 1, (), by, 1))
    out.append((WORKED, at, deal_id, (), by, 1))
    if call:
        out.append((CALLS, at, 1, (), by, 1))


def absorb(_rel: Relationship, _gone: Relationship) -> None:
    """Nothing is kept of the work: it is counted when it is done."""


_HANDLES: dict[str, Handler] = {"interaction.logged": _interaction, "call.queued": _queued}

PART = Part("deal_work", _HANDLES, None, (CALLS, ACTIVITIES, WORKED), areas=frozenset({"sales"}), absorb=absorb)
