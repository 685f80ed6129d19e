"""The work, once for all contestants in Python: who answered which lead when, and a window of waits.

A lead waits from `lead.created` to the first human touch: an outbound interaction that is neither automated nor
internal, or an inbound one that somebody took. A lead that was disqualified, converted or merged is not waiting.
A window counts the answers of one channel in one minute of event time: count, sum, and logarithmic bins (those of
DDSketch with 1 % relative error) for the p90.
"""

from __future__ import annotations

from datetime import datetime
from math import ceil, floor, log
from typing import Any

MINUTE_MS = 60_000
GAMMA = 1.01 / 0.99
PER_LOG = 1 / log(GAMMA)
GONE = frozenset({"crm.lead.disqualified.v1", "crm.lead.converted.v1", "crm.relationship.merged.v1"})
TOUCHES = frozenset({*GONE, "crm.lead.created.v1", "crm.interaction.logged.v1"})
"""The types of events that the work looks at."""

Lead = list[Any]
"""A waiting lead: time of creation in ms, channel."""
Answer = tuple[str, int, int]
"""An answered lead: channel, minute of the answer, wait in ms."""
Bins = dict[str, int]
"""Counts by bin; the bins are text because state is JSON in most contestants."""


def millis(time: str) -> int:
    """Return the ms since 1970 of an ISO 8601 time."""
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def follow(lead: Lead | None, event: dict[str, Any]) -> tuple[Lead | None, Answer | None]:
    """Return the lead after an event, and the answer if the event is one."""
    kind = event["type"]
    if kind == "crm.lead.created.v1":
        return lead or [millis(event["time"]), event["data"]["channel"]], None
    if lead is None:
        return None, None
    if kind == "crm.interaction.logged.v1":
        data = event["data"]
        human = not (data.get("automated") or data.get("internal"))
        if human and (data["direction"] == "out" or data.get("two_way")):
            at = millis(event["time"])
            return None, (lead[1], at // MINUTE_MS, at - lead[0])
        return lead, None
    return (None if kind in GONE else lead), None


def place(wait: int) -> str:
    """Return the bin of a wait in ms."""
    return str(ceil(log(wait) * PER_LOG)) if wait > 0 else "-1"


def add(window: dict[str, Any] | None, wait: int) -> dict[str, Any]:
    """Return a window with one more wait; the one given is left as it was."""
    bin_ = place(wait)
    if window is None:
        return {"count": 1, "sum": wait, "bins": {bin_: 1}}
    bins = window["bins"]
    return {
        "count": window["count"] + 1, "sum": window["sum"] + wait, "bins": {**bins, bin_: bins.get(bin_, 0) + 1},
    }  # fmt: skip


def p90(bins: Bins) -> float:
    """Return the 0.9-quantile of binned waits, linear between ranks."""
    points = sorted((int(bin_), count) for bin_, count in bins.items())
    rank = 0.9 * (sum(count for _, count in points) - 1)
    low = high = -1.0
    seen = 0
    for bin_, count in points:
        seen += count
        value = 2 * GAMMA**bin_ / (GAMMA + 1) if bin_ >= 0 else 0.0
        if low < 0 and seen > floor(rank):
            low = value
        if seen > ceil(rank):
            high = value
            break
    high = value if high < 0 else high
    return low + (high - low) * (rank - floor(rank))
