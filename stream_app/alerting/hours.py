"""Quiet hours: from which moment on a team may be told."""

from dataclasses import dataclass

from stream_app.calendars import Calendar, OutOfRangeError, UnreachableError
from stream_app.measures.clock import OpenClock
from stream_app.policies.alerts import When
from stream_app.policies.policies import Policies


@dataclass(frozen=True, slots=True)
class Plan:
    """From when on somebody is told of one promise, in ms; None for never.

    Attributes:
        risk: That it is at risk.
        due: That it is overdue.
    """

    risk: int | None = None
    due: int | None = None


NEVER = Plan()


class Hours:
    """Put the moments of a promise into the hours of its team.

    A moment depends on nothing but the promise and the policies. So every board, however often it is started,
    comes to the same, and what was told while a team was there stays told when it goes home.
    """

    def __init__(self, policies: Policies) -> None:
        self._policies = policies

    def plan(self, clock: OpenClock) -> Plan:
        """Return when to tell of *clock*; imported history pages nobody."""
        if clock.imported:
            return NEVER
        team = clock.labels.get("team")
        quiet, calendar = self._policies.alerts.quiet(team), self._policies.calendar(team)
        # A promise is broken the moment after it was due, as the gauges count it.
        due = None if clock.due is None else clock.due + 1
        return Plan(_within(quiet.at_risk, calendar, clock.risk), _within(quiet.overdue, calendar, due))

    def is_closed(self, when: When, team: str | None, now: int) -> bool:
        """Tell whether *team* is not to be told at *now*."""
        if when != "open":
            return False
        try:
            return not self._policies.calendar(team).is_open(now)
        except OutOfRangeError:
            return False

    def when(self, state: str, team: str | None) -> When:
        """Return what holds for promises of *team* in *state*."""
        quiet = self._policies.alerts.quiet(team)
        return quiet.overdue if state == "overdue" else quiet.at_risk


def _within(when: When, calendar: Calendar, at: int | None) -> int | None:
    if at is None or when == "never":
        return None
    if when == "always":
        return at
    try:
        return calendar.opens(at)
    except (OutOfRangeError, UnreachableError):
        return at  # a team that never opens again: better at a wrong hour than never
