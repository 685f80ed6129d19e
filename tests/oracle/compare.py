"""Where two sets of numbers differ, as lines that a person can read."""

from math import isclose

from tests.oracle.survival import Estimate

FIXED = {
    "since", "time", "gap", "horizon", "age", "attempt", "kind", "funnel", "step", "exit", "form", "promise",
    "quantile",
}  # fmt: skip
EXACT_QUANTILES = {"contact_age_seconds", "leads_waiting_seconds"}
BIN = 0.0101
"""Relative error of a histogram's quantile."""


def differences(expected, got_samples):
    """Return one line per number that is not as expected; *got_samples* have kpi, part, window, labels and value."""
    got = {(s.kpi, s.part, s.window, tuple(sorted(s.labels.items()))): s.value for s in got_samples}
    found = []
    for name in sorted({*expected, *got}, key=str):
        there, here = expected.get(name), got.get(name)
        if not equal(name, there, here):
            kpi, part, window, labels = name
            found.append(f"{kpi} {part} {window or 'now'} {dict(labels)}: expected {there}, got {here}")
    return found


def equal(name, expected, got):
    """Tell whether a number is as it should be; None = absent."""
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
    return isclose(expected, got, rel_tol=BIN if binned else 1e-9, abs_tol=1e-9)
