"""Other people's figures for the real data sets, and what of ours has to equal them.

Each check takes ``find(kpi, part, **labels)``, which returns the number of a KPI over the whole data set, so that
the same figures are checked for ``evaluate`` and for the gauges of a board.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"
BUCKETS = 0.0101
"""Quantiles come from buckets that are 1 % wide."""


def folder(name):
    """The folder of a data set; without it the test is skipped, in CI it fails."""
    path = DATA / name
    if not path.is_dir():
        reason = f"the data set {name} is not beside the repository"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason} (CI=true: this must not be skipped)")
        pytest.skip(reason)
    return path


def reference(name):
    return json.loads((folder(name) / "reference.json").read_text())["kpi"]


def check_olist(find):
    """Leads, conversions and days to close, in all and per origin."""
    theirs = reference("olist-marketing-funnel")
    days = 86_400
    assert find("lead_conversion_ratio", "denominator", form="cohort") == 8000
    assert find("lead_conversion_ratio", "numerator", form="cohort") == theirs["deals"]
    assert find("lead_conversion_ratio", "", form="cohort") == theirs["conversion_rate_overall"]
    close = theirs["days_to_close(won_date - first_contact_date 00:00)"]
    assert find("lead_conversion_seconds", "mean") == pytest.approx(close["mean"] * days, rel=1e-6)
    assert find("lead_conversion_seconds", "", quantile="0.5") == pytest.approx(close["median"] * days, rel=BUCKETS)
    assert find("lead_conversion_seconds", "", quantile="0.9") == pytest.approx(close["p90"] * days, rel=BUCKETS)
    for origin, expected in theirs["per_origin"].items():
        channel = "unspecified" if origin == "(missing)" else origin
        assert find("lead_conversion_ratio", "denominator", form="cohort", channel=channel) == expected["leads"]
        assert find("lead_conversion_ratio", "numerator", form="cohort", channel=channel) == expected["won"]
        median = find("lead_conversion_seconds", "", quantile="0.5", channel=channel)
        if expected["median_days_to_close"] is None:
            assert median is None, channel
        else:
            assert median == pytest.approx(expected["median_days_to_close"] * days, rel=BUCKETS), channel


def check_helpdesk(find):
    """First response, resolution and reopening."""
    theirs = reference("helpdesk-italian")
    first, solved = theirs["first_response_hours"], theirs["resolution_days"]
    for name, unit, form, figures in (
        ("case_first_response_seconds", 3600, {}, first),
        ("case_resolution_seconds", 86_400, {"form": "first"}, solved),
    ):
        labels = {"time": "calendar", **form}
        assert find(name, "mean", **labels) == pytest.approx(figures["sum"] * unit / figures["count"], rel=1e-6)
        assert find(name, "", quantile="0.5", **labels) == pytest.approx(figures["median"] * unit, rel=BUCKETS)
        assert find(name, "", quantile="0.9", **labels) == pytest.approx(figures["p90"] * unit, rel=BUCKETS)
    assert find("case_reopen_ratio", "numerator") == theirs["cases_reopened"]
    assert find("case_reopen_ratio", "denominator") == theirs["cases_resolved"]
    assert find("cases_opened", "") == 4580


def check_maven(find):
    """Won and lost, cycle, deal size, revenue and open deals of the sales opportunities, in dollars."""
    theirs = reference("maven-crm-sales")
    cuts: list[tuple[dict[str, str], Any]] = [({}, theirs["overall"])]
    cuts += [({"owner_id": agent}, expected) for agent, expected in theirs["per_agent"].items()]
    cuts += [({"team": office}, expected) for office, expected in theirs["per_regional_office"].items()]
    for cut, expected in cuts:
        won, lost = (find("deals_ended", "", outcome=outcome, **cut) for outcome in ("won", "lost"))
        assert (won, lost) == (expected["won"], expected["lost"]), cut
        assert find("win_ratio", "", form="narrow", **cut) == pytest.approx(expected["win_rate"], abs=1e-6), cut
    days = 86_400
    for name, figures in (
        ("sales_cycle_seconds", theirs["sales_cycle_days_won"]),
        ("loss_cycle_seconds", theirs["sales_cycle_days_lost"]),
    ):
        assert find(name, "mean") == pytest.approx(figures["mean"] * days, rel=1e-6)
        assert find(name, "", quantile="0.5") == pytest.approx(figures["median"] * days, rel=BUCKETS)
        assert find(name, "", quantile="0.9") == pytest.approx(figures["p90"] * days, rel=BUCKETS)
    size = theirs["close_value_won"]
    assert find("deal_size_usd", "mean") == pytest.approx(size["mean"], rel=1e-6)
    assert find("deal_size_usd", "", quantile="0.5") == pytest.approx(size["median"], rel=BUCKETS)
    assert find("revenue_usd", "") == find("revenue_new_usd", "") == theirs["overall"]["won_value"]
    assert find("deals_open", "", pipeline_stage="Engaging") == theirs["deals_by_stage"]["Engaging"]


def check_bank_call_centre(find):
    """Calls that queued: abandoned, answered and how soon, time of the agents; in all and per type of call.

    They count everybody who hung up in the queue; we leave out who did so within 5 s, and say how many those were.
    """
    theirs = reference("bank-call-centre")
    waits, handled = theirs["wait_seconds_answered"], theirs["handle_seconds"]
    for queue, expected in (({}, theirs["month"]), *(({"queue": k}, v) for k, v in theirs["per_type"].items())):
        answered, short, abandoned = (
            find("call_outcomes", "", outcome=outcome, **queue)
            for outcome in ("answered", "short_abandon", "abandoned")
        )
        in_time = find("service_level_ratio", "numerator", within="20s", **queue)
        offered = answered + short + abandoned
        assert find("service_calls", "", **queue) == offered == expected["offered"]
        assert answered == expected["answered"]
        assert short + abandoned == expected["abandoned"]
        assert (short + abandoned) / offered == pytest.approx(expected["abandon_rate"], abs=1e-6)
        assert in_time / offered == pytest.approx(expected["sl20"], abs=1e-6)
        assert find("call_abandon_ratio", "denominator", **queue) == offered - short
        assert find("service_level_ratio", "denominator", within="20s", **queue) == offered - short
        assert find("call_answer_seconds", "mean", **queue) == pytest.approx(expected["asa_seconds"], abs=1e-6)
        assert find("call_handle_seconds", "mean", **queue) == pytest.approx(expected["aht_seconds"], abs=1e-6)
    without_short = theirs["abandon_rate_excluding_short_abandons(<5s)"]
    assert find("call_abandon_ratio", "") == pytest.approx(without_short, abs=1e-6)
    for kpi, figures in (("call_answer_seconds", waits), ("call_handle_seconds", handled)):
        for quantile, name in (("0.5", "median"), ("0.9", "p90")):
            assert find(kpi, "", quantile=quantile) == pytest.approx(figures[name], rel=BUCKETS)
    assert find("calls_handled", "") == handled["count"]


def check_ravenstack(find):
    """Churn, recurring revenue, satisfaction and response of a subscription business, in dollars.

    They count trials with the subscriptions that are paid for; we keep the two apart, and their parts add up.
    """
    theirs = reference("ravenstack-saas")
    left, back, new = (find(f"customers_{flow}", "") for flow in ("lost", "reactivated", "new"))
    assert left - back == new - find("customers_active", "") == theirs["accounts_with_churn_event"]
    for plan, expected in (
        ({}, theirs["subscription_churn_rate(subscriptions.churn_flag)"]),
        *(({"plan": plan}, rate) for plan, rate in theirs["churn_rate_per_plan"].items()),
    ):
        ended, begun = (
            sum(find(f"subscriptions_{flow}", "", kind=kind, **plan) for kind in ("paid", "trial"))
            for flow in ("lost", "new")
        )
        assert ended / begun == pytest.approx(expected, abs=1e-6), plan
    movements = ("new", "expansion", "contraction", "churn", "reactivation")
    moved = sum(find("recurring_revenue_movement_usd", "", movement=movement) for movement in movements)
    assert find("recurring_revenue_usd", "") == moved == theirs["mrr_active_at_2024-12-31"]
    assert find("csat_ratio", "") == pytest.approx(theirs["csat_pct_4_5"], abs=1e-6)
    assert find("csat_score", "") == pytest.approx(theirs["csat_mean"], abs=1e-6)
    assert find("survey_answer_ratio", "", kind="csat") == pytest.approx(theirs["csat_response_rate"], abs=1e-6)
    assert find("cases_opened", "") == theirs["first_response_minutes"]["count"]
    priorities = theirs["first_response_minutes_per_priority"].items()
    for kpi, unit, figures, narrow in (
        ("case_first_response_seconds", 60, theirs["first_response_minutes"], {}),
        ("case_resolution_seconds", 3600, theirs["resolution_hours"], {"form": "first"}),
        *(
            ("case_first_response_seconds", 60, figures, {"priority": "normal" if name == "medium" else name})
            for name, figures in priorities
        ),
    ):
        labels = {"time": "calendar", **narrow}
        mean = figures["sum"] * unit / figures["count"]
        assert find(kpi, "mean", **labels) == pytest.approx(mean, rel=1e-6), labels
        for quantile, name in (("0.5", "median"), ("0.9", "p90")):
            value = find(kpi, "", quantile=quantile, **labels)
            assert value == pytest.approx(figures[name] * unit, rel=BUCKETS), (kpi, labels, name)
