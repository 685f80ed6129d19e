"""Leads by what became of them: the KPIs of the areas funnel and response that look at conversion.

Rules beyond the formulas of the catalogue:

* Leads are those of response.py. A lead that was converted, or disqualified, whether it was answered or not, is no
  prospect; nor is one of somebody who has ever been a customer, nor one that was followed by another lead.
* A lead is mature after 30 days. How soon it was answered, and whether it converted, counts as it was by then.
* A lead that converted before it was answered is among those never answered; where it was answered later, it counts
  in both: it converted unanswered, and was answered.
"""

from math import sqrt
from typing import Any

from tests.oracle.identity import erased
from tests.oracle.windows import DAY, HOUR, MINUTE, WINDOWS, Row, cuts, fraction, key, windowed

BY = ("channel", "campaign", "team")
MATURE = 30 * DAY
WAITS = (("5m", 5 * MINUTE), ("30m", 30 * MINUTE), ("1h", HOUR), ("4h", 4 * HOUR), ("24h", 24 * HOUR))
NAMES = (*dict(WAITS), "later", "never")


def soon(wait):
    """Return how soon a lead was answered."""
    return next((name for name, longest in WAITS if wait <= longest), "later")


def collect(events, found, labels, lists):
    """Add the leads of one relationship."""
    for lead in found:
        born = labels[lead.place]
        lists["lead"].append(Row(lead.created, 1, {}, born))
        if lead.touched is not None and lead.touched - lead.created <= MATURE:
            lists["answered"].append(Row(lead.created, 1, {"response": soon(lead.touched - lead.created)}, born))
        if lead.converted is not None and lead.converted - lead.created <= MATURE:
            before = lead.touched is not None and lead.touched_place < lead.converted_place
            response = soon(lead.touched - lead.created) if before else "never"
            lists["converted"].append(Row(lead.created, 1, {"response": response}, born))
    if not found or erased(events) or any(e.type in ("customer.created", "customer.reactivated") for e in events):
        return
    last = found[-1]
    given_up = any(event.type == "lead.disqualified" for event in events[last.place :])
    if last.converted is None and not given_up:
        lists["prospect"].append(labels[last.place])


def numbers(lists, now):
    """Return every number."""
    found: dict[Any, float] = {key("prospects", "", None, {}): 0}
    for by in lists["prospect"]:
        for cut in cuts(by, ("channel", "campaign")):
            name = key("prospects", "", None, cut)
            found[name] = found.get(name, 0) + 1
    found.update({key("leads_created_per_day", "", window, {}): 0 for window in WINDOWS})
    for window, labels, some in windowed(lists["lead"], BY, now):
        length, pane = WINDOWS[window]
        old = sum(row.at // pane < (now - MATURE) // pane for row in some)
        found[key("leads_created_per_day", "", window, labels)] = len(some) / (length / DAY)
        found.update(fraction("leads_matured_ratio", window, labels, old, len(some)))
    found.update(by_response(lists, now))
    return found


def by_response(lists, now):
    """Return the conversion of matured leads by how soon they were answered."""

    def counted(name):
        counts = {}
        for window, labels, some in windowed(lists[name], ("channel",), now):
            pane = WINDOWS[window][1]
            cut = tuple((label, value) for label, value in labels.items() if label != "response")
            at = window, cut, labels.get("response")
            counts[at] = sum(row.at // pane < (now - MATURE) // pane for row in some)
        return counts

    leads, answered, converted = counted("lead"), counted("answered"), counted("converted")
    found = {}
    for window, cut, _ in leads:
        left = leads[window, cut, None]
        for name in NAMES:
            below = left if name == "never" else answered.get((window, cut, name), 0)
            left -= below
            above = converted.get((window, cut, name), 0)
            if below <= 0:
                continue
            labels = {"response": name, **dict(cut)}
            found.update(fraction("conversion_by_response_ratio", window, labels, above, below))
            share, square = above / below, 1.959964**2 / below
            middle = (share + square / 2) / (1 + square)
            reach = 1.959964 * sqrt(max(0.0, share * (1 - share) / below + square / below / 4)) / (1 + square)
            found[key("conversion_by_response_ratio", "low", window, labels)] = max(0.0, middle - reach)
            found[key("conversion_by_response_ratio", "high", window, labels)] = min(1.0, middle + reach)
    return found
