"""The inquiry: how long a lead waits for a human, whether the promise was kept, and whether it converted."""

from __future__ import annotations

from schemas import to_ms
from stream_app.journeys import lead_conversion, promises
from stream_app.journeys.part import Emission, Fact, Handler, Holding, Labels, Part, Running
from stream_app.journeys.state import Lead, Promise, Relationship
from stream_app.measures.measure import Kind, Measure
from stream_app.policies import Policies

CLOCK = "lead_response"
EARLY_CONVERSION_MS = 7 * 86_400_000
"""How far before its lead a conversion may lie and still be that lead's: systems record the two apart."""
_BY = ("channel", "team", "owner_id")

CREATED = Measure("leads_created", Kind.COUNT, "1", "Leads that arrived.", by=("channel", "campaign", "team"))
RESPONSE = Measure(
    "lead_response", Kind.HISTOGRAM, "seconds", "Wait of an answered lead, at the time of the answer.",
    by=_BY, dims=("since", "time"),
)  # fmt: skip
OUTCOME = Measure(
    "lead_promise", Kind.COUNT, "1", "First-response promises met or breached, when that was decided.",
    by=_BY, dims=("outcome",),
)  # fmt: skip
SURVIVAL = Measure(
    "lead_survival", Kind.HISTOGRAM, "seconds", "Wait of a lead by arrival: answered, or gone unanswered.",
    by=("channel", "team"), dims=("fate",),
)  # fmt: skip
GAP = Measure(
    "lead_gap", Kind.HISTOGRAM, "seconds", "Time between two neighbouring stamps of speed to lead.",
    by=("channel", "team"), dims=("gap",),
)  # fmt: skip
OFF_HOURS = Measure(
    "lead_response_off_hours", Kind.COUNT, "1", "Leads that came and were answered while the team was closed.", by=_BY
)
IGNORED = Measure(
    "lead_response_ignored", Kind.COUNT, "1", "What response time leaves out, by reason.", dims=("reason",)
)


def _by(rel: Relationship) -> Labels:
    return (rel.channel, rel.team, rel.owner_id)


def _waiting(lead: Lead | None) -> bool:
    return lead is not None and lead.touched_at is None and lead.gone_at is None


def _created(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    before = rel.lead
    if _waiting(before):
        return  # a second form from somebody who still waits: the first promise holds
    data = fact.data
    rel.channel, rel.campaign = data.channel, data.campaign_id
    rel.team = data.team or rel.team
    rel.owner_id = data.owner_id or rel.owner_id
    rel.segment = data.segment or rel.segment
    at = fact.at
    captured = at if data.captured_at is None else max(at, to_ms(data.captured_at))
    routed = captured if data.owner_id else None
    clock = promises.start(policies, policies.response(team=rel.team, channel=rel.channel), rel.team, at)
    lead = rel.lead = Lead(
        at, captured, fact.imported, routed, routed,
        due=clock.due, risk=clock.risk, policy=clock.policy, cohort=(rel.channel, rel.campaign, rel.team),
    )  # fmt: skip
    out.append((CREATED, at, 1, (), lead.cohort, 1))
    out.append((GAP, captured, captured - at, ("captured",), (rel.channel, rel.team), 1))
    if routed is not None:
        out.append((GAP, routed, 0, ("routed",), (rel.channel, rel.team), 1))
    early = None if before is None or before.arrived else before.converted_at
    if early is not None and at - early <= EARLY_CONVERSION_MS:
        lead_conversion.convert(lead, early, policies, out)  # the conversion carries an earlier time than its lead
        _gone(rel, at, "converted", out)


def _assigned(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    rel.owner_id = fact.data.owner_id
    moved = fact.data.team is not None and fact.data.team != rel.team
    if moved:
        rel.team = fact.data.team
    lead = rel.lead
    if lead is None or not _waiting(lead):
        return
    lead.assigned_at = fact.at
    if lead.routed_at is None:
        lead.routed_at = max(fact.at, lead.captured_at)
        gap = lead.routed_at - lead.captured_at
        out.append((GAP, lead.routed_at, gap, ("routed",), (rel.channel, rel.team), 1))
    if moved:
        clock = Promise(lead.created_at, lead.due, lead.risk, lead.policy)
        target = policies.response(team=rel.team, channel=rel.channel)
        clock = promises.moved(policies, clock, target, rel.team, fact.at)
        lead.due, lead.risk, lead.policy = clock.due, clock.risk, clock.policy


def _interaction(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    lead, data = rel.lead, fact.data
    if lead is None or fact.at < lead.created_at:
        return
    if data.automated or data.internal:
        if _waiting(lead) and data.direction == "out":
            out.append((IGNORED, fact.at, 1, ("automated" if data.automated else "internal",), (), 1))
        return
    if data.direction == "out" and _waiting(lead):
        _touch(rel, lead, fact.at, policies, out)
    if lead.two_way_at is None and lead.gone_at is None:
        replied = data.direction == "in" and lead.touched_at is not None
        if data.two_way or replied:
            if lead.touched_at is None:
                _touch(rel, lead, fact.at, policies, out)  # the customer called and a human picked up
            lead.two_way_at = fact.at
            touched = lead.touched_at or fact.at
            out.append((GAP, fact.at, fact.at - touched, ("two_way",), (rel.channel, rel.team), 1))


def _touch(rel: Relationship, lead: Lead, at: int, policies: Policies, out: list[Emission]) -> None:
    by = _by(rel)
    lead.touched_at = at
    wait = at - lead.created_at
    calendar = policies.calendar(rel.team)
    business = calendar.elapsed(lead.created_at, at)
    out.append((RESPONSE, at, wait, ("created", "calendar"), by, 1))
    out.append((RESPONSE, at, business, ("created", "business"), by, 1))
    if business == 0 and wait > 0:
        out.append((OFF_HOURS, at, 1, (), by, 1))
    if lead.assigned_at is not None:
        start = min(lead.assigned_at, at)
        out.append((RESPONSE, at, at - start, ("assigned", "calendar"), by, 1))
        out.append((RESPONSE, at, calendar.elapsed(start, at), ("assigned", "business"), by, 1))
    out.append((SURVIVAL, lead.created_at, wait, ("answered",), (rel.channel, rel.team), 1))
    lead_conversion.answered(lead, wait, policies, out)
    if lead.routed_at is None:
        lead.routed_at = max(lead.captured_at, at)
        out.append((GAP, at, lead.routed_at - lead.captured_at, ("routed",), (rel.channel, rel.team), 1))
    out.append((GAP, at, at - min(lead.routed_at, at), ("touched",), (rel.channel, rel.team), 1))
    clock = Promise(lead.created_at, lead.due)
    kept = promises.met(clock, at)
    if kept is not None:
        out.append((OUTCOME, promises.decided_at(clock, at), 1, ("met" if kept else "breached",), by, 1))


def _gone(rel: Relationship, at: int, reason: str, out: list[Emission]) -> None:
    """Close the wait of a lead that nobody answered: its wait so far is known, its answer never will be."""
    lead = rel.lead
    if lead is None or not _waiting(lead):
        return
    lead.gone_at = at
    out.append((SURVIVAL, lead.created_at, max(0, at - lead.created_at), ("gone",), (rel.channel, rel.team), 1))
    out.append((IGNORED, at, 1, (reason,), (), 1))
    if lead.due is not None and lead.due < at:
        out.append((OUTCOME, lead.due, 1, ("breached",), _by(rel), 1))


def _disqualified(rel: Relationship, fact: Fact, _policies: Policies, out: list[Emission]) -> None:
    if rel.lead is not None:
        rel.lead.disqualified = True
    _gone(rel, fact.at, "disqualified", out)


def _converted(rel: Relationship, fact: Fact, policies: Policies, out: list[Emission]) -> None:
    if rel.lead is None:
        rel.lead = Lead(fact.at, fact.at, fact.imported, gone_at=fact.at, converted_at=fact.at, arrived=False)
        return
    if rel.lead.converted_at is None:
        lead_conversion.convert(rel.lead, fact.at, policies, out)
    _gone(rel, fact.at, "converted", out)


_HANDLES: dict[str, Handler] = {
    "lead.created": _created,
    "lead.assigned": _assigned,
    "lead.disqualified": _disqualified,
    "lead.converted": _converted,
    "interaction.logged": _interaction,
}


def _standing(rel: Relationship, _stocks: list[Holding], clocks: list[Running]) -> None:
    """Hold one open clock while the lead waits for a human."""
    lead = rel.lead
    if lead is None or rel.merged or not _waiting(lead):
        return
    labels = (rel.channel, rel.team, rel.owner_id)
    clocks.append((CLOCK, "", lead.created_at, lead.due, lead.risk, _BY, labels, lead.policy, lead.imported, False))


def absorb(rel: Relationship, gone: Relationship) -> None:
    """Keep the lead that the survivor still has to answer, else the earlier of two; take over what labels it lacks."""
    rel.channel = rel.channel or gone.channel
    rel.campaign = rel.campaign or gone.campaign
    rel.team = rel.team or gone.team
    rel.owner_id = rel.owner_id or gone.owner_id
    rel.segment = rel.segment or gone.segment
    mine, theirs = rel.lead, gone.lead
    if theirs is None or (mine is not None and (_waiting(mine) or not theirs.arrived)):
        return
    if mine is None or not mine.arrived or theirs.created_at < mine.created_at:
        rel.lead = theirs


PART = Part(
    "lead",
    _HANDLES,
    _standing,
    (
        CREATED,
        RESPONSE,
        OUTCOME,
        SURVIVAL,
        GAP,
        OFF_HOURS,
        IGNORED,
        *lead_conversion.MEASURES,
    ),
    moved_by=frozenset({"customer.created"}),
    absorb=absorb,
)
