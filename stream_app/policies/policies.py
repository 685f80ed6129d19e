"""The policies of one business, as journeys and KPIs ask for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stream_app.calendars import ALWAYS, Calendar
from stream_app.policies.alerts import Alerts
from stream_app.policies.areas import AREAS, Area
from stream_app.policies.attribution import Attribution
from stream_app.policies.calls import Calls
from stream_app.policies.funnels import NEWSLETTER, SALES, Funnel, Moves
from stream_app.policies.goals import Aims
from stream_app.policies.links import Link
from stream_app.policies.money import Money
from stream_app.policies.targets import DEFAULT_CASES, DEFAULT_RESPONSE, Promise, Rule, Target, choose

_MINUTE_MS, _DAY_MS = 60_000, 86_400_000

# Teams and channels are whatever the CRM sends, so the memory of answers must not grow for ever.
_MOST_ANSWERS = 10_000


@dataclass(frozen=True, slots=True)
class Team:
    """Hold the calendar of a team (its versions over time), and whether anything is promised for it."""

    calendar: Calendar = ALWAYS
    promises: bool = True


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Policies:
    """Answer what is promised, by whose hours, and where each horizon lies; without arguments, the defaults.

    Attributes:
        default_calendar: The calendar of events without a team and of teams that are not listed.
        calendars: Every calendar of the file, by name.
        teams: The teams of the file, by name.
        response_rules: Promises on the first answer to a lead; the first rule that matches holds.
        case_rules: Promises on the first, each next and the last answer of a case.
        risk_share: The part of a target (0..1) after which an open clock is at risk.
        lateness_ms: How late an event may arrive and still be put in its place.
        future_skew_ms: How far ahead of the clock an event's time may lie.
        reply_horizon_ms: How long after an attempt an answer counts as its reply.
        unresponsive_after: Attempts without a reply after which a relationship counts as unresponsive.
        renewal_grace_ms: How long after it was due a subscription may still be renewed.
        freshness: Horizons of the freshness ratio: name to ms.
        ages: Upper bounds of the ages of a relationship, from the youngest: name to ms.
        funnels: The funnels to follow.
        windows: Lengths of the rolling windows, such as "15m".
        areas: The areas of the catalogue that are followed and published.
        label_cap: How many values of one label are shown before the rest become "other".
        label_caps: The same for single labels that need another cap.
        owners: Names of owners and agents, for people, by their ids.
        links: Where somebody who waits is found in the CRM.
        aims: Goals, thresholds and objectives.
        rules: Fingerprint of everything in the file that folding depends on; "" without a file.
        money: The reporting currency, the rates of others, and the gross margin.
        stage_probabilities: How likely (0..1) a deal in a pipeline stage is to be won.
        tiers: Tiers of products and plans, from the lowest; capital letters make no difference.
        attribution: Which campaign is credited with what somebody does.
        calls: By which times calls are measured.
        lead_maturity_ms: How old a lead is when it counts as converted or not.
        alerts: When teams are told of promises at risk and overdue.
    """

    default_calendar: Calendar = ALWAYS
    calendars: Mapping[str, Calendar] = field(default_factory=lambda: {"always": ALWAYS})
    teams: Mapping[str, Team] = field(default_factory=dict)
    response_rules: tuple[Rule, ...] = DEFAULT_RESPONSE
    case_rules: Mapping[Promise, tuple[Rule, ...]] = field(default_factory=lambda: dict(DEFAULT_CASES))
    risk_share: float = 0.8
    lateness_ms: int = _DAY_MS
    future_skew_ms: int = 5 * _MINUTE_MS
    reply_horizon_ms: int = 14 * _DAY_MS
    unresponsive_after: int = 4
    renewal_grace_ms: int = 14 * _DAY_MS
    freshness: Mapping[str, int] = field(default_factory=lambda: {"7d": 7 * _DAY_MS, "30d": 30 * _DAY_MS})
    ages: Mapping[str, int] = field(
        default_factory=lambda: {"active": 30 * _DAY_MS, "cooling": 60 * _DAY_MS, "dormant": 90 * _DAY_MS}
    )
    funnels: tuple[Funnel, ...] = (SALES, NEWSLETTER)
    windows: tuple[str, ...] = ("15m", "1h", "24h", "7d", "30d", "90d")
    areas: tuple[Area, ...] = AREAS
    label_cap: int = 200
    label_caps: Mapping[str, int] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    aims: Aims = field(default_factory=Aims)
    rules: str = ""
    money: Money = field(default_factory=Money)
    stage_probabilities: Mapping[str, float] = field(default_factory=dict)
    tiers: tuple[str, ...] = ("free", "basic", "standard", "plus", "pro", "premium", "enterprise")
    attribution: Attribution = field(default_factory=Attribution)
    calls: Calls = field(default_factory=Calls)
    lead_maturity_ms: int = 30 * _DAY_MS
    alerts: Alerts = field(default_factory=Alerts)
    # What was asked before; the keys of the two kinds of promises differ in length.
    _answers: dict[tuple[str | None, ...], Target | None] = field(default_factory=dict, init=False)
    _moves_of: dict[str, tuple[Moves, ...]] = field(default_factory=dict, init=False)

    def calendar(self, team: str | None) -> Calendar:
        """Return the calendar of *team*, with its versions over time."""
        known = self.teams.get(team) if team is not None else None
        return self.default_calendar if known is None else known.calendar

    def clock_calendar(self, target: Target | None, team: str | None) -> Calendar:
        """Return the calendar by which *target* runs for *team*."""
        if target is not None and target.calendar == "always":
            return ALWAYS
        return self.calendar(team)

    def response(self, *, team: str | None, channel: str | None) -> Target | None:
        """Return what is promised on the first answer to a lead; None when nothing is."""
        # Remembered per team and channel: 0.1 us instead of a walk through the rules.
        key = (team, channel)
        try:
            return self._answers[key]
        except KeyError:
            return self._remember(key, self._promised(self.response_rules, team, channel, None))

    def case(self, kind: Promise, *, team: str | None, channel: str | None, priority: str | None) -> Target | None:
        """Return what is promised on the *kind* of answer to a case; None when nothing is."""
        key = (kind, team, channel, priority)
        try:
            return self._answers[key]
        except KeyError:
            return self._remember(key, self._promised(self.case_rules.get(kind, ()), team, channel, priority))

    def moves_of(self, event: str) -> tuple[Moves, ...]:
        """Return what events of the short type *event* ("deal.won") can do in the funnels that know them."""
        try:
            return self._moves_of[event]
        except KeyError:
            found = tuple(moves for funnel in self.funnels if (moves := funnel.moves(event)) is not None)
            self._moves_of[event] = found
            return found

    def tier_rank(self, tier: str | None) -> int | None:
        """Return how high *tier* is, counted from 0; None when it is in no order."""
        name = tier.lower() if tier is not None else None
        return next((rank for rank, known in enumerate(self.tiers) if known == name), None)

    def _promised(
        self, rules: tuple[Rule, ...], team: str | None, channel: str | None, priority: str | None
    ) -> Target | None:
        known = self.teams.get(team) if team is not None else None
        return choose(rules, team, channel, priority) if known is None or known.promises else None

    def _remember(self, key: tuple[str | None, ...], answer: Target | None) -> Target | None:
        if len(self._answers) >= _MOST_ANSWERS:
            self._answers.clear()
        self._answers[key] = answer
        return answer
