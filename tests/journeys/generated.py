"""Event histories for law tests: small worlds in which everything that can happen does, drawn by hypothesis."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from schemas import encode

START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SUBJECTS = {
    "relationships": ("ada", "bob", "cai"),
    "users": ("eve", "finn", "bot"),
    "campaigns": ("spring", "summer", "books"),
}
"""Who takes part: few enough to meet again and again."""
MOMENTS = {"due_at", "ends_at", "period_ends_at", "arrived_at"}
"""Fields with a moment: drawn as ms after the event."""
OWN = {"deal_id", "order_id", "case_id", "call_id", "callback_id", "survey_id", "subscription_id"}
"""Fields with the id of something that belongs to one relationship."""


@dataclass(frozen=True)
class Record:
    """One record of a partition, as the consumer hands it over, and whose topic it is in."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: tuple[tuple[str, bytes], ...] = ()
    family: str = "relationships"


@dataclass(frozen=True)
class _maybe:  # noqa: N801  it reads like the strategies beside it
    """A field that may be absent."""

    values: st.SearchStrategy


_channel = st.sampled_from(["web", "phone"])
_team = st.sampled_from(["north", "south"])
_owner = st.sampled_from(["eve", "finn"])
_case = st.sampled_from(["c1", "c2"])
_medium = st.sampled_from(["call", "email", "meeting"])
_message = st.sampled_from(["m1", "m2"])
_campaign = st.sampled_from(["spring", "summer"])

_segment = st.sampled_from(["smb", "ent"])
_list = st.sampled_from(["l1", "l2"])
_deal = st.sampled_from(["d1", "d2"])
_order = st.sampled_from(["o1", "o2"])
_call = st.sampled_from(["k1", "k2"])
_callback = st.just("b1")
_subscription = st.sampled_from(["u1", "u2"])
_survey = st.sampled_from(["s1", "s2"])
_tier = st.sampled_from(["basic", "plus", "premium"])
_amount = st.sampled_from([0, 1_000, 25_000])
_cost = st.sampled_from([100, 4_000, 90_000])
_currency = st.sampled_from(["EUR", "EUR", "USD", "CHF"])
_soon = st.sampled_from([-5 * MINUTE, 20 * MINUTE, 3 * HOUR, 9 * DAY, 40 * DAY])
_feature = st.sampled_from(["inbox", "fax"])
_priority = st.sampled_from(["normal", "urgent"])
_line = st.fixed_dictionaries(
    {
        "sku": st.sampled_from(["s", "t"]), "quantity": st.integers(1, 3), "price": st.sampled_from([0, 100, 4_999]),
        "product_tier": _tier, "product_line": st.sampled_from(["seats", "services"]),
    }
)  # fmt: skip
_EMAIL = {"campaign_id": _campaign, "message_id": _message}
_LIST = {
    "list_id": _list, "campaign_id": _maybe(_campaign), "channel": _maybe(_channel),
    "reason": _maybe(st.sampled_from(["bored", "spam"])),
}  # fmt: skip
_TERMS = {
    "subscription_id": _subscription, "plan": _maybe(st.sampled_from(["solo", "team"])), "tier": _maybe(_tier),
    "amount": _maybe(_amount), "currency": _maybe(_currency),
    "period": _maybe(st.sampled_from(["month", "quarter", "year"])), "ends_at": _maybe(_soon),
}  # fmt: skip
_ASKED = {"survey_id": _survey, "kind": st.sampled_from(["csat", "nps", "ces"]), "case_id": _maybe(_case)}

RELATIONSHIPS: dict[str, dict[str, Any]] = {
    "lead.created": {
        "channel": _channel, "team": _maybe(_team), "owner_id": _maybe(_owner), "campaign_id": _maybe(_campaign),
        "country": _maybe(st.sampled_from(["DE", "US"])), "segment": _maybe(_segment),
    },
    "lead.assigned": {"owner_id": _owner, "team": _maybe(_team)},
    "lead.stage_changed": {"stage": st.sampled_from(["qualified", "other"])},
    "lead.converted": {"customer_id": _maybe(st.sampled_from(["ada", "bob", "cai", "zoe"])), "deal_id": _maybe(_deal)},
    "lead.disqualified": {"reason": st.just("spam")},
    "interaction.logged": {
        "direction": st.sampled_from(["in", "out"]), "medium": _medium, "automated": st.booleans(),
        "two_way": st.booleans(), "case_id": _maybe(_case), "deal_id": _maybe(_deal), "call_id": _maybe(_call),
        "campaign_id": _maybe(_campaign), "user_id": _maybe(_owner), "team": _maybe(_team), "internal": st.booleans(),
    },
    "customer.created": {
        "segment": _maybe(_segment), "owner_id": _maybe(_owner), "tier": _maybe(_tier), "team": _maybe(_team),
        "channel": _maybe(_channel), "acquired_by": _maybe(st.sampled_from(["ada", "bob", "zoe"])),
    },
    "customer.churned": {},
    "customer.reactivated": {},
    "customer.referred": {"campaign_id": _maybe(_campaign)},
    **dict.fromkeys((f"email.{what}" for what in ("sent", "delivered", "opened", "clicked", "bounced")), _EMAIL),
    **dict.fromkeys((f"list.{what}" for what in ("subscribed", "unsubscribed", "blocked")), _LIST),
    "page.viewed": {"campaign_id": _maybe(_campaign), "channel": _maybe(_channel)},
    "deal.opened": {
        "deal_id": _deal, "amount": _maybe(_amount), "currency": _maybe(_currency), "owner_id": _maybe(_owner),
        "kind": st.sampled_from(["new", "renewal", "cross_sell", "up_sell"]), "team": _maybe(_team),
        "stage": _maybe(st.sampled_from(["discovery", "proposal"])), "campaign_id": _maybe(_campaign),
        "channel": _maybe(_channel), "product": _maybe(st.sampled_from(["seats", "services"])),
    },
    "deal.stage_changed": {
        "deal_id": _deal, "stage": st.sampled_from(["discovery", "proposal", "negotiation"]), "amount": _maybe(_amount),
        "currency": _maybe(_currency), "owner_id": _maybe(_owner), "team": _maybe(_team),
    },
    "deal.proposal_sent": {"deal_id": _deal},
    "deal.won": {"deal_id": _deal, "amount": _maybe(_amount), "currency": _maybe(_currency)},
    "deal.lost": {"deal_id": _deal, "reason": _maybe(st.just("price"))},
    "deal.reopened": {"deal_id": _deal},
    "order.placed": {
        "order_id": _order, "currency": _currency, "campaign_id": _maybe(_campaign), "case_id": _maybe(_case),
        "deal_id": _maybe(_deal), "channel": _maybe(_channel), "team": _maybe(_team),
        "lines": st.lists(_line, min_size=1, max_size=2),
    },
    "order.refunded": {
        "order_id": _order, "amount": st.sampled_from([0, 100, 4_999]), "currency": _currency,
        "quantity": st.integers(0, 2),
    },
    "subscription.started": {**_TERMS, "trial": st.booleans()},
    "subscription.renewal_due": {"subscription_id": _subscription},
    "subscription.renewed": _TERMS,
    "subscription.changed": _TERMS,
    "subscription.cancelled": {"subscription_id": _subscription},
    "case.opened": {
        "case_id": _case, "priority": _priority, "team": _maybe(_team), "owner_id": _maybe(_owner),
        "category": st.sampled_from(["question", "complaint"]), "channel": _maybe(_channel),
    },
    "case.assigned": {
        "case_id": _case, "owner_id": _maybe(_owner), "team": _maybe(_team), "priority": _maybe(_priority),
    },
    "case.replied": {"case_id": _case, "automated": st.booleans(), "public": st.booleans(), "user_id": _maybe(_owner)},
    "case.paused": {"case_id": _case},
    "case.resumed": {"case_id": _case},
    "case.resolved": {"case_id": _case, "automated": st.booleans(), "user_id": _maybe(_owner)},
    "case.reopened": {"case_id": _case, "reason": _maybe(st.just("came_back"))},
    "case.closed": {"case_id": _case},
    "case.merged": {"case_id": _case, "into": st.just("c0")},
    "call.queued": {
        "call_id": _call, "direction": st.sampled_from(["in", "in", "out"]), "team": _maybe(_team),
        "queue": _maybe(st.sampled_from(["support", "sales"])), "deal_id": _maybe(_deal), "case_id": _maybe(_case),
        "arrived_at": _maybe(st.sampled_from([-MINUTE, 0])),
    },
    "call.answered": {"call_id": _call, "agent_id": _maybe(_owner)},
    **{f"call.{what}": {"call_id": _call} for what in ("held", "resumed", "abandoned", "ended", "wrapped")},
    "callback.promised": {
        "callback_id": _callback, "due_at": _soon, "queue": _maybe(st.just("support")), "team": _maybe(_team),
        "call_id": _maybe(_call), "owner_id": _maybe(_owner),
    },
    "callback.attempted": {"callback_id": _callback},
    "callback.reached": {"callback_id": _callback},
    "survey.sent": {
        **_ASKED, "agent_id": _maybe(_owner), "team": _maybe(_team), "category": _maybe(st.just("delivery")),
    },
    "survey.answered": {**_ASKED, "score": st.sampled_from([1.0, 5.0, 9.0])},
    "relationship.merged": {"into": st.sampled_from(["ada", "bob", "cai", "zoe"])},
    "relationship.erased": {},
}  # fmt: skip
USERS: dict[str, dict[str, Any]] = {
    "user.created": {
        "role": _maybe(st.sampled_from(["sales", "owner"])), "team": _maybe(_team), "human": st.booleans(),
    },
    "user.deactivated": {},
    "user.logged_in": {},
    "activity.completed": {
        "kind": st.sampled_from(["call", "task"]), "activity_id": _maybe(st.sampled_from(["a1", "a2"])),
        "feature": _maybe(_feature), "deal_id": _maybe(_deal),
    },
    "activity.due": {
        "activity_id": st.sampled_from(["a1", "a2"]), "due_at": _soon,
        "kind": _maybe(st.sampled_from(["call", "task"])),
    },
    "record.created": {"entity": st.sampled_from(["account", "contact"])},
    "feature.used": {"feature": _feature},
}  # fmt: skip
CAMPAIGNS: dict[str, dict[str, Any]] = {
    "campaign.launched": {
        "channel": _maybe(_channel), "kind": _maybe(st.just("newsletter")), "list_id": _maybe(_list),
    },
    "campaign.ended": {},
    "cost.recorded": {
        "category": st.sampled_from(["acquisition", "retention", "service", "overhead"]), "amount": _cost,
        "currency": _currency, "channel": _maybe(_channel), "campaign_id": _maybe(_campaign),
        "segment": _maybe(_segment), "period_ends_at": _maybe(_soon),
    },
    "goal.set": {"kpi": st.sampled_from(["csat_ratio", "lead_response_sla_ratio"]), "at_least": st.just(0.8)},
}  # fmt: skip
FAMILY_OF = {
    **dict.fromkeys(RELATIONSHIPS, "relationships"), **dict.fromkeys(USERS, "users"),
    **dict.fromkeys(CAMPAIGNS, "campaigns"),
}  # fmt: skip
SHAPES = {**RELATIONSHIPS, **USERS, **CAMPAIGNS}
"""Every type of event, with the strategy of each field."""
THEMES = {
    "lead": ("lead.", "interaction.", "customer.", "page."),
    "sale": ("deal.", "order.", "lead.converted", "customer."),
    "service": ("case.", "interaction.", "survey.", "order."),
    "phone": ("call.", "callback.", "interaction."),
    "mail": ("email.", "list.", "page.", "campaign.", "cost.", "order."),
    "pay": ("subscription.", "customer.", "order.", "cost."),
    "work": ("user.", "activity.", "record.", "feature."),
    "who": ("relationship.", "lead.", "customer.", "order.", "case.", "subscription."),
    "all": ("",),
}
"""Sorts of events that have to do with one another: drawn together, they meet."""
INTRODUCED = (
    ("lead.created", "relationships"), ("customer.created", "relationships"), ("user.created", "users"),
    ("campaign.launched", "campaigns"),
)  # fmt: skip
"""What gives everybody their labels."""
OPENED = {
    "callback_id": "callback.promised", "call_id": "call.queued", "survey_id": "survey.sent", "deal_id": "deal.opened",
    "case_id": "case.opened",
}  # fmt: skip
"""What gives a thing its labels; one that names others comes before those."""
BY_AGENTS = {"case.resolved": {"automated": st.just(False)}}
"""What only an agent does where every label is known: a bot is none."""


@st.composite
def happening(draw, name, number, span=20 * HOUR, who=None, complete=False, since=0):
    """One event of a type, from *since* to *span* ms after the start, as a record without offset.

    *complete* leaves no field out.
    """
    at = START + draw(st.integers(since // MINUTE, span // MINUTE)) * MINUTE
    return draw(_event(name, number, at, span, who or draw(st.sampled_from(SUBJECTS[FAMILY_OF[name]])), complete, {}))


@st.composite
def _event(draw, name, number, at, span, who, complete, fixed):
    shape = SHAPES[name] | BY_AGENTS.get(name, {}) if complete else SHAPES[name]
    data = {field: draw(_filled(values, complete)) for field, values in shape.items()}
    data = {field: value for field, value in data.items() if value is not None}
    for field in OWN & data.keys():
        data[field] = f"{who}-{data[field]}"
    for field in MOMENTS & data.keys():
        data[field] = datetime.fromtimestamp((at + data[field]) / 1000, UTC)
    value = encode(f"crm.{name}.v1", data | fixed, id=f"e{number}", source="/crm/law", time=at, subject=who)
    return Record(0, who.encode(), value, START + span + 48 * HOUR, family=FAMILY_OF[name])


def _filled(field, complete):
    if not isinstance(field, _maybe):
        return field
    return field.values if complete else st.one_of(st.none(), field.values)


@st.composite
def histories(draw, span=20 * HOUR, most=25, complete=False, leave_out=()):
    """A list of records in no particular order, all within *span* ms of event time.

    Where it is *complete*, nothing is counted of which a label is not known: every field is filled, everybody is
    introduced with all their labels before anything else, and whatever is spoken of has been opened. Who is erased is
    so a minute after all else, and last in the list: what followed would be about somebody of whom nothing is known.
    """
    about = THEMES[draw(st.sampled_from(sorted(THEMES)))]
    drawn = sorted(name for name in SHAPES if name.startswith(about) and name not in leave_out)
    names = draw(st.lists(st.sampled_from(drawn), min_size=1, max_size=most))
    if not complete:
        return [draw(happening(name, number, span)) for number, name in enumerate(names)]
    last = [name for name in names if name == "relationship.erased"]
    names = [name for name in names if name != "relationship.erased"]
    found = [draw(happening(name, number, span, None, complete, HOUR)) for number, name in enumerate(names)]
    for field, opening in OPENED.items():
        for number, (at, thing, who) in enumerate(_never_opened(found, field)):
            event = _event(opening, f"{field}{number}", at - MINUTE, span, who, complete, {field: thing})
            found.append(draw(event))
    meetings = [(name, who) for name, family in INTRODUCED for who in SUBJECTS[family]]
    found += [draw(happening(name, f"{name}-{who}", 0, who, complete)) for name, who in meetings]
    end = span + MINUTE
    return found + [draw(happening(name, f"{name}{n}", end, None, complete, end)) for n, name in enumerate(last)]


def _never_opened(records, field):
    """The things that a field names which had not been opened before: when they are named first, and whose they are."""
    named: dict[str, datetime] = {}
    opened: dict[str, datetime] = {}
    whose: dict[str, str] = {}
    for record in records:
        event = json.loads(record.value)
        thing = event["data"].get(field)
        if thing is not None and record.family == "relationships":
            first = opened if event["type"] == f"crm.{OPENED[field]}.v1" else named
            at = datetime.fromisoformat(event["time"])
            first[thing] = min(first.get(thing, at), at)
            whose[thing] = event["subject"]
    late = sorted(thing for thing, at in named.items() if thing not in opened or opened[thing] >= at)
    return [(round(named[thing].timestamp() * 1000), thing, whose[thing]) for thing in late]


def numbered(records):
    """The records as the partitions hold them, one for each family: with offsets in their order."""
    found, offsets = [], dict.fromkeys(SUBJECTS, 0)
    for record in records:
        found.append(replace(record, offset=offsets[record.family]))
        offsets[record.family] += 1
    return found
