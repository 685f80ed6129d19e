"""Read log lines into plain events, and tell which lines are no events.

A line is (record key, record value); the value is a CloudEvent in JSON. Rules:

* Bad is what is not JSON, has an unknown type, lacks an attribute or a required field, has a field of the wrong
  sort, a time without zone, or a subject that is not the record key.
* An event is named by (source, id). The first line of the log with that name counts, the others are duplicates.
* Events of one relationship are told in order of time. At the same time causes come before effects (`SAME_TIME`);
  what is not in that list comes last. The order of two events of the same place in the list is not defined.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SAME_TIME = (
    "customer.created", "customer.referred", "lead.created", "list.subscribed", "lead.assigned",
    "case.opened", "case.assigned", "email.sent", "email.delivered", "email.bounced", "email.opened", "email.clicked",
    "lead.stage_changed", "interaction.logged", "case.replied", "lead.converted", "deal.opened", "deal.stage_changed",
    "deal.proposal_sent", "survey.sent", "survey.answered", "case.paused", "case.resumed", "case.resolved",
    "case.reopened", "case.closed", "case.merged", "order.placed", "deal.won", "deal.lost", "deal.reopened",
    "lead.disqualified", "list.unsubscribed", "list.blocked", "customer.churned", "customer.reactivated",
    "relationship.merged",
)  # fmt: skip

# Sort of each field: t text, b yes or no, i whole number, n number, d moment, l list, else one of the words.
# A star marks a required field.
FIELDS = {
    "lead.created": "*channel:t team:t owner_id:t campaign_id:t form:t country:t segment:t score:n captured_at:d",
    "lead.assigned": "*owner_id:t team:t",
    "lead.stage_changed": "*stage:t",
    "lead.converted": "customer_id:t deal_id:t",
    "lead.disqualified": "*reason:t",
    "relationship.merged": "*into:t",
    "customer.created": "segment:t tier:t owner_id:t team:t channel:t acquired_by:t",
    "customer.referred": "by:t campaign_id:t",
    "customer.churned": "reason:t",
    "customer.reactivated": "",
    "interaction.logged": "*direction:in|out *medium:call|email|chat|sms|meeting|visit|social automated:b internal:b "
    "two_way:b user_id:t team:t outcome:t campaign_id:t case_id:t deal_id:t",
    "email.sent": "*campaign_id:t *message_id:t",
    "email.delivered": "*campaign_id:t *message_id:t",
    "email.opened": "*campaign_id:t *message_id:t",
    "email.clicked": "*campaign_id:t *message_id:t url:t",
    "email.bounced": "*campaign_id:t *message_id:t reason:t",
    "list.subscribed": "*list_id:t reason:t campaign_id:t channel:t",
    "list.unsubscribed": "*list_id:t reason:t campaign_id:t channel:t",
    "list.blocked": "*list_id:t reason:t campaign_id:t channel:t",
    "deal.opened": "*deal_id:t amount:i currency:t kind:new|renewal|cross_sell|up_sell stage:t owner_id:t team:t "
    "campaign_id:t channel:t",
    "deal.stage_changed": "*deal_id:t *stage:t",
    "deal.proposal_sent": "*deal_id:t",
    "deal.won": "*deal_id:t amount:i currency:t",
    "deal.lost": "*deal_id:t reason:t",
    "deal.reopened": "*deal_id:t",
    "order.placed": "*order_id:t *currency:t *lines:l campaign_id:t case_id:t",
    "case.opened": "*case_id:t category:question|incident|complaint|request priority:low|normal|high|urgent channel:t "
    "team:t owner_id:t",
    "case.assigned": "*case_id:t owner_id:t team:t",
    "case.replied": "*case_id:t automated:b public:b user_id:t",
    "case.paused": "*case_id:t reason:t",
    "case.resumed": "*case_id:t",
    "case.resolved": "*case_id:t automated:b user_id:t",
    "case.reopened": "*case_id:t reason:t",
    "case.closed": "*case_id:t",
    "case.merged": "*case_id:t *into:t",
    "survey.sent": "*survey_id:t *kind:nps|csat|ces agent_id:t case_id:t",
    "survey.answered": "*survey_id:t *kind:nps|csat|ces *score:n agent_id:t case_id:t",
}


class Event(NamedTuple):
    """One event: when (ms), what, about whom, its name, and its data as it was sent."""

    at: int
    type: str
    who: str
    name: tuple[str, str]
    data: dict[str, Any]
    imported: bool

    def get(self, field, default=None):
        """Return a field of the data, or the default where it is absent."""
        value = self.data.get(field)
        return default if value is None else value


def moment(text):
    """Return a time with zone in ms, cut off below a millisecond."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None or "T" not in text:
        raise ValueError("no zone")
    if not 2000 <= read.astimezone(UTC).year < 2100:
        raise ValueError("no year that a CRM means")
    return (read - EPOCH) // timedelta(milliseconds=1)


def is_a(sort, value):
    """Tell whether a value is of a sort."""
    if sort == "t":
        return isinstance(value, str) and 1 <= len(value) <= 200
    if sort == "b":
        return isinstance(value, bool)
    if sort in ("i", "n"):
        return isinstance(value, int if sort == "i" else (int, float)) and not isinstance(value, bool)
    if sort == "l":
        return isinstance(value, list) and len(value) > 0
    if sort == "d":
        return isinstance(value, str) and moment(value) is not None
    return value in sort.split("|")


def read(key, value):
    """Return the event of a line; ValueError, KeyError or TypeError when it is none."""
    document = json.loads(value)
    kind = document["type"].removeprefix("crm.").removesuffix(".v1")
    if document["type"] != f"crm.{kind}.v1" or document["specversion"] != "1.0":
        raise ValueError("not one of ours")
    who = key.decode()
    if not who or document.get("subject", who) != who:
        raise ValueError("about nobody, or about somebody else")
    fields = [field.partition(":")[::2] for field in FIELDS[kind].split()]
    data = document["data"] if fields else document.get("data", {})
    for name, sort in fields:
        found = data.get(name.removeprefix("*"))
        if found is None and name.startswith("*"):
            raise ValueError(f"no {name}")
        if found is not None and not is_a(sort, found):
            raise ValueError(f"{name} is no {sort}")
    named = document["source"], document["id"]
    if not all(is_a("t", word) for word in named):
        raise ValueError("no name")
    return Event(moment(document["time"]), kind, who, named, data, document.get("imported", False))


def sort_lines(lines):
    """Return the events that count, how many lines repeat one, and how many are no event."""
    events, seen, duplicates, bad = [], set(), 0, 0
    for key, value in lines:
        try:
            event = read(key, value)
        except (ValueError, KeyError, TypeError, AttributeError):
            bad += 1
            continue
        if event.name in seen:
            duplicates += 1
            continue
        seen.add(event.name)
        events.append(event)
    return events, duplicates, bad


def place(event):
    """Return what orders the events of one relationship."""
    return event.at, SAME_TIME.index(event.type) if event.type in SAME_TIME else len(SAME_TIME)


def told(events):
    """Return the events of each relationship, in order."""
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.who, []).append(event)
    return {who: sorted(one, key=place) for who, one in found.items()}
