"""What the source systems send: the area quality, of events that are read.

Rules: see the formulas. The kind of a deal is new where it is not told: it is not asked for.
"""

from tests.oracle.contract import FIELDS
from tests.oracle.windows import Row, fraction, tally, windowed

ASKED = {
    "campaign_id", "channel", "country", "kind", "owner_id", "plan", "queue", "role", "segment", "team", "tier",
}  # fmt: skip
BEGINNINGS = {
    "lead.created", "customer.created", "deal.opened", "order.placed", "subscription.started", "case.opened",
    "call.queued", "callback.promised", "user.created", "campaign.launched", "cost.recorded",
}  # fmt: skip


def collect(events, repeated, lists):
    """Add all events, and those that repeat one."""
    for event in events:
        if event.type in BEGINNINGS:
            optional = {word.partition(":")[0] for word in FIELDS[event.type].split() if not word.startswith("*")}
            asked = (optional & ASKED) - ({"kind"} if event.type == "deal.opened" else set())
            filled = sum(event.data.get(field) is not None for field in asked)
            lists["field"].append(Row(event.at, (filled, len(asked)), {}, {"source": event.name[0]}))
    for event in repeated:
        lists["repeated"].append(Row(event.at, 1, {}, {"source": event.name[0]}))


def numbers(lists, now):
    """Return every number."""
    found = tally("duplicate_events", lists["repeated"], ("source",), now)
    for window, labels, some in windowed(lists["field"], ("source",), now):
        filled, asked = (sum(row.value[place] for row in some) for place in (0, 1))
        if asked:
            found.update(fraction("field_complete_ratio", window, labels, filled, asked))
    return found
