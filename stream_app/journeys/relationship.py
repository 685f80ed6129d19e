"""One relationship as a whole: which parts it has, and in which order things of one moment happened."""

from __future__ import annotations

from collections.abc import Mapping

from stream_app.journeys import (
    call,
    callback,
    case,
    contact,
    contact_outreach,
    customer,
    customer_flows,
    customer_worth,
    deal,
    deal_work,
    lead,
    lead_prospects,
    list_membership,
    order,
    purchase_growth,
    repeat_contact,
    service_revenue,
    subscription,
    survey,
    survey_nps,
    touch,
    touch_retention,
    touch_revenue,
)
from stream_app.journeys.part import Part

PARTS: tuple[Part, ...] = (
    touch.PART,
    touch_retention.PART,
    customer.PART,
    lead.PART,
    lead_prospects.PART,
    contact.PART,
    contact_outreach.PART,
    list_membership.PART,
    deal.PART,
    order.PART,
    deal_work.PART,
    purchase_growth.PART,
    touch_revenue.PART,
    case.PART,
    call.PART,
    repeat_contact.PART,
    callback.PART,
    service_revenue.PART,
    survey.PART,
    survey_nps.PART,
    customer_flows.PART,
    subscription.PART,
    customer_worth.PART,
)
"""In folding order: touches see who was a customer before; customer and lead set the labels that the others use; deal
and order tell what was earned."""

_AT_THE_SAME_TIME = (
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
RANK: dict[str, int] = {name: rank for rank, name in enumerate(_AT_THE_SAME_TIME)}
"""Order of events with one and the same time: causes before effects, a reply before the pause that goes with it."""
LAST = len(RANK)

OTHERS: Mapping[str, tuple[str, ...]] = {"customer.created": ("acquired_by",), "customer.referred": ("by",)}
"""Fields that name another relationship. No part reads them, and no fact keeps them: who is erased must not live on in
the journeys of others."""
LINKING = frozenset({"relationship.merged", "lead.converted", "relationship.erased"})
"""Events after which one id may be another's, or nobody's: needed whatever is wanted of the catalogue (ADR 14)."""
