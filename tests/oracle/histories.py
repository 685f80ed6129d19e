"""Dense histories, drawn by hypothesis: few relationships, one theme at a time, every field that a number looks at."""

import json
from datetime import UTC, timedelta

from hypothesis import strategies as st

from tests.oracle.reading import EPOCH, place, read

START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
MINUTE, HOUR = 60_000, 3_600_000
ABSENT = st.none()
CHANNEL = ABSENT | st.sampled_from(["web", "phone"])
TEAM = ABSENT | st.sampled_from(["north", "south"])
OWNER = ABSENT | st.sampled_from(["eve", "finn"])
CAMPAIGN = ABSENT | st.sampled_from(["spring", "summer"])
CASE = st.sampled_from(["c1", "c2"])
MOMENTS = st.integers(0, 3 * HOUR).map(lambda ms: text(START + ms))
MAIL = {"campaign_id": st.sampled_from(["spring", "summer"]), "message_id": st.sampled_from(["m1", "m2", "m3"])}
LIST = {"list_id": st.just("l"), "reason": ABSENT | st.just("bored"), "campaign_id": CAMPAIGN, "channel": CHANNEL}
DEAL = {"deal_id": st.just("d")}
SURVEY = {
    "survey_id": st.sampled_from(["s1", "s2"]), "kind": st.sampled_from(["csat", "csat", "nps"]),
    "agent_id": OWNER, "case_id": ABSENT | CASE,
}  # fmt: skip
FLAG = st.sampled_from([None, False, True])

LEAD = {
    "lead.created": {
        "channel": st.sampled_from(["web", "phone"]), "team": TEAM, "owner_id": OWNER, "campaign_id": CAMPAIGN,
        "segment": ABSENT | st.just("smb"), "captured_at": ABSENT | MOMENTS,
    },
    "lead.assigned": {"owner_id": st.sampled_from(["eve", "finn"]), "team": TEAM},
    "lead.stage_changed": {"stage": st.sampled_from(["qualified", "other"])},
    "lead.converted": {},
    "lead.disqualified": {"reason": st.just("spam")},
}  # fmt: skip
TALK = {
    "interaction.logged": {
        "direction": st.sampled_from(["in", "out"]), "medium": st.sampled_from(["call", "email"]), "automated": FLAG,
        "internal": FLAG, "two_way": FLAG, "team": TEAM, "case_id": ABSENT | CASE,
    },
}  # fmt: skip
CUSTOMER = {
    "customer.created": {
        "segment": ABSENT | st.sampled_from(["smb", "ent"]), "tier": ABSENT | st.just("plus"), "owner_id": OWNER,
        "team": TEAM, "channel": CHANNEL,
    },
    "customer.churned": {},
    "customer.reactivated": {},
    "customer.referred": {"campaign_id": CAMPAIGN},
    "order.placed": {
        "order_id": st.just("o"), "currency": st.just("EUR"), "campaign_id": CAMPAIGN,
        "lines": st.just([{"sku": "s", "quantity": 1, "price": 1}]),
    },
    "relationship.merged": {"into": st.just("zoe")},
}  # fmt: skip
DEALS = {"deal.opened": DEAL, "deal.proposal_sent": DEAL, "deal.won": DEAL, "deal.lost": DEAL}
MAILS = {
    **{f"email.{what}": MAIL for what in ("sent", "sent ", "opened", "clicked", "bounced", "delivered")},
    "list.unsubscribed": LIST,
    "list.blocked": LIST,
}
CASES = {
    "case.opened": {
        "case_id": CASE, "category": ABSENT | st.just("incident"), "priority": ABSENT | st.sampled_from(["high", "urgent"]),
        "channel": CHANNEL, "team": TEAM, "owner_id": OWNER,
    },
    "case.assigned": {"case_id": CASE, "owner_id": OWNER, "team": TEAM},
    "case.replied": {"case_id": CASE, "automated": FLAG, "public": FLAG},
    "case.paused": {"case_id": CASE},
    "case.resumed": {"case_id": CASE},
    "case.resolved": {"case_id": CASE, "automated": FLAG},
    "case.reopened": {"case_id": CASE},
    "case.closed": {"case_id": CASE},
    "case.merged": {"case_id": CASE, "into": st.just("c0")},
    "survey.sent": SURVEY,
    "survey.answered": {**SURVEY, "score": st.sampled_from([1, 3.9, 4.0, 5])},
}  # fmt: skip
THEMES = {
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



@st.composite
def lines(draw):
    """(key, value) lines in no order of time, about half an hour, some days or some months."""
    shapes = THEMES[draw(st.sampled_from(sorted(THEMES)))]
    span, step = draw(st.sampled_from([(3 * HOUR, 1), (20 * HOUR, MINUTE), (8 * 24 * HOUR, HOUR), (110 * 24 * HOUR, HOUR)]))
    found, taken = [], set()
    for number, name in enumerate(draw(st.lists(st.sampled_from(sorted(shapes)), min_size=1, max_size=25))):
        data = {field: draw(values) for field, values in shapes[name].items()}
        who = draw(st.sampled_from(["ada", "ada", "bob"]))
        event = {
            "specversion": "1.0", "id": f"e{number}", "source": "/oracle", "type": f"crm.{name.strip()}.v1", "subject": who,
            "time": text(START + draw(st.integers(0, span // step)) * step),
            "data": {field: value for field, value in data.items() if value is not None},
        }  # fmt: skip
        if draw(st.integers(0, 9)) == 0:
            event["imported"] = True
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
