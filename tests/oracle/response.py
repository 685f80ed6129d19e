"""How long leads wait for a human: every KPI of the area response, and those of leads in the area funnel.

Rules beyond the formulas of the catalogue:

* While a lead waits, another lead.created is the same lead, and changes nothing, not even labels. After the lead was
  touched or went away, another lead.created is a new lead.
* A conversion up to a week before the first lead.created of a relationship belongs to that lead: it never waits. Its
  negative time counts in the mean, as in the source, and as 0 in quantiles.
* Touched: the first human outbound interaction; or an inbound one that went both ways (a call that somebody took).
* First contact both ways: the touch itself when logged as two-way, a later two-way interaction, or any later inbound
  human interaction. A lead that went away before it was touched never gets there.
* Went away: disqualified or converted while it waited.
* Captured is captured_at, or the signal itself, never before the signal. Routed is the first assignment after the
  signal; a lead that names its owner is routed when captured; one that was never routed is so when touched. A gap is
  never negative. Since=assigned counts from the latest assignment before the touch; a lead nobody assigned has none.
* A promise is met up to and including its due time. It is decided when met, or when due if broken. A lead that went
  away before its due time decided nothing.
* Answers, gaps and promises carry the labels at that moment, who waits now those of now; a lead keeps the channel,
  campaign and team that it came with for the counts of leads and conversions.
* An erased relationship has nobody who waits.
* Kaplan-Meier: see survival.py.
"""

from dataclasses import dataclass
from typing import Any

from tests.oracle import promises
from tests.oracle.contract import moment
from tests.oracle.identity import erased
from tests.oracle.survival import survival
from tests.oracle.windows import MINUTE, Row, cuts, distribution, key, quantile, ratio, tally

TARGET = 15 * MINUTE
WEEK = 7 * 24 * 60 * MINUTE
BY = ("channel", "team", "owner_id")
LEAD_BY = ("channel", "campaign", "team")


@dataclass
class Lead:
    """One inquiry: the times (ms) of its stamps, and the place of the event that set each."""

    created: int
    place: int
    imported: bool
    captured: int
    routed: int | None = None
    routed_place: int = 0
    assigned: int | None = None
    touched: int | None = None
    touched_place: int = 0
    two_way: int | None = None
    two_way_place: int = 0
    gone: int | None = None
    gone_place: int = 0
    gone_how: str = ""
    converted: int | None = None
    converted_place: int = -1

    def waits(self):
        """Tell whether nobody has answered yet."""
        return self.touched is None and self.gone is None


def leads(events):
    """Return the leads of one relationship."""
    found: list[Lead] = []
    early = None
    for place, event in enumerate(events):
        lead = found[-1] if found else None
        if event.type == "lead.created" and not (lead and lead.waits()):
            named = event.get("captured_at")
            captured = max(event.at, moment(named)) if named else event.at
            new = Lead(event.at, place, event.imported, captured)
            if event.get("owner_id"):
                new.routed = new.assigned = captured
                new.routed_place = place
            if early is not None and not found and event.at - early <= WEEK:
                new.converted = early
                new.gone, new.gone_place, new.gone_how = event.at, place, "converted"
            found.append(new)
        elif lead is None:
            if event.type == "lead.converted" and early is None:
                early = event.at
        elif event.type == "lead.assigned" and lead.waits():
            lead.assigned = event.at
            if lead.routed is None:
                lead.routed, lead.routed_place = max(event.at, lead.captured), place
        elif event.type == "interaction.logged" and not event.get("automated") and not event.get("internal"):
            interaction(lead, event, place)
        elif event.type in ("lead.disqualified", "lead.converted"):
            if event.type == "lead.converted" and lead.converted is None:
                lead.converted, lead.converted_place = event.at, place
            if lead.waits():
                lead.gone, lead.gone_place, lead.gone_how = event.at, place, event.type.rpartition(".")[2]
    return found


def current(events, found):
    """Return which lead is spoken of after each event: when it came, or when it converted if nobody told of it."""
    told, lead = [], 0
    for place, event in enumerate(events):
        if event.type == "lead.converted" and not lead:
            lead = event.at
        lead = next((one.created for one in found if one.place == place), lead)
        told.append(lead)
    return told


def interaction(lead, event, place):
    """Set the stamps of touch and first contact both ways."""
    outbound, two_way = event.data["direction"] == "out", event.get("two_way", False)
    before = lead.touched is not None
    if lead.waits() and (outbound or two_way):
        lead.touched, lead.touched_place = event.at, place
        if lead.routed is None:
            lead.routed, lead.routed_place = max(event.at, lead.captured), place
    if lead.touched is not None and lead.two_way is None and (two_way or (before and not outbound)):
        lead.two_way, lead.two_way_place = event.at, place


def collect(events, found, labels, lists):
    """Add what the leads of one relationship say to the raw lists."""
    for lead in found:
        born = labels[lead.place]
        lists["leads"].append(Row(lead.created, 0, {}, born))
        gaps(lead, labels, lists)
        if lead.converted is not None:
            took = lead.converted - lead.created
            lists["conversion"].append(Row(lead.converted, took, {}, born))
            lists["converted_in_period"].append(Row(lead.converted, 0, {}, born))
            lists["converted_of_cohort"].append(Row(lead.created, 0, {}, born))
        due = lead.created + TARGET
        if lead.touched is not None:
            by = labels[lead.touched_place]
            answered(lead, by, lists)
            kept = "met" if lead.touched <= due else "breached"
            lists[kept].append(Row(min(lead.touched, due), 0, {}, by))
        elif lead.gone is not None:
            by = labels[lead.gone_place]
            lists["km_gone"].append(Row(lead.created, lead.gone - lead.created, {}, by))
            if lead.gone > due:
                lists["breached"].append(Row(due, 0, {}, by))
        elif not erased(events):
            risk = lead.created + TARGET * 8 // 10
            one = promises.Running("lead_response", lead.created, due, risk, labels[-1], lead.imported)
            lists["waiting"].append(one)


def answered(lead, by, lists):
    """Add the waits of an answered lead, in calendar and in business time, which are the same here."""
    wait = lead.touched - lead.created
    lists["km_answered"].append(Row(lead.created, wait, {}, by))
    for time in ("calendar", "business"):
        lists["response"].append(Row(lead.touched, wait, {"since": "created", "time": time}, by))
        if lead.assigned is not None:
            since = max(0, lead.touched - lead.assigned)
            lists["response"].append(Row(lead.touched, since, {"since": "assigned", "time": time}, by))


def gaps(lead, labels, lists):
    """Add the gaps between the stamps, each at its end."""

    def gap(name, start, end, place):
        lists["gap"].append(Row(end, max(0, end - start), {"gap": name}, labels[place]))

    gap("captured", lead.created, lead.captured, lead.place)
    if lead.routed is not None:
        # A lead that was answered before it was captured was routed by the answer, whatever the stamps say.
        by_answer = lead.touched is not None and lead.routed_place == lead.touched_place
        end = lead.touched if by_answer else lead.routed
        lists["gap"].append(Row(end, lead.routed - lead.captured, {"gap": "routed"}, labels[lead.routed_place]))
    if lead.touched is not None:
        gap("touched", lead.routed, lead.touched, lead.touched_place)
    if lead.two_way is not None:
        gap("two_way", lead.touched, lead.two_way, lead.two_way_place)


def numbers(lists, now):
    """Return every number of the area."""
    waiting = lists["waiting"]
    over = [one for one in waiting if promises.broken(one, now)]
    breached = lists["breached"] + [Row(one.due, 0, {}, one.by) for one in over]
    unanswered = [Row(one.since, now - one.since, {}, one.by) for one in waiting]
    none: list[Row] = []  # a calendar that is always open has no off hours
    return {
        **distribution("lead_response_seconds", lists["response"], BY, now, (0.5, 0.9, 0.99)),
        **survival(
            "lead_response_km_seconds", lists["km_answered"], lists["km_gone"] + unanswered, ("channel", "team"), now
        ),
        **promises.count("leads_waiting", waiting, BY),
        **promises.count("leads_at_risk", [one for one in waiting if promises.at_risk(one, now)], BY),
        **promises.count("leads_overdue", [one for one in waiting if promises.overdue(one, now)], BY),
        **ages(waiting, now),
        **ratio("lead_response_sla_ratio", lists["met"], lists["met"] + breached, BY, now, {}),
        **distribution("speed_to_lead_seconds", lists["gap"], ("channel", "team"), now),
        **tally("lead_responses_off_hours", none, BY, now),
        **tally("leads_created", lists["leads"], LEAD_BY, now),
        **ratio(
            "lead_conversion_ratio", lists["converted_of_cohort"], lists["leads"], LEAD_BY, now, {"form": "cohort"}
        ),
        **ratio(
            "lead_conversion_ratio", lists["converted_in_period"], lists["leads"], LEAD_BY, now, {"form": "period"}
        ),
        **distribution("lead_conversion_seconds", lists["conversion"], LEAD_BY, now),
    }


def ages(waiting, now):
    """Return how long those who wait have waited, and the longest of them."""
    groups: dict[tuple[Any, ...], list[float]] = {}
    for one in waiting:
        for cut in cuts(one.by, BY):
            groups.setdefault(tuple(cut.items()), []).append((now - one.since) / 1000)
    found = {}
    for cut, waits in groups.items():
        found[key("leads_waiting_oldest_seconds", "", None, dict(cut))] = max(waits)
        for share in (0.5, 0.9):
            labels = {**dict(cut), "quantile": str(share)}
            found[key("leads_waiting_seconds", "", None, labels)] = quantile(waits, share)
    return found
