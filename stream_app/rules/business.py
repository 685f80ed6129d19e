"""Alerts of the business: people who wait, promises that break, figures that fall against their own past."""

from __future__ import annotations

from stream_app.rules.alert import Alert, Case, Recording

FRESH_SECONDS = 900
"""Business alerts trust figures whose newest event is younger than this."""
FAST_BURN, SLOW_BURN = 10, 2
"""Burn rates at which the fast and the slow pair of windows alert."""

FRESH = "crm:data_fresh:bool"
RECORDINGS = (
    Recording(
        FRESH,
        f'min(min(crm_source_freshness_seconds{{source=""}}) < bool {FRESH_SECONDS}) * min(crm_kpi_ready) '
        "* (1 - max(crm_kpi_state_damaged))",
        f"1 while the board is ready, its state is sound and the newest event is younger than {FRESH_SECONDS // 60} "
        "minutes. Business alerts hold their tongue otherwise; the alerts of the machine speak.",
    ),
)

_FRESH_NOW = (
    ('crm_source_freshness_seconds{instance="board"}', "30x600"),
    ('crm_kpi_ready{instance="board"}', "1x600"),
    ('crm_kpi_state_damaged{instance="board"}', "0x600"),
)


def _case(silent: str, fires: str, *series: tuple[str, str], interval: str = "1m") -> Case:
    return Case((*_FRESH_NOW, *series), silent, fires, interval)


ALERTS = (
    Alert(
        "CrmLeadOverdue",
        "page",
        'max by (team) (crm_leads_overdue{team!=""}) > 0',
        "2m",
        "{{ $labels.team }}: {{ $value }} leads overdue",
        "Leads of team {{ $labels.team }} have waited longer than they were promised. Each one is named by the alert "
        "CrmPromiseOverdue, if the board sends alerts itself.",
        "on-call",
        (
            "Nobody of the team looks at new leads: end of a shift, a meeting, a holiday unknown to the calendar.",
            "More leads came than the team can answer; look at leads_created against the hour before.",
            "Answers are given, but their events do not arrive: look at source_freshness_seconds of that system.",
        ),
        (
            "Open the list of overdue leads of the team on the board: /clocks?clock=lead_response&state=overdue.",
            "Ask the team lead who takes them, the longest wait first; reassign what lies with somebody absent.",
            "If the same owner is behind all of them, check whether that person is on duty.",
        ),
        (_case("1m", "4m", ('crm_leads_overdue{team="emea",instance="board"}', "0 3x30")),),
        fresh=True,
    ),
    Alert(
        "CrmLeadsAtRisk",
        "warn",
        'max by (team) (crm_leads_at_risk{team!=""}) >= 5',
        "5m",
        "{{ $labels.team }}: {{ $value }} leads are about to be missed",
        "These leads have used up most of the time that they were promised.",
        "on-call",
        ("The team is short of hands for the leads that come in now.",),
        (
            "Open /clocks?clock=lead_response&state=at_risk and answer in the order of due times.",
            "Ask another team for help before the first one is overdue.",
        ),
        (_case("4m", "7m", ('crm_leads_at_risk{team="emea",instance="board"}', "0 6x30")),),
        fresh=True,
    ),
    Alert(
        "CrmPromisesBurningFast",
        "page",
        f'min by (promise, team) (crm_slo_burn_rate{{speed="fast",team!=""}}) > {FAST_BURN} '
        "and on (team) max by (team) (crm_team_open) == 1",
        "1m",
        '{{ $labels.team }}: {{ $labels.promise }} promises break {{ printf "%.0f" $value }} times too fast',
        "At this rate the month's allowance of broken promises is gone within three days. Fires in the team's open "
        "hours only.",
        "on-call",
        ("Something broke at once: a queue that nobody reads, a routing rule, an integration that stopped.",),
        (
            "Look at the panel of burn rates: all teams at once point to a system, one team to people.",
            "Open the overdue list of the promise and take the newest first: what broke last tells why.",
        ),
        (
            _case(
                "1m",
                "3m",
                ('crm_slo_burn_rate{promise="lead_response",speed="fast",window="5m",team="emea"}', "1 12x30"),
                ('crm_slo_burn_rate{promise="lead_response",speed="fast",window="1h",team="emea"}', "1 11x30"),
                ('crm_team_open{team="emea"}', "1x60"),
            ),
        ),
        fresh=True,
    ),
    Alert(
        "CrmPromisesBurningSlowly",
        "warn",
        f'min by (promise, team) (crm_slo_burn_rate{{speed="slow",team!=""}}) > {SLOW_BURN} '
        "and on (team) max by (team) (crm_team_open) == 1",
        "15m",
        '{{ $labels.team }}: {{ $labels.promise }} promises break {{ printf "%.1f" $value }} times too fast',
        "Not an emergency, but the month's allowance of broken promises will not last.",
        "on-call",
        ("The load has grown and the team has not; a target that does not fit the work.",),
        (
            "Compare response and resolution of the team with those of the week before.",
            "Talk with the team lead about hands or about the target in the policies.",
        ),
        (
            _case(
                "14m",
                "17m",
                ('crm_slo_burn_rate{promise="case_first",speed="slow",window="6h",team="emea"}', "1 3x60"),
                ('crm_slo_burn_rate{promise="case_first",speed="slow",window="3d",team="emea"}', "1 2.5x60"),
                ('crm_team_open{team="emea"}', "1x60"),
            ),
        ),
        fresh=True,
    ),
    Alert(
        "CrmFreshnessFalling",
        "warn",
        'max by (horizon) (crm_relationship_freshness_ratio{horizon="30d",segment="",tier="",owner_id=""}) '
        '< max by (horizon) (crm_relationship_freshness_ratio{horizon="30d",segment="",tier="",owner_id=""} offset 1d) '
        "- 0.05",
        "30m",
        "Customers talked with in the last 30 days fell by more than 5 points within a day",
        "Now {{ $value | humanizePercentage }}. Contact with existing customers is stopping.",
        "relationships",
        ("A source of calls or mails has stopped sending events.", "A campaign of contacts ended 30 days ago."),
        (
            "Compare engagements per medium with the week before: one that is gone is an integration.",
            "Open relationships_by_age by owner and agree who calls whom.",
        ),
        (
            _case(
                "1460m",
                "1480m",
                ('crm_relationship_freshness_ratio{horizon="30d"}', "0.8x143 0.7x20"),
                interval="10m",
            ),
        ),
        fresh=True,
    ),
    Alert(
        "CrmConversionCollapsed",
        "warn",
        'max(crm_lead_conversion_ratio{form="period",window="24h",channel="",campaign="",team=""}) '
        '< 0.5 * max(crm_lead_conversion_ratio{form="period",window="7d",channel="",campaign="",team=""}) '
        'and max(crm_lead_conversion_denominator{form="period",window="24h",channel="",campaign="",team=""}) >= 20',
        "30m",
        "Leads convert at less than half of the week's rate",
        "Conversions per lead: {{ $value | humanizePercentage }} in the last 24 h, less than half of the last 7 days.",
        "sales",
        (
            "A form or checkout is broken.",
            "A campaign brings leads that fit nothing.",
            "Conversions are no longer recorded.",
        ),
        (
            "Break lead_conversion_ratio down by channel and campaign: one that fell alone is the place to look.",
            "Make a test lead and take it through to the end.",
        ),
        (
            _case(
                "29m",
                "32m",
                ('crm_lead_conversion_ratio{form="period",window="24h"}', "0.1 0.03x60"),
                ('crm_lead_conversion_ratio{form="period",window="7d"}', "0.1x60"),
                ('crm_lead_conversion_denominator{form="period",window="24h"}', "50x60"),
            ),
        ),
        fresh=True,
    ),
    Alert(
        "CrmBacklogGrowing",
        "warn",
        'max by (team) (crm_cases_open{team!=""}) > 1.5 * max by (team) (crm_cases_open{team!=""} offset 1d) '
        'and max by (team) (crm_cases_open{team!=""}) - max by (team) (crm_cases_open{team!=""} offset 1d) > 10',
        "30m",
        "{{ $labels.team }}: {{ $value }} open cases, half as many again as a day ago",
        "More cases are opened than are handled.",
        "service",
        ("A defect or an outage makes customers write.", "Agents are missing.", "Cases are solved but not closed."),
        (
            "Break cases_opened down by category: one that jumped names the defect.",
            "Compare cases_handled with the day before: if it fell, it is the hands.",
        ),
        (
            _case(
                "1460m",
                "1480m",
                ('crm_cases_open{team="emea"}', "20x143 40x20"),
                interval="10m",
            ),
        ),
        fresh=True,
    ),
    Alert(
        "CrmCallbackMissed",
        "page",
        'max by (team) (crm_callbacks_overdue{team!=""}) > 0',
        "2m",
        "{{ $labels.team }}: {{ $value }} promised callbacks are overdue",
        "Somebody was promised a call by now and nobody has tried.",
        "service",
        ("The list of callbacks is not read.", "Attempts are made from a phone that the CRM does not know."),
        ("Open /clocks?clock=callback&state=overdue and call, the longest wait first.",),
        (_case("1m", "4m", ('crm_callbacks_overdue{team="emea"}', "0 1x30")),),
        fresh=True,
    ),
    Alert(
        "CrmCallsAbandoned",
        "warn",
        'max by (queue) (crm_call_abandon_ratio{window="1h",queue!=""}) > 0.1 '
        'and max by (queue) (crm_call_abandon_denominator{window="1h",queue!=""}) >= 20',
        "10m",
        "{{ $labels.queue }}: {{ $value | humanizePercentage }} of callers hang up before anybody answers",
        "More than one in ten callers of the last hour gave up waiting.",
        "service",
        ("Too few agents are logged in.", "A menu sends callers into the wrong queue."),
        ("Look at calls_waiting and call_answer_seconds of the queue.", "Offer callbacks, move agents to the queue."),
        (
            _case(
                "9m",
                "12m",
                ('crm_call_abandon_ratio{window="1h",queue="billing"}', "0.02 0.2x30"),
                ('crm_call_abandon_denominator{window="1h",queue="billing"}', "40x30"),
            ),
        ),
        fresh=True,
    ),
    Alert(
        "CrmChurnJump",
        "warn",
        'max(crm_churn_ratio{window="7d",segment="",tier="",plan=""}) '
        '> 2 * max(crm_churn_ratio{window="7d",segment="",tier="",plan=""} offset 7d) '
        'and max(crm_churn_numerator{window="7d",segment="",tier="",plan=""}) >= 5',
        "1h",
        "Twice as many customers left in the last 7 days as in the 7 days before",
        "{{ $value | humanizePercentage }} of the customers at the start of the week are gone.",
        "relationships",
        ("A change of price or product.", "A bulk clean-up in the CRM that marks old customers as churned."),
        (
            "Break customers_lost down by segment and tier; read the reasons of the events.",
            "If it was a clean-up, correct the events: the past is restated.",
        ),
        (
            _case(
                "168h",
                "170h",
                ('crm_churn_ratio{window="7d"}', "0.01x167 0.05x20"),
                ('crm_churn_numerator{window="7d"}', "2x167 12x20"),
                interval="1h",
            ),
        ),
        fresh=True,
    ),
    Alert(
        "CrmThresholdCrossed",
        "warn",
        'max by (kpi, severity) (crm_kpi_threshold_crossed{severity="critical"}) == 1',
        "5m",
        "{{ $labels.kpi }} is beyond its critical threshold",
        "The policies name the value at which somebody should look at this KPI.",
        "goals",
        ("What the KPI measures has changed.", "The threshold is too narrow."),
        ("Open /kpis/<name> on the board: value, n, what was left out, breakdowns.",),
        (_case("4m", "7m", ('crm_kpi_threshold_crossed{kpi="csat_ratio",severity="critical"}', "0 1x30")),),
        fresh=True,
    ),
)
