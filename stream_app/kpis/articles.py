"""Which KPI answers for which number that the articles name: the map, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ARTICLES: Final = {
    "A0": "a watch list for small businesses",
    "A1": "key metrics of a CRM",
    "A2": "marketing, sales and operations figures",
    "A3": "CRM metrics for small companies",
    "A4": "CRM metrics with formulas",
}
"""What each article is about."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number, as the field calls it: in which articles' subjects it falls, and the KPIs that answer for it."""

    name: str
    articles: tuple[str, ...]
    kpis: tuple[str, ...]


def _subject(articles: str, **metrics: str) -> tuple[Metric, ...]:
    """Write `lead_response_time="lead_response_seconds ..."` as metrics of one subject."""
    return tuple(
        Metric(name.replace("__", "-").replace("_", " "), tuple(articles.split()), tuple(kpis.split()))
        for name, kpis in metrics.items()
    )


_RESPONSE = _subject(
    "A0 A1 A4",
    average_lead_response_time="lead_response_seconds",
    lead_response_time_with_unanswered_leads="lead_response_km_seconds",
    response_out_of_hours="lead_responses_off_hours",
    leads_waiting_for_an_answer="leads_waiting leads_waiting_oldest_seconds leads_waiting_seconds",
    leads_about_to_be_missed="leads_at_risk leads_overdue",
    response_promises_kept="lead_response_sla_ratio",
    speed_to_lead="speed_to_lead_seconds",
    conversion_by_speed_of_response="conversion_by_response_ratio",
    money_lost_by_waiting="money_at_risk_eur",
    first_response_time_of_cases="case_first_response_seconds",
    next_response_time_of_cases="case_next_response_seconds",
    average_inquiry_response_time="inquiry_response_seconds",
)

_RELATIONSHIP = _subject(
    "A0 A1",
    relationship_freshness="relationship_freshness_ratio",
    active_and_dormant_relationships="relationships_by_age",
    time_since_last_contact="contact_age_seconds",
    actions_per_engagement="actions_per_engagement",
    reply_rate_of_outreach="outreach_reply_ratio",
    attempts_until_a_reply="attempts_to_reply",
    attempts_until_a_purchase="attempts_to_purchase",
    contacts_that_never_answer="relationships_unresponsive",
    unsubscribes_and_blocks="opt_outs",
    referrals="referrals",
)

_MARKETING = _subject(
    "A0 A1 A2 A3 A4",
    sales_funnel_by_stage="funnel_stage_entered funnel_in_progress",
    newsletter_funnel="funnel_stage_entered funnel_stage_conversion_ratio",
    stage_conversion_rate="funnel_stage_conversion_ratio",
    funnel_drop__off_rate="funnel_drop_off_ratio funnel_exits",
    time_in_a_funnel_stage="funnel_stage_seconds funnel_conversion_seconds",
    conversion_rate_of_outreach="conversion_ratio",
    lead_conversion_rate="lead_conversion_ratio leads_matured_ratio",
    time_to_convert_a_lead="lead_conversion_seconds",
    new_leads="leads_created",
    lead_generation_rate="leads_created_per_day",
    prospects="prospects",
    inquiries="inquiries_inbound",
    active_campaigns="campaigns_active",
    responses_to_a_campaign="campaign_responses",
    purchases_from_a_campaign="campaign_purchases",
    customers_won_by_a_campaign="campaign_new_customers",
    revenue_per_campaign="campaign_revenue_eur campaign_unattributed_ratio",
    referrals_by_campaign="campaign_referrals",
    page_views="page_views",
    campaign_cost="campaign_cost_eur",
    return_on_campaign_investment="campaign_roi_ratio",
    growth_of_a_mailing_list="list_growth_ratio list_size",
    customer_acquisition_cost="acquisition_cost_eur",
    payback_time_of_acquisition="acquisition_payback_seconds",
    marketing__originated_customers="marketing_originated_ratio",
    retention_by_campaign="retention_by_campaign_ratio",
    expense_to_revenue="expense_to_revenue_ratio",
)

_SALES = _subject(
    "A1 A2 A3 A4",
    win_rate="win_ratio",
    close_rate="close_ratio",
    deals_opened_and_closed="deals_opened deals_ended",
    length_of_the_sales_cycle="sales_cycle_seconds loss_cycle_seconds",
    time_in_a_pipeline_stage="deal_stage_seconds deal_stage_age_seconds",
    open_opportunities="deals_open",
    pipeline_value="pipeline_amount_eur",
    weighted_pipeline="pipeline_weighted_eur",
    proposals_sent="proposals_sent",
    sales_calls="sales_calls calls_per_deal",
    activities_per_deal="deal_activities activities_per_deal",
    revenue="revenue_eur",
    new_revenue="revenue_new_eur",
    average_deal_size="deal_size_eur",
    renewal_rate="renewal_ratio",
    new_customers="customers_new",
    retained_customers="customers_retained",
    active_customers="customers_active",
    items_per_order="items_per_order",
    cross__selling_rate="cross_sell_ratio",
    up__selling_rate="up_sell_ratio tier_upgrades",
    orders_of_new_and_existing_customers="orders order_amount_eur",
)

_VALUE = _subject(
    "A1 A2 A3 A4",
    customer_retention_rate="retention_ratio",
    churn_rate="churn_ratio customers_lost subscription_churn_ratio subscriptions_lost",
    returning_customers="customers_reactivated",
    revenue_churn="revenue_churn_ratio",
    gross_and_net_revenue_retention="revenue_retention_ratio recurring_revenue_movement_eur",
    recurring_revenue="recurring_revenue_eur subscriptions_active subscriptions_new",
    customer_lifetime_value="customer_lifetime_value_eur customer_lifetime_value_expected_eur",
    average_purchase_value="purchase_value_eur",
    purchase_frequency="purchases_per_customer",
    customer_lifespan="customer_lifespan_seconds",
    customer_satisfaction="csat_ratio csat_score ces_score survey_answer_ratio",
    net_promoter_score="nps_score",
    cost_of_customer_retention="retention_cost_eur",
)

_SERVICE = _subject(
    "A1 A2 A3",
    number_of_cases="cases_opened",
    cases_handled="cases_handled",
    open_cases="cases_open cases_open_by_age",
    cases_closed_on_the_same_day="case_same_day_ratio",
    time_to_resolve_a_case="case_resolution_seconds",
    time_to_resolve_a_complaint="complaint_resolution_seconds",
    reopened_cases="case_reopen_ratio",
    service_level_agreements_kept="case_sla_ratio",
    cases_about_to_be_missed="cases_waiting cases_at_risk cases_overdue",
    number_of_service_calls="service_calls call_outcomes calls_waiting calls_waiting_oldest_seconds",
    average_speed_of_answer="call_answer_seconds",
    service_level_of_calls="service_level_ratio",
    average_handling_time="call_handle_seconds calls_handled",
    abandoned_calls="call_abandon_ratio",
    repeated_contacts="repeat_contact_ratio",
    callbacks="callbacks_promised callbacks_due callbacks_kept callbacks_reached",
    callbacks_kept="callback_kept_ratio callbacks_waiting callbacks_overdue",
    revenue_per_service_interaction="revenue_per_service_interaction_eur",
    agent_performance="cases_handled case_resolution_seconds csat_ratio cases_open call_handle_seconds",
)

_ADOPTION = _subject(
    "A3",
    users_who_logged_in_lately="users_active_ratio users_inactive",
    users_who_never_logged_in="users_never_logged_in",
    records_created_by_owners="records_created_by_owner",
    completed_activities="activities_completed",
    overdue_activities="activities_overdue",
    reminders_kept="activity_reminders_kept activity_reminders_kept_ratio",
    unused_features="features_unused feature_users_ratio",
)

_QUALITY = _subject(
    "A4",
    quality_of_the_data="event_valid_ratio field_complete_ratio",
    duplicates="duplicate_events",
    late_data="late_events",
    integration_of_sources="source_freshness_seconds",
)

_GOALS = _subject(
    "A4",
    goals="kpi_goal kpi_goal_met",
    goal_attainment="goal_attainment_ratio",
    pace_towards_a_goal="goal_pace_ratio",
    values_worth_a_look="kpi_threshold kpi_threshold_crossed",
    speed_at_which_promises_are_broken="slo_burn_rate",
)

METRICS: Final[tuple[Metric, ...]] = (
    *_RESPONSE,
    *_RELATIONSHIP,
    *_MARKETING,
    *_SALES,
    *_VALUE,
    *_SERVICE,
    *_ADOPTION,
    *_QUALITY,
    *_GOALS,
)
"""Every number that the articles name, subject by subject."""
