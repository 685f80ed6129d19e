"""Crowds of relationships with dense random lives: one theme each, every field that a number looks at."""

import json
from datetime import UTC, timedelta
from random import Random
from typing import Any

from tests.oracle.contract import EPOCH
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
DEAL = {"deal_id": ("d",)}
SURVEY = {
    "survey_id": ("s1", "s2"), "kind": ("csat", "csat", "nps"),
    "agent_id": OWNER, "case_id": (None, *CASE),
}  # fmt: skip
FLAG = (None, False, True)

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
        "internal": FLAG, "two_way": FLAG, "team": TEAM, "case_id": (None, *CASE),
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
        "order_id": ("o",), "currency": ("EUR",), "campaign_id": CAMPAIGN,
        "lines": ([{"sku": "s", "quantity": 1, "price": 1}],),
    },
    "relationship.merged": {"into": ("zoe",)},
}  # fmt: skip
DEALS = {"deal.opened": DEAL, "deal.proposal_sent": DEAL, "deal.won": DEAL, "deal.lost": DEAL}
MAILS = {
    **{f"email.{what}": MAIL for what in ("sent", "sent ", "opened", "clicked", "bounced", "delivered")},
    "list.unsubscribed": LIST,
    "list.blocked": LIST,
}
CASES = {
    "case.opened": {
        "case_id": CASE, "category": (None, "incident"), "priority": (None, "high", "urgent"),
        "channel": CHANNEL, "team": TEAM, "owner_id": OWNER,
    },
    "case.assigned": {"case_id": CASE, "owner_id": OWNER, "team": TEAM},
    "case.replied": {"case_id": CASE, "automated": FLAG, "public": FLAG},
    "case.paused": {"case_id": CASE},
    "case.resumed": {"case_id": CASE},
    "case.resolved": {"case_id": CASE, "automated": FLAG},
    "case.reopened": {"case_id": CASE},
    "case.closed": {"case_id": CASE},
    "case.merged": {"case_id": CASE, "into": ("c0",)},
    "survey.sent": SURVEY,
    "survey.answered": {**SURVEY, "score": (1, 3.9, 4.0, 5)},
}  # fmt: skip
THEMES: dict[str, dict[str, Any]] = {
    "lead": {**LEAD, **TALK, **CUSTOMER},
    "talk": {**TALK, **CUSTOMER, "deal.won": DEAL, "lead.created": LEAD["lead.created"]},
    "sale": {**LEAD, **DEALS},
    "mail": {**MAILS, "order.placed": CUSTOMER["order.placed"]},
    "case": {**CASES, **TALK},
    "all": {**LEAD, **TALK, **CUSTOMER, **DEALS, **MAILS, **CASES},
}


def text(at):
    """Return a moment as an event carries it."""
    return (EPOCH + timedelta(milliseconds=at)).astimezone(UTC).isoformat(timespec="milliseconds")


def crowd(seed, people=150, most=18):
    """Return (key, value) lines of many lives, in no order of time."""
    chance = Random(seed)
    found = []
    for number in range(people):
        found += life(chance, f"r{seed}-{number}", chance.randint(2, most))
    chance.shuffle(found)
    return found


def life(chance, who, size):
    """Return the lines of one relationship: hours, days or months of one theme."""
    shapes = THEMES[chance.choice(sorted(THEMES))]
    span, step = chance.choice(((5 * HOUR, 1), (20 * HOUR, MINUTE), (8 * 24 * HOUR, HOUR), (110 * 24 * HOUR, HOUR)))
    names = [chance.choice(sorted(shapes)) for _ in range(size)]
    times = sorted(START + chance.randint(0, span // step) * step for _ in names)
    if chance.random() < 0.8:  # most lives begin at the beginning
        names[0] = chance.choice([name for name in BEGINNINGS if name in shapes])
    found: list[tuple[bytes, bytes]] = []
    taken: set[tuple[object, ...]] = set()
    for number, (name, at) in enumerate(zip(names, times, strict=True)):
        data = {field: chance.choice(values) for field, values in shapes[name].items()}
        if data.get("captured_at"):
            data["captured_at"] = text(at + chance.randint(-HOUR, HOUR))
        event = {
            "specversion": "1.0", "id": f"{who}-{number}", "source": "/oracle", "type": f"crm.{name.strip()}.v1",
            "subject": who, "time": text(at),
            "data": {field: value for field, value in data.items() if value is not None},
            "imported": chance.random() < 0.1,
        }  # fmt: skip
        line = who.encode(), json.dumps(event).encode()
        if untied(line, taken):
            found.append(line)
    return found


def untied(line, taken):
    """Tell whether no earlier line happened at the same place of the same story, whose order nobody could know."""
    event = read(*line)
    here = event.who, *place(event)
    fresh = here not in taken
    taken.add(here)
    return fresh
