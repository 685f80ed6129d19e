"""Crowds of relationships with dense random lives: one theme each, every field that a number looks at."""

import json
from datetime import UTC, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

from tests.oracle.contract import EPOCH
from tests.oracle.identity import persons
from tests.oracle.reading import place, read

BEGINNINGS = ("lead.created", "case.opened", "email.sent", "interaction.logged")
START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
MINUTE, HOUR = 60_000, 3_600_000
CHANNEL = (None, "web", "phone")
TEAM = (None, "north", "south")
OWNER = (None, "eve", "finn")
CAMPAIGN = (None, "spring", "summer")
CASE = ("c1", "c2")
MOMENT = "some moment after the start"
MAIL = {"campaign_id": ("spring", "summer"), "message_id": ("m1", "m2", "m3")}
LIST = {"list_id": ("l",), "reason": (None, "bored"), "campaign_id": CAMPAIGN, "channel": CHANNEL}
DEAL = {"deal_id": ("d", "e")}
MONEY = {"amount": (None, 0, 1_000, 25_000), "currency": (None, "EUR", "EUR", "USD")}
TIER = (None, "basic", "plus", "premium")
SOMEBODY = "somebody else of the crowd"
LINES = tuple(
    [{"sku": "s", "quantity": quantity, "price": price, "product_tier": tier, "product_line": line}]
    for quantity, price, tier, line in (
        (1, 100, "basic", "seats"),
        (3, 4_999, "plus", "services"),
        (2, 0, "x", "seats"),
    )
)
SURVEY = {
    "survey_id": ("s1", "s2"), "kind": ("csat", "csat", "nps"),
    "agent_id": OWNER, "case_id": (None, *CASE),
}  # fmt: skip
FLAG = (None, False, True)
COUPLES = 5
"""Every fifth of a crowd may turn out to be another of them."""
SPANS = ((5 * HOUR, 1000), (20 * HOUR, MINUTE), (8 * 24 * HOUR, HOUR), (110 * 24 * HOUR, HOUR))
"""How long a life is, and in which steps it goes on."""
OWN = {"deal_id", "order_id", "case_id", "call_id", "callback_id", "survey_id", "subscription_id"}

LEAD = {
    "lead.created": {
        "channel": ("web", "phone"), "team": TEAM, "owner_id": OWNER, "campaign_id": CAMPAIGN,
        "segment": (None, "smb"), "captured_at": (None, MOMENT),
    },
    "lead.assigned": {"owner_id": ("eve", "finn"), "team": TEAM},
    "lead.stage_changed": {"stage": ("qualified", "other")},
    "lead.converted": {},
    "lead.disqualified": {"reason": ("spam",)},
}  # fmt: skip
TALK = {
    "interaction.logged": {
        "direction": ("in", "out"), "medium": ("call", "email"), "automated": FLAG,
        "internal": FLAG, "two_way": FLAG, "team": TEAM, "case_id": (None, *CASE), "deal_id": (None, "d"),
        "call_id": (None, "k"), "campaign_id": CAMPAIGN,
    },
}  # fmt: skip
CUSTOMER = {
    "customer.created": {
        "segment": (None, "smb", "ent"), "tier": (None, "plus"), "owner_id": OWNER,
        "team": TEAM, "channel": CHANNEL,
    },
    "customer.churned": {},
    "customer.reactivated": {},
    "customer.referred": {"campaign_id": CAMPAIGN},
    "order.placed": {
        "order_id": ("o", "p"), "currency": ("EUR", "EUR", "USD"), "campaign_id": CAMPAIGN, "lines": LINES,
        "deal_id": (None, None, "d"), "case_id": (None, "c1"), "channel": CHANNEL, "team": TEAM,
    },
    "order.refunded": {
        "order_id": ("o", "p"), "currency": ("EUR", "EUR", "USD"), "amount": (0, 100, 5_000), "quantity": (None, 1, 2),
    },
}  # fmt: skip
LINKS = {"relationship.merged": {"into": (SOMEBODY,)}, "lead.converted": {"customer_id": (None, SOMEBODY)}}
DEALS = {
    "deal.opened": {
        **DEAL, **MONEY, "kind": (None, "renewal", "cross_sell", "up_sell"), "stage": (None, "demo", "proposal"),
        "owner_id": OWNER, "team": TEAM, "campaign_id": CAMPAIGN, "channel": CHANNEL, "product": (None, "seats", "x"),
    },
    "deal.stage_changed": {
        **DEAL, **MONEY, "stage": ("demo", "proposal", "negotiation"), "owner_id": OWNER, "team": TEAM,
    },
    "deal.proposal_sent": DEAL,
    "deal.won": {**DEAL, **MONEY},
    "deal.lost": DEAL,
    "deal.reopened": DEAL,
}  # fmt: skip
TERMS = {
    "subscription_id": ("u", "v"), **MONEY, "plan": (None, "solo", "team"), "tier": TIER,
    "period": (None, "month", "quarter", "year"),
}  # fmt: skip
PAYS = {
    "subscription.started": {**TERMS, "trial": FLAG},
    "subscription.renewed": TERMS,
    "subscription.changed": TERMS,
    "subscription.renewal_due": {"subscription_id": ("u", "v")},
    "subscription.cancelled": {"subscription_id": ("u", "v")},
}
CALL = {"call_id": ("k", "l")}
CALLS = {
    "call.queued": {
        **CALL, "direction": (None, "in", "out"), "queue": (None, "support", "sales"), "team": TEAM,
        "deal_id": (None, "d"), "case_id": (None, "c1"), "arrived_at": (None, MOMENT),
    },
    "call.answered": {**CALL, "agent_id": OWNER},
    **{f"call.{what}": CALL for what in ("held", "resumed", "abandoned", "ended", "wrapped")},
    "callback.promised": {
        "callback_id": ("b",), "due_at": (MOMENT,), "queue": (None, "support"), "team": TEAM,
        "call_id": (None, "k", "l"), "owner_id": OWNER,
    },
    "callback.attempted": {"callback_id": ("b",)},
    "callback.reached": {"callback_id": ("b",)},
}  # fmt: skip
MAILS = {
    **{f"email.{what}": MAIL for what in ("sent", "sent ", "opened", "clicked", "bounced", "delivered")},
    "list.subscribed": LIST,
    "list.unsubscribed": LIST,
    "page.viewed": {"campaign_id": CAMPAIGN, "channel": CHANNEL},
    "list.blocked": LIST,
}
CASES = {
    "case.opened": {
        "case_id": CASE, "category": (None, "incident", "complaint"), "priority": (None, "high", "urgent"),
        "channel": CHANNEL, "team": TEAM, "owner_id": OWNER,
    },
    "case.assigned": {"case_id": CASE, "owner_id": OWNER, "team": TEAM, "priority": (None, None, "urgent", "low")},
    "case.replied": {"case_id": CASE, "automated": FLAG, "public": FLAG, "user_id": OWNER},
    "case.paused": {"case_id": CASE},
    "case.resumed": {"case_id": CASE},
    "case.resolved": {"case_id": CASE, "automated": FLAG, "user_id": OWNER},
    "case.reopened": {"case_id": CASE, "reason": (None, "again")},
    "case.closed": {"case_id": CASE},
    "case.merged": {"case_id": CASE, "into": ("c0",)},
    "survey.sent": SURVEY,
    "survey.answered": {**SURVEY, "score": (1, 3.9, 4.0, 5)},
}  # fmt: skip
THEMES: dict[str, dict[str, Any]] = {
    "lead": {**LEAD, **TALK, **CUSTOMER},
    "talk": {**TALK, **CUSTOMER, "deal.won": DEAL, "lead.created": LEAD["lead.created"]},
    "sale": {**LEAD, **DEALS, **CUSTOMER},
    "deals": {**DEALS, **TALK, "order.placed": CUSTOMER["order.placed"], "call.queued": CALLS["call.queued"]},
    "mail": {**MAILS, "order.placed": CUSTOMER["order.placed"]},
    "case": {**CASES, **TALK},
    "phone": {**CALLS, **TALK, "case.opened": CASES["case.opened"]},
    "pays": {**PAYS, **CUSTOMER},
    "two": {**LEAD, **TALK, **CUSTOMER, **DEALS, **CASES, **PAYS, **LINKS},
    "all": {**LEAD, **TALK, **CUSTOMER, **DEALS, **MAILS, **CASES, **PAYS, **CALLS},
    "forgotten": {**LEAD, **TALK, **CUSTOMER, **DEALS, **CASES, **PAYS, **CALLS, "relationship.erased": {}},
}


def text(at):
    """Return a moment as an event carries it."""
    return (EPOCH + timedelta(milliseconds=at)).astimezone(UTC).isoformat(timespec="milliseconds")


def crowd(seed, people=150, most=18):
    """Return (key, value) lines of many lives, in no order of time."""
    chance = Random(seed)
    found = []
    for number in range(people):
        found += life(chance, f"r{seed}-{number}", number, chance.randint(2, most))
    chance.shuffle(found)
    return found


def life(chance, who, number, size):
    """Return the lines of one relationship: hours, days or months of one theme.

    Nobody's events have the time of somebody else's, so that two who turn out to be one have an order.
    """
    theme = "two" if number % COUPLES == 0 else chance.choice(sorted({*THEMES} - {"two"}))
    shapes = THEMES[theme]
    # Who turns out to be one with somebody after the lateness horizon has a settled past, that is not told anew.
    spans = SPANS[:2] if theme == "two" else SPANS
    span, step = chance.choice(spans)
    names = [chance.choice(sorted(shapes)) for _ in range(size)]
    times = sorted(START + chance.randint(0, span // step) * step + number for _ in names)
    if chance.random() < 0.8:  # most lives begin at the beginning
        names[0] = chance.choice([name for name in BEGINNINGS if name in shapes] or sorted(shapes))
    found: list[tuple[bytes, bytes]] = []
    taken: set[tuple[object, ...]] = set()
    for count, (name, at) in enumerate(zip(names, times, strict=True)):
        data = {field: chance.choice(values) for field, values in shapes[name].items()}
        line = written(chance, who, f"{who}-{count}", name.strip(), at, data)
        if untied(line, taken):
            found.append(line)
    return found


def written(chance, who, event_id, name, at, data):
    """Return the line of one event: with moments, ids of its own, and somebody else where one is meant."""
    for field, value in data.items():
        if value == MOMENT:
            data[field] = text(at + chance.randint(-HOUR, HOUR))
        elif value == SOMEBODY:
            data[field] = f"{who.partition('-')[0]}-{chance.randrange(0, 150, COUPLES)}"
        elif value is not None and field in OWN:
            data[field] = f"{who}/{value}"
    event = {
        "specversion": "1.0", "id": event_id, "source": "/oracle", "type": f"crm.{name}.v1", "subject": who,
        "time": text(at), "data": {field: value for field, value in data.items() if value is not None},
        "imported": chance.random() < 0.1,
    }  # fmt: skip
    return who.encode(), json.dumps(event).encode()


def ordered(lines):
    """Leave out what ties with an earlier line, of another id of the same person too: nobody could know their order."""
    person = persons([read(*line) for line in lines])
    taken: set[tuple[object, ...]] = set()
    return [line for line in lines if untied(line, taken, person)]


def untied(line, taken, person=MappingProxyType({})):
    """Tell whether no earlier line happened at the same place of the same story, whose order nobody could know."""
    event = read(*line)
    here = person.get(event.who, event.who), *place(event)
    fresh = here not in taken
    taken.add(here)
    return fresh
