"""Kaplan-Meier: quantiles of waits of which some are not over yet, with what the product's binning may change."""

from typing import Any, NamedTuple

from tests.oracle.windows import WINDOWS, cuts, inside, key

NEAR = 101 / 99
"""Two waits whose ratio is smaller may change places in a histogram that is right within 1 %."""


class Estimate(NamedTuple):
    """A value, and the least and most that it can be where waits are only known within 1 %; None = no end in sight."""

    value: float | None
    low: float | None
    high: float | None


def survival(kpi, over, going_on, by, now):
    """Return the Kaplan-Meier quantiles over what began in each window; rows carry the wait (ms) at its beginning.

    Each estimate comes with bounds. The product keeps waits within 1 %, so one that ended and one that goes on at
    nearly the same wait may change places: at the one extreme all such left before, at the other after it.
    """
    groups: dict[Any, tuple[list[float], list[float]]] = {}
    for place, rows in enumerate((over, going_on)):
        for row in rows:
            for cut in cuts(row.by, by):
                for window in WINDOWS:
                    if inside(row.at, window, now):
                        groups.setdefault((window, tuple(cut.items())), ([], []))[place].append(row.value)
    found = {}
    for (window, cut), (ended, censored) in groups.items():
        for share in (0.5, 0.9):
            value, soonest, latest = (
                kaplan_meier(ended, [wait * factor for wait in censored], share) for factor in (1, 1 / NEAR, NEAR)
            )
            labels = {**dict(cut), "quantile": str(share)}
            if soonest is not None:
                found[key(kpi, "", window, labels)] = Estimate(value, soonest, latest)
    return found


def kaplan_meier(ended, censored, share):
    """Return the wait in seconds by which a share was over, None when the estimate never gets there."""
    there = len(ended) + len(censored)
    surviving = 1.0
    # Of equal waits those that ended go first: who stopped waiting then was still there.
    for wait, is_censored in sorted([(wait, False) for wait in ended] + [(wait, True) for wait in censored]):
        if not is_censored:
            surviving *= (there - 1) / there
            if 1 - surviving >= share - 1e-9:
                return wait / 1000
        there -= 1
    return None
