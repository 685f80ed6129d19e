"""How long customers of a case wait for an answer and a solution: every KPI of the area service.

Rules beyond the formulas of the catalogue:

* A case is what its first case.opened says, with channel and team of the relationship where it names none. Events of
  a case that is unknown, closed or merged are nothing, but for a reopening and a first reply. A reopening is nothing
  unless the case was resolved or closed. A second resolution without reopening is nothing.
* The customer waits for a first reply from the opening. A bot's reply, or a bot's resolution, ends that wait without
  a response; it begins anew with the customer's next message or a reopening. A human who replies before that has
  answered first, but no wait is measured. After the first human reply each customer message begins a turn.
* A reopening is the customer's word: it begins a turn, or the wait for a first reply anew.
* A resolution or closing ends the turn: nobody waits any more, and a promise that was not broken has no outcome. The
  first reply may still come after it, and is measured.
* A promise is met up to and including its due time, decided when met or when due if broken. It is broken once at
  most. One that ends unanswered was broken if its due time passed while it ran: not while a bot held the case, not
  after it was resolved, not while it stood paused, never once it was merged. Else it has no outcome.
* Only the resolution stands still while paused: what was left at the pause is left when it goes on. A promise that was
  broken before the pause stays broken. Paused ones wait, and are not at risk.
* Only the first resolution is promised. A move to another team does not change a promise here, all teams have the same.
* Outcomes and responses carry the team at that moment; what happens in the cohort of the first resolution its team.
* An erased relationship has no case that waits.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.oracle import promises
from tests.oracle.identity import erased
from tests.oracle.windows import DAY, HOUR, WINDOWS, Row, cuts, distribution, fraction, inside, key, ratio, tally

RESPONSE_BY = ("channel", "priority", "team")
SERVICE_BY = ("category", "priority", "team")
WAITING_BY = ("channel", "priority", "team", "owner_id")
TARGETS = {
    "first": {"urgent": HOUR, "high": 2 * HOUR, "": 4 * HOUR},
    "next": {"urgent": HOUR, "": 4 * HOUR},
    "resolution": {"urgent": 24 * HOUR, "": 72 * HOUR},
}
POLICIES = {
    "first": {"urgent": "first response urgent 1h", "high": "first response high 2h", "": "first response 4h"},
    "next": {"urgent": "next response urgent 1h", "": "next response 4h"},
    "resolution": {"urgent": "resolution urgent 1d", "": "resolution 3d"},
}
OUTCOME_BY = ("policy", "priority", "team")
BANDS = (("0-1d", DAY), ("1-3d", 3 * DAY), ("3-7d", 7 * DAY), ("7-30d", 30 * DAY))


@dataclass
class Promised:
    """A promise: since when, due when, at risk when, how long it is at risk (ms), under which policy.

    The priority is the one under which it was broken, if that changed later.
    """

    since: int
    due: int
    risk: int
    spare: int
    policy: str
    decided: bool = False
    priority: str | None = None


@dataclass
class Case:
    """A case on its way."""

    opened: int
    imported: bool
    by: dict[str, Any]
    opened_team: str | None
    first: Promised | None = None
    next: Promised | None = None
    resolution: Promised | None = None
    replied: bool = False
    left: int | None = None
    paused: int | None = None
    pauses: int = 0
    resolved: int | None = None
    ended: bool = False
    merged: bool = False
    full: Row | None = None
    cohort: Row | None = None
    reopened: bool = False
    handled: bool = False
    same_day: bool = False
    outcomes: list[Row] = field(default_factory=list)

    def promise(self, kind, at, stopped=0):
        """Begin a promise, whose time has stood still for some ms."""
        name = self.by["priority"] if self.by["priority"] in TARGETS[kind] else ""
        target, start = TARGETS[kind][name], at + stopped
        risk = target * 8 // 10
        return Promised(at, start + target, start + risk, target - risk, POLICIES[kind][name])

    def labels(self, promise):
        """Return the labels of a promise."""
        return {**self.by, "priority": promise.priority or self.by["priority"], "policy": promise.policy}

    def decide(self, kind, promise, at):
        """Note whether a promise that was answered was met; one that was broken before is not broken again."""
        if not promise.decided:
            outcome = "met" if at <= promise.due else "breached"
            self.outcomes.append(
                Row(min(at, promise.due), 0, {"promise": kind, "outcome": outcome}, self.labels(promise))
            )
        promise.decided = True

    def end(self, kind, promise, at):
        """Note that nobody waits for a running promise any more: broken if it was due, else without an outcome."""
        if promise is not None:
            if promise.due < at:
                self.decide(kind, promise, at)
            promise.decided = True


def collect(events, labels, lists):
    """Add what the cases and surveys of one relationship say to the raw lists."""
    cases: dict[str, Case] = {}
    for event, by in zip(events, labels, strict=True):
        case_id = event.get("case_id")
        case = cases.get(case_id)
        if event.type == "case.opened" and case is None:
            cases[case_id] = opened(event, by, lists)
        elif case is not None and event.type == "case.reopened":
            if not case.merged and (case.ended or case.resolved is not None):
                reopen(case, event, lists)
        elif case is not None and event.type in STEPS and (not case.ended or late_reply(case, event)):
            STEPS[event.type](case, event, lists)
        by["cases"] = {name: one.by["team"] for name, one in cases.items()}
        by["owners"] = {name: one.by["owner_id"] for name, one in cases.items()}
    forgotten = erased(events)
    for case in cases.values():
        lists["outcome"] += case.outcomes
        if case.full:
            lists["resolution"] += both(case.full, "full")
        if not (forgotten or case.ended or case.resolved is not None):
            waiting(case, lists)
            lists["open"].append((case.opened, {**case.by, "agent_id": case.by["owner_id"]}))
        if case.same_day:
            lists["same_day"].append(Row(case.opened, 1, {}, {"team": case.opened_team}))


def late_reply(case, event):
    """Tell whether this is a reply to a case that ended without any."""
    return event.type == "case.replied" and not case.replied and not case.merged


def opened(event, by, lists):
    """Open a case."""
    named = {
        "category": event.get("category", "question"),
        "priority": event.get("priority", "normal"),
        "channel": event.get("channel") or by["channel"],
        "team": event.get("team") or by["team"],
        "owner_id": event.get("owner_id"),
    }
    case = Case(event.at, event.imported, named, named["team"])
    case.first, case.resolution = case.promise("first", event.at), case.promise("resolution", event.at)
    lists["opened"].append(Row(event.at, 1, {}, dict(named)))
    return case


def assigned(case, event, _lists):
    """Give a case to somebody, or to nobody; with another priority, other times are promised from now on."""
    before = dict(case.by)
    case.by["owner_id"] = event.get("owner_id")
    case.by["team"] = event.get("team") or case.by["team"]
    case.by["priority"] = event.get("priority") or case.by["priority"]
    for kind in TARGETS if before["priority"] != case.by["priority"] else ():
        promise = getattr(case, kind)
        if promise is None:
            continue
        if promise.due < event.at and promise.priority is None:
            promise.priority = before["priority"]
        stands_still = kind == "resolution" and case.left is not None
        if promise.decided or promise.due < (case.paused if stands_still else event.at):
            continue
        fresh = case.promise(kind, promise.since, case.pauses if kind == "resolution" else 0)
        setattr(case, kind, fresh)
        if stands_still:
            case.left = fresh.due - case.paused if fresh.due >= case.paused else None


def wrote(case, event, _lists):
    """Let the customer have the word, unless the case is solved."""
    ours = event.data["direction"] == "out" or event.get("automated") or event.get("internal")
    if not ours and case.resolved is None:
        turn(case, event.at)


def turn(case, at):
    """Begin a wait where none runs."""
    if not case.replied:
        case.first = case.first or case.promise("first", at)
    else:
        case.next = case.next or case.promise("next", at)


def replied(case, event, lists):
    """Answer, by a bot or by a human."""
    if event.get("automated"):
        if not case.replied:
            if case.resolved is None and not case.ended:
                case.end("first", case.first, event.at)
            case.first = None
    elif event.get("public", True):
        kind = "next" if case.replied else "first"
        promise = getattr(case, kind)
        if promise is not None:
            for time in ("calendar", "business"):
                by = {**case.by, "agent_id": event.get("user_id") or case.by["owner_id"]}
                row = Row(event.at, event.at - promise.since, {"time": time}, by)
                lists[kind].append(row)
                lists["inquiry"].append(row)
            case.decide(kind, promise, event.at)
        case.replied, case.first, case.next = True, None, None


def paused(case, event, _lists):
    """Wait for the customer: the time to a resolution stands still."""
    if case.paused is None and case.resolved is None:
        case.paused = event.at
        if case.resolution is not None and case.resolution.due >= event.at:
            case.left = case.resolution.due - event.at


def resumed(case, event, _lists):
    """Go on where it stood still."""
    if case.paused is None:
        return
    case.pauses += event.at - case.paused
    if case.left is not None:
        case.resolution.due = event.at + case.left
        case.resolution.risk = max(event.at, case.resolution.due - case.resolution.spare)
    case.paused = case.left = None


def resolved(case, event, lists):
    """Solve a case."""
    if case.resolved is not None:
        return
    at = event.at
    resumed(case, event, lists)
    case.resolved = at
    case.end("first", case.first, at)
    case.end("next", case.next, at)
    case.next = None
    if event.get("automated") and not case.replied:
        case.first = None
    wait = at - case.opened
    agent = None if event.get("automated") else event.get("user_id") or case.by["owner_id"]
    finish(case, at, agent, lists)
    case.full = Row(at, wait, {}, {**case.by, "agent_id": agent})
    if case.cohort is None:
        case.cohort = case.full
        lists["resolution"] += both(case.full, "first")
        lists["resolution"].append(
            case.full._replace(value=wait - case.pauses, fixed={"form": "without_customer", "time": "calendar"})
        )
        lists["resolved"].append(case.cohort)
        case.decide("resolution", case.resolution, at)
        case.resolution = None


def finish(case, at, agent, lists):
    """Note that the work on a case is done, for the first time or again."""
    if not case.handled:
        case.handled = True
        lists["handled"].append(Row(at, 1, {}, {**case.by, "agent_id": agent}))
    case.same_day = at // DAY == case.opened // DAY


def both(row, form):
    """Return a duration in calendar and in business time."""
    return [row._replace(fixed={"form": form, "time": time}) for time in ("calendar", "business")]


def reopen(case, event, lists):
    """Open a solved case again."""
    case.full, case.resolved, case.ended, case.same_day = None, None, False, False
    if not case.reopened and case.cohort is not None:
        case.reopened = True
        lists["reopened"].append(case.cohort._replace(by={**case.cohort.by, "reason": event.get("reason")}))
    case.first = None
    turn(case, event.at)


def closed(case, event, lists):
    """End a case for good."""
    case.ended = True
    if case.resolved is None:
        finish(case, event.at, case.by["owner_id"], lists)
        case.end("first", case.first, event.at)
        case.end("next", case.next, event.at)
        if case.left is None:
            case.end("resolution", case.resolution, event.at)
        elif case.resolution is not None:
            case.resolution.decided = True
        case.next = None


def merged_away(case, _event, _lists):
    """End a case that is part of another from now on."""
    case.ended = case.merged = True
    case.first = case.next = case.resolution = None


STEPS = {
    "case.assigned": assigned,
    "interaction.logged": wrote,
    "case.replied": replied,
    "case.paused": paused,
    "case.resumed": resumed,
    "case.resolved": resolved,
    "case.closed": closed,
    "case.merged": merged_away,
}


def waiting(case, lists):
    """Add the promises of an open case that still run."""
    for name, one in (("first", case.first), ("next", case.next), ("resolution", case.resolution)):
        if one is None or one.decided:
            continue
        due, risk = one.due, one.risk
        if name == "resolution" and case.paused is not None:
            due, risk = (None if case.left is not None else due), None
        lists["waiting"].append(promises.Running(name, one.since, due, risk, case.labels(one), case.imported))


def numbers(lists, now):
    """Return every number of the area."""
    complaints = [row for row in lists["resolution"] if row.by["category"] == "complaint"]
    found = {
        **distribution("case_first_response_seconds", lists["first"], RESPONSE_BY, now),
        **distribution("case_next_response_seconds", lists["next"], RESPONSE_BY, now),
        **distribution("inquiry_response_seconds", lists["inquiry"], (*RESPONSE_BY, "agent_id"), now),
        **tally("cases_opened", lists["opened"], SERVICE_BY, now),
        **tally("cases_handled", lists["handled"], (*SERVICE_BY, "agent_id"), now),
        **distribution("case_resolution_seconds", lists["resolution"], (*SERVICE_BY, "agent_id"), now),
        **distribution("complaint_resolution_seconds", complaints, ("priority", "team"), now),
        **ratio("case_reopen_ratio", lists["reopened"], lists["resolved"], ("category", "team"), now, {}),
        **reasons(lists, now),
        **ratio("case_same_day_ratio", lists["same_day"], lists["opened"], ("team",), now, {}),
        **queue(lists["open"], now),
    }
    for name in TARGETS:
        running = [one for one in lists["waiting"] if one.name == name]
        known = [row for row in lists["outcome"] if row.fixed["promise"] == name]
        met = [row for row in known if row.fixed["outcome"] == "met"]
        over = [Row(one.due, 1, {}, one.by) for one in running if promises.broken(one, now)]
        found.update(ratio("case_sla_ratio", met, known + over, OUTCOME_BY, now, {"promise": name}))
        for kpi, some in (
            ("cases_waiting", running),
            ("cases_at_risk", [one for one in running if promises.at_risk(one, now)]),
            ("cases_overdue", [one for one in running if promises.overdue(one, now)]),
        ):
            found.update(promises.count(kpi, some, WAITING_BY, {"promise": name}))
    return found


def reasons(lists, now):
    """Return the share of all resolved cases that were reopened for each reason."""
    found = {}
    for reason in {row.by["reason"] for row in lists["reopened"] if inside(row.at, "90d", now)} - {None}:
        for window in WINDOWS:
            below = sum(inside(row.at, window, now) for row in lists["resolved"])
            above = sum(inside(row.at, window, now) and row.by["reason"] == reason for row in lists["reopened"])
            if below:
                found.update(fraction("case_reopen_ratio", window, {"reason": reason}, above, below))
    return found


def queue(cases, now):
    """Return the open cases, and how old they are: the hour at the edge of a band counts as younger."""
    found = {key("cases_open", "", None, {}): 0}
    found.update({key("cases_open_by_age", "", None, {"age": name}): 0 for name in (*dict(BANDS), "30d+")})
    for opened, by in cases:
        hour = opened // HOUR * HOUR
        age = next((name for name, bound in BANDS if hour + HOUR > now - bound), "30d+")
        for cut in cuts(by, (*SERVICE_BY, "agent_id")):
            name = key("cases_open", "", None, cut)
            found[name] = found.get(name, 0) + 1
        for cut in cuts(by, ("priority", "team")):
            name = key("cases_open_by_age", "", None, {"age": age, **cut})
            found[name] = found.get(name, 0) + 1
    return found
