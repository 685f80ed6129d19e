"""Event histories for law tests: small worlds in which everything that can happen does, drawn by hypothesis."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from schemas import encode

START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
MINUTE = 60_000
HOUR = 60 * MINUTE
RELATIONSHIPS = ("ada", "bob", "cai")


@dataclass(frozen=True)
class Record:
    """One record of a partition, as the consumer hands it over."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: tuple[tuple[str, bytes], ...] = ()


def _maybe(strategy):
    return st.one_of(st.none(), strategy)


_channel = st.sampled_from(["web", "phone"])
_team = st.sampled_from(["north", "south"])
_owner = st.sampled_from(["eve", "finn"])
_case = st.sampled_from(["c1", "c2"])
_medium = st.sampled_from(["call", "email", "meeting"])
_message = st.sampled_from(["m1", "m2"])
_campaign = st.sampled_from(["spring", "summer"])

SHAPES = {
    "lead.created": {
        "channel": _channel, "team": _maybe(_team), "owner_id": _maybe(_owner), "campaign_id": _maybe(_campaign),
    },
    "lead.assigned": {"owner_id": _owner, "team": _maybe(_team)},
    "lead.stage_changed": {"stage": st.sampled_from(["qualified", "other"])},
    "lead.converted": {},
    "lead.disqualified": {"reason": st.just("spam")},
    "interaction.logged": {
        "direction": st.sampled_from(["in", "out"]), "medium": _medium, "automated": st.booleans(),
        "two_way": st.booleans(), "case_id": _maybe(_case),
    },
    "customer.created": {"segment": _maybe(st.sampled_from(["smb", "ent"])), "owner_id": _maybe(_owner)},
    "customer.churned": {},
    "customer.reactivated": {},
    "customer.referred": {"campaign_id": _maybe(_campaign)},
    "email.sent": {"campaign_id": _campaign, "message_id": _message},
    "email.opened": {"campaign_id": _campaign, "message_id": _message},
    "email.clicked": {"campaign_id": _campaign, "message_id": _message},
    "email.bounced": {"campaign_id": _campaign, "message_id": _message},
    "list.unsubscribed": {"list_id": st.just("l1"), "campaign_id": _maybe(_campaign)},
    "deal.opened": {"deal_id": st.just("d1")},
    "deal.proposal_sent": {"deal_id": st.just("d1")},
    "deal.won": {"deal_id": st.just("d1")},
    "order.placed": {
        "order_id": st.just("o1"), "currency": st.just("EUR"), "campaign_id": _maybe(_campaign),
        "lines": st.just([{"sku": "s", "quantity": 1, "price": 100}]),
    },
    "case.opened": {"case_id": _case, "priority": st.sampled_from(["normal", "urgent"]), "team": _maybe(_team)},
    "case.assigned": {"case_id": _case, "owner_id": _maybe(_owner), "team": _maybe(_team)},
    "case.replied": {"case_id": _case, "automated": st.booleans(), "public": st.booleans()},
    "case.paused": {"case_id": _case},
    "case.resumed": {"case_id": _case},
    "case.resolved": {"case_id": _case, "automated": st.booleans()},
    "case.reopened": {"case_id": _case},
    "case.closed": {"case_id": _case},
    "case.merged": {"case_id": _case, "into": st.just("c0")},
    "survey.sent": {"survey_id": st.just("s1"), "kind": st.just("csat"), "case_id": _maybe(_case)},
    "survey.answered": {"survey_id": st.just("s1"), "kind": st.just("csat"), "score": st.sampled_from([1.0, 5.0])},
    "relationship.merged": {"into": st.just("zoe")},
}  # fmt: skip


@st.composite
def happening(draw, name, number, span=20 * HOUR):
    """One event of a type, some time within *span* ms, as (time, relationship, record without offset)."""
    at = START + draw(st.integers(0, span // MINUTE)) * MINUTE
    who = draw(st.sampled_from(RELATIONSHIPS))
    data = {field: draw(values) for field, values in SHAPES[name].items()}
    data = {field: value for field, value in data.items() if value is not None}
    value = encode(f"crm.{name}.v1", data, id=f"e{number}", source="/crm/law", time=at, subject=who)
    return Record(0, who.encode(), value, START + span + 48 * HOUR)


@st.composite
def histories(draw, span=20 * HOUR, most=25):
    """A list of records in no particular order, all within *span* ms of event time."""
    names = draw(st.lists(st.sampled_from(sorted(SHAPES)), min_size=1, max_size=most))
    return [draw(happening(name, number, span)) for number, name in enumerate(names)]


def numbered(records):
    """The records as a partition holds them: with offsets in their order."""
    return [replace(record, offset=offset) for offset, record in enumerate(records)]
