"""Every number of the catalogue from a log of events, computed in the most obvious way, without the product.

Read all, put the events of each relationship in order, walk through them, note what happened in raw lists, then
count and sort the lists. The rules stand at the top of the file of each area.
"""

from collections import defaultdict
from typing import Any

from tests.oracle import (
    calls,
    customers,
    funnel,
    growth,
    marketing,
    prospects,
    quality,
    relationship,
    response,
    sales,
    service,
    subscriptions,
    surveys,
    users,
)  # fmt: skip
from tests.oracle.identity import lives
from tests.oracle.labels import timeline
from tests.oracle.reading import once, told

AREAS: tuple[Any, ...] = (
    relationship, funnel, service, surveys, calls, sales, growth, subscriptions, customers, marketing,
)  # fmt: skip


def numbers(lines, now, *, arrived=False):
    """Return {(kpi, part, window, sorted labels): value} at *now* (ms); events later than that do not count yet.

    Args:
        lines: (record key, record value) in the order of the log.
        now: The moment, in ms.
        arrived: Whether the lines count in the order in which they came, as in a topic, and not in that of their times.
    """
    events, repeated = ([event for event in some if event.at <= now] for some in once(lines, arrived=arrived)[:2])
    areas: dict[Any, defaultdict[str, list[Any]]] = {
        area: defaultdict(list) for area in (response, prospects, *AREAS, users, quality)
    }
    for history in lives(events):
        found = response.leads(history)
        labels = timeline(history, {lead.place for lead in found})
        for one, lead in zip(labels, response.current(history, found), strict=True):
            one["lead"] = lead
        response.collect(history, found, labels, areas[response])
        prospects.collect(history, found, labels, areas[prospects])
        for area in AREAS:
            area.collect(history, labels, areas[area])
    for history in told(events, "users").values():
        users.collect(history, areas[users])
    for history in told(events, "campaigns").values():
        marketing.collect_campaign(history, areas[marketing])
    quality.collect(events, repeated, areas[quality])
    areas[customers]["paying"] = areas[subscriptions]["paying"]
    return {name: value for area, lists in areas.items() for name, value in area.numbers(lists, now).items()}


def accounting(lines, *, arrived=False):
    """Return (events that count, lines that repeat one, lines that are no event)."""
    events, repeated, bad = once(lines, arrived=arrived)
    return len(events), len(repeated), bad
