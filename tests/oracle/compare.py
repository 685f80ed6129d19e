"""Where two sets of numbers differ, as lines that a person can read."""

from math import isclose

from tests.oracle.survival import Estimate

FIXED = {
    "since", "time", "gap", "horizon", "age", "attempt", "kind", "funnel", "step", "exit", "form", "promise",
    "quantile",
}  # fmt: skip
EXACT_QUANTILES = {"contact_age_seconds", "leads_waiting_seconds"}
NOT_TOLD = {
    *("conversion_ratio", "retention_by_campaign_ratio", "acquisition_payback_seconds", "money_at_risk_eur"),
    *("event_valid_ratio", "late_events", "source_freshness_seconds"),
    *("slo_burn_rate", "goal_attainment_ratio", "goal_pace_ratio", "kpi_goal", "kpi_goal_met"),
    *("kpi_threshold", "kpi_threshold_crossed", "owner_info", "team_open"),
}
"""KPIs that the independent fold does not compute: worked by hand in tests/stories and tests/kpis."""
BIN = 0.0101
"""Relative error of a histogram's quantile."""
DIFFERENT = {"calls_per_deal", "activities_per_deal", "cross_sell_ratio", "up_sell_ratio"}
"""KPIs with counts of different things, which are estimated beyond `EXACT`."""
EXACT = 250


def differences(expected, got_samples):
    """Return one line per number that is not as expected; *got_samples* have kpi, part, window, labels and value."""
    got_samples = list(got_samples)
    many = {s.kpi for s in got_samples if s.kpi in DIFFERENT and s.part == "denominator" and s.value > EXACT}
    got = {(s.kpi, s.part, s.window, tuple(sorted(s.labels.items()))): s.value for s in got_samples}
    found = []
    for name in sorted({*expected, *got}, key=str):
        if name[0] in NOT_TOLD:
            continue
        there, here = expected.get(name), got.get(name)
        if not equal(name, there, here, name[0] in many):
            kpi, part, window, labels = name
            found.append(f"{kpi} {part} {window or 'now'} {dict(labels)}: expected {there}, got {here}")
    return found


def equal(name, expected, got, many=False):
    """Tell whether a number is as it should be; None = absent; *many*: it rests on so much that it is estimated."""
    kpi, _, _, labels = name
    if isinstance(expected, Estimate):
        if got is None:
            return expected.high is None
        return (expected.low or 0) * (1 - BIN) <= got <= (expected.high or float("inf")) * (1 + BIN)
    if expected is None or got is None:
        value = got if expected is None else expected
        breakdown = any(label not in FIXED for label, _ in labels)
        return value == 0 and breakdown and not kpi.endswith(("_ratio", "_seconds"))
    binned = "quantile" in dict(labels) and kpi not in EXACT_QUANTILES
    tolerance = BIN if binned else 0.05 if kpi in DIFFERENT and many else 1e-9
    return isclose(expected, got, rel_tol=tolerance, abs_tol=1e-9)
