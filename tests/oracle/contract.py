"""What the oracle knows of the contract: the fields of every event, and what comes first at one moment."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST = 2**53 - 1

SAME_TIME = (
    "customer.created", "customer.referred", "lead.created", "list.subscribed", "lead.assigned", "page.viewed",
    "case.opened", "case.assigned", "email.sent", "email.delivered", "email.bounced", "email.opened", "email.clicked",
    "call.queued", "callback.promised", "call.answered", "call.held", "call.resumed", "call.abandoned", "call.ended",
    "call.wrapped", "callback.attempted", "callback.reached",
    "lead.stage_changed", "interaction.logged", "case.replied", "lead.converted", "deal.opened", "deal.stage_changed",
    "deal.proposal_sent", "survey.sent", "survey.answered", "case.paused", "case.resumed", "case.resolved",
    "case.reopened", "case.closed", "case.merged", "order.placed", "order.refunded", "deal.won", "deal.lost",
    "deal.reopened", "subscription.started", "subscription.changed", "subscription.renewal_due",
    "subscription.renewed", "subscription.cancelled",
    "lead.disqualified", "list.unsubscribed", "list.blocked", "customer.churned", "customer.reactivated",
    "user.created", "user.logged_in", "record.created", "feature.used", "activity.due", "activity.completed",
    "user.deactivated", "campaign.launched", "cost.recorded", "goal.set", "campaign.ended",
    "relationship.merged", "relationship.erased",
)  # fmt: skip

_TERMS = "*subscription_id:t plan:t tier:t amount:i currency:c period:month|quarter|year ends_at:d"
# Sort of each field: t text, b yes or no, i whole number, p whole number from 0, n number, c currency, d moment,
# l order lines, else one of the words. A star marks a required field.
FIELDS = {
    "lead.created": "*channel:t team:t owner_id:t campaign_id:t form:t country:t segment:t score:n captured_at:d",
    "lead.assigned": "*owner_id:t team:t",
    "lead.stage_changed": "*stage:t",
    "lead.converted": "customer_id:t deal_id:t",
    "lead.disqualified": "*reason:t",
    "relationship.merged": "*into:t",
    "customer.created": "segment:t tier:t owner_id:t team:t channel:t acquired_by:t country:t",
    "customer.referred": "by:t campaign_id:t",
    "customer.churned": "reason:t",
    "customer.reactivated": "",
    "email.sent": "*campaign_id:t *message_id:t",
    "email.delivered": "*campaign_id:t *message_id:t",
    "email.opened": "*campaign_id:t *message_id:t",
    "email.clicked": "*campaign_id:t *message_id:t url:t",
    "email.bounced": "*campaign_id:t *message_id:t reason:t",
    "list.subscribed": "*list_id:t reason:t campaign_id:t channel:t",
    "list.unsubscribed": "*list_id:t reason:t campaign_id:t channel:t",
    "list.blocked": "*list_id:t reason:t campaign_id:t channel:t",
    "deal.proposal_sent": "*deal_id:t",
    "deal.lost": "*deal_id:t reason:t",
    "deal.reopened": "*deal_id:t",
    "case.opened": "*case_id:t category:question|incident|complaint|request priority:low|normal|high|urgent channel:t "
    "team:t owner_id:t",
    "case.replied": "*case_id:t automated:b public:b user_id:t",
    "case.paused": "*case_id:t reason:t",
    "case.resumed": "*case_id:t",
    "case.resolved": "*case_id:t automated:b user_id:t",
    "case.reopened": "*case_id:t reason:t",
    "case.closed": "*case_id:t",
    "case.merged": "*case_id:t *into:t",
    "survey.answered": "*survey_id:t *kind:nps|csat|ces *score:n agent_id:t case_id:t",
    "interaction.logged": "*direction:in|out *medium:call|email|chat|sms|meeting|visit|social automated:b internal:b "
    "two_way:b user_id:t team:t outcome:t campaign_id:t case_id:t deal_id:t call_id:t",
    "page.viewed": "campaign_id:t channel:t url:t",
    "deal.opened": "*deal_id:t amount:i currency:c kind:new|renewal|cross_sell|up_sell stage:t owner_id:t team:t "
    "campaign_id:t channel:t product:t",
    "deal.stage_changed": "*deal_id:t *stage:t amount:i currency:c owner_id:t team:t",
    "deal.won": "*deal_id:t amount:i currency:c",
    "order.placed": "*order_id:t *currency:c *lines:l campaign_id:t case_id:t channel:t team:t deal_id:t",
    "order.refunded": "*order_id:t *amount:p *currency:c quantity:p",
    "subscription.started": f"{_TERMS} trial:b",
    "subscription.renewal_due": "*subscription_id:t",
    "subscription.renewed": _TERMS,
    "subscription.changed": _TERMS,
    "subscription.cancelled": "*subscription_id:t reason:t",
    "case.assigned": "*case_id:t owner_id:t team:t priority:low|normal|high|urgent",
    "survey.sent": "*survey_id:t *kind:nps|csat|ces agent_id:t case_id:t team:t category:t",
    "relationship.erased": "",
    "call.queued": "*call_id:t direction:in|out queue:t team:t deal_id:t case_id:t arrived_at:d",
    "call.answered": "*call_id:t agent_id:t",
    **dict.fromkeys(("call.held", "call.resumed", "call.abandoned", "call.ended", "call.wrapped"), "*call_id:t"),
    "callback.promised": "*callback_id:t *due_at:d queue:t team:t owner_id:t call_id:t case_id:t",
    "callback.attempted": "*callback_id:t",
    "callback.reached": "*callback_id:t",
    "user.created": "role:t team:t human:b",
    "user.deactivated": "",
    "user.logged_in": "",
    "activity.completed": "*kind:t activity_id:t feature:t deal_id:t",
    "activity.due": "*activity_id:t *due_at:d kind:t",
    "record.created": "*entity:t",
    "feature.used": "*feature:t",
    "campaign.launched": "channel:t kind:t list_id:t",
    "campaign.ended": "",
    "cost.recorded": "*category:acquisition|retention|service|overhead *amount:i *currency:c channel:t campaign_id:t "
    "segment:t period_ends_at:d",
    "goal.set": "*kpi:t at_least:n at_most:n window:t label:t value:t",
}
FAMILIES = {
    **dict.fromkeys(("user", "activity", "record", "feature"), "users"),
    **dict.fromkeys(("campaign", "cost", "goal"), "campaigns"),
}
"""Whose topic a sort of event belongs into; all others are about relationships."""


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
    if sort in ("i", "p", "n"):
        number = isinstance(value, (int, float) if sort == "n" else int) and not isinstance(value, bool)
        return number and (0 if sort == "p" else -LARGEST) <= value <= LARGEST
    if sort == "c":
        return isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()
    if sort == "l":
        return isinstance(value, list) and len(value) > 0 and all(map(is_line, value))
    if sort == "d":
        return isinstance(value, str) and moment(value) is not None
    return value in sort.split("|")


def is_line(line):
    """Tell whether a value is a line of an order."""
    named = all(is_a("t", line[name]) for name in ("product_tier", "product_line") if line.get(name) is not None)
    return named and is_a("t", line["sku"]) and is_a("p", line["price"]) and is_a("p", line["quantity"] - 1)
