"""The list behind the waiting, at-risk and overdue counts: filter, sort, page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from stream_app.board.directory import Directory
from stream_app.board.shapes import Clock, Counts, State
from stream_app.kpis.kinds import waiting
from stream_app.measures.clock import OpenClock

TESTS: Final[Mapping[State, waiting.Test]] = MappingProxyType({
    "waiting": waiting.waiting,
    "at_risk": waiting.at_risk,
    "overdue": waiting.overdue,
})  # fmt: skip
"""The very tests that the gauges count with, so that a list is as long as its number."""
LABELS = ("channel", "team", "owner_id", "priority")
SORTS = ("due", "-due", "since", "-since")
FOREVER = 1 << 62
"""Sorts a clock without a due time behind all that have one."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a reader wants to see; None filters nothing.

    Attributes:
        clocks: Names of the clocks.
        labels: Wanted value per label.
        state: "waiting" is every open clock; the two others exclude each other.
        sort: One of `SORTS`.
        limit: Rows of the page.
        offset: Rows before the page.
    """

    clocks: tuple[str, ...] | None = None
    labels: tuple[tuple[str, str], ...] = ()
    state: State | None = None
    sort: str = "due"
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page of open clocks, with the number of all that match."""

    items: tuple[OpenClock, ...]
    total: int


def state_of(clock: OpenClock, now: int) -> State:
    """Return the most pressing state of *clock*."""
    if TESTS["overdue"](clock, now):
        return "overdue"
    return "at_risk" if TESTS["at_risk"](clock, now) else "waiting"


def select(
    clocks: Mapping[str, tuple[OpenClock, ...]], query: Query, now: int, test: waiting.Test | None = None
) -> Page:
    """Return the page that *query* asks for; ties are broken by relationship and item, so pages fit.

    A *test* takes the place of the query's state: a KPI may count by a test of its own.
    """
    names = clocks if query.clocks is None else query.clocks
    counts_for = test or TESTS[query.state or "waiting"]
    found = [
        clock
        for name in names
        for clock in clocks.get(name, ())
        if counts_for(clock, now) and all(clock.labels.get(k) == v for k, v in query.labels)
    ]
    # Two stable sorts: the tie-break ascending, then the wish, which may be descending.
    found.sort(key=lambda clock: (clock.relationship, clock.item, clock.clock))
    key, descending = _order(query.sort)
    found.sort(key=key, reverse=descending)
    return Page(tuple(found[query.offset : query.offset + query.limit]), len(found))


def _order(sort: str) -> tuple[Callable[[OpenClock], int], bool]:
    descending = sort.startswith("-")
    if sort.endswith("since"):
        return (lambda clock: clock.since), descending
    missing = -1 if descending else FOREVER
    return (lambda clock: missing if clock.due is None else clock.due), descending


def counts(clocks: Iterable[OpenClock], now: int) -> Counts:
    """Count the states as the gauges do: waiting is everyone open."""
    result: Counts = {"waiting": 0, "at_risk": 0, "overdue": 0}
    for clock in clocks:
        result["waiting"] += 1
        state = state_of(clock, now)
        if state != "waiting":
            result[state] += 1
    return result


def values(clocks: Mapping[str, tuple[OpenClock, ...]], query: Query) -> dict[str, list[str]]:
    """Return what a list may be narrowed to: clocks that somebody is in, states, and the labels of the chosen ones."""
    chosen = [
        clock for name, group in clocks.items() if query.clocks is None or name in query.clocks for clock in group
    ]
    found = {label: sorted({value for one in chosen if (value := one.labels.get(label))}) for label in LABELS}
    return {"clock": [name for name, group in clocks.items() if group], "state": [*TESTS], **found}


def iso(at: int | None) -> str | None:
    """Return *at* (ms) as RFC 3339 in UTC; None and 0 stay None, for they mean never."""
    if not at:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def row(clock: OpenClock, now: int, directory: Directory) -> Clock:
    """Return *clock* as JSON: who is waiting, since when, due when; durations in calendar seconds.

    *directory* says what owners are called and where the CRM has them.
    """
    return {
        "clock": clock.clock,
        "relationship": clock.relationship,
        "item": clock.item,
        "state": state_of(clock, now),
        "since": iso(clock.since),
        "due": iso(clock.due),
        "at_risk_from": iso(clock.risk),
        "waiting_seconds": (now - clock.since) / 1000,
        "due_in_seconds": None if clock.due is None else (clock.due - now) / 1000,
        "policy": clock.policy,
        "paused": clock.paused,
        "imported": clock.imported,
        "labels": clock.labels,
        "owner": directory.owner(clock),
        "crm_url": directory.url(clock),
    }
