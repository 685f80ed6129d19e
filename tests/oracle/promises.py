"""Promises that still run: who waits now, whose time is nearly up, whose is over.

Rules (business time is calendar time here): due = start + target; at risk from start + 80 % of the target until it
is overdue; overdue from the moment after due. History from an import is never at risk or overdue, but its broken
promises count in the share of kept ones. A promise without a due time (paused) waits, and is neither.
"""

from typing import Any, NamedTuple

from tests.oracle.windows import cuts, key


class Running(NamedTuple):
    """One promise that nobody has kept yet: since, due, at risk (ms), breakdown labels."""

    name: str
    since: int
    due: int | None
    risk: int | None
    by: dict[str, Any]
    imported: bool


def broken(one, now):
    """Tell whether its due time has passed."""
    return one.due is not None and one.due < now


def overdue(one, now):
    """Tell whether somebody should be told that it is broken."""
    return broken(one, now) and not one.imported


def at_risk(one, now):
    """Tell whether somebody should be told that it may be broken."""
    return one.risk is not None and one.risk <= now and not broken(one, now) and not one.imported


def count(kpi, running, by, fixed=None):
    """Return how many there are, in total and by each label."""
    numbers = {key(kpi, "", None, fixed or {}): 0}
    for one in running:
        for cut in cuts(one.by, by):
            name = key(kpi, "", None, {**cut, **(fixed or {})})
            numbers[name] = numbers.get(name, 0) + 1
    return numbers
