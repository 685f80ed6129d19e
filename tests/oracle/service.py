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
* A survey is credited to the agent and team at its sending: the agent it names, else the owner of its case; the team
  of its case, else of the relationship. An answer without a survey names its own agent. The first answer counts.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.oracle import promises
from tests.oracle.identity import erased
from tests.oracle.windows import HOUR, Row, distribution, ratio, tally

RESPONSE_BY = ("channel", "priority", "team")
SERVICE_BY = ("category", "priority", "team")
WAITING_BY = ("channel", "priority", "team", "owner_id")
TARGETS = {
    "first": {"urgent": HOUR, "high": 2 * HOUR, "": 4 * HOUR},
    "next": {"urgent": HOUR, "": 4 * HOUR},
    "resolution": {"urgent": 24 * HOUR, "": 72 * HOUR},
}


@dataclass
class Promised:
    """A promise: since when, due when, at risk when, how long it is at risk (ms), and whether its outcome is known."""

    since: int
    due: int
    risk: int
    spare: int
    decided: bool = False


@dataclass
class Case:
    """A case on its way."""

    opened: int
    imported: bool
    by: dict[str, Any]
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
    outcomes: list[Row] = field(default_factory=list)

    def promise(self, kind, at):
        """Begin a promise."""
        targets = TARGETS[kind]
        target = targets.get(self.by["priority"], targets[""])
        return Promised(at, at + target, at + target * 8 // 10, target - target * 8 // 10)

    def decide(self, kind, promise, at):
        """Note whether a promise that was answered was met; one that was broken before is not broken again."""
        if not promise.decided:
            outcome = "met" if at <= promise.due else "breached"
            self.outcomes.append(Row(min(at, promise.due), 0, {"promise": kind, "outcome": outcome}, dict(self.by)))
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
    sent: dict[str, dict[str, Any]] = {}
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
        survey(event, by, cases, sent, lists)
    forgotten = erased(events)
    for case in cases.values():
        lists["outcome"] += case.outcomes
        if case.full:
            lists["resolution"] += both(case.full, "full")
        if not (forgotten or case.ended or case.resolved is not None):
            waiting(case, lists)


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
    case = Case(event.at, event.imported, named)
    case.first, case.resolution = case.promise("first", event.at), case.promise("resolution", event.at)
    lists["opened"].append(Row(event.at, 1, {}, dict(named)))
    return case


def assigned(case, event, _lists):
    """Give a case to somebody, or to nobody."""
    case.by["owner_id"] = event.get("owner_id")
    case.by["team"] = event.get("team") or case.by["team"]


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
                row = Row(event.at, event.at - promise.since, {"time": time}, dict(case.by))
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
    case.full = Row(at, wait, {}, dict(case.by))
    if case.cohort is None:
        case.cohort = case.full
        lists["resolution"] += both(case.full, "first")
        lists["resolution"].append(
            case.full._replace(value=wait - case.pauses, fixed={"form": "without_customer", "time": "calendar"})
        )
        lists["resolved"].append(case.cohort)
        case.decide("resolution", case.resolution, at)
        case.resolution = None


def both(row, form):
    """Return a duration in calendar and in business time."""
    return [row._replace(fixed={"form": form, "time": time}) for time in ("calendar", "business")]


def reopen(case, event, lists):
    """Open a solved case again."""
    case.full, case.resolved, case.ended = None, None, False
    if not case.reopened and case.cohort is not None:
        case.reopened = True
        lists["reopened"].append(case.cohort)
    case.first = None
    turn(case, event.at)


def closed(case, event, _lists):
    """End a case for good."""
    case.ended = True
    if case.resolved is None:
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
        lists["waiting"].append(promises.Running(name, one.since, due, risk, case.by, case.imported))


def survey(event, by, cases, sent, lists):
    """Note who is credited for a survey that is sent, and add the first answer to it."""
    name = event.get("survey_id")
    if event.type == "survey.sent" and name not in sent:
        case = cases.get(event.get("case_id"))
        agent = event.get("agent_id") or (case.by["owner_id"] if case else None)
        sent[name] = {"agent_id": agent, "team": case.by["team"] if case else by["team"]}
    if event.type == "survey.answered":
        credit = sent.setdefault(name, {"agent_id": event.get("agent_id"), "team": by["team"]})
        if not credit.get("answered"):
            if event.data["kind"] == "csat":
                lists["asked"].append(Row(event.at, 1, {}, dict(credit)))
                if 4 <= event.data["score"] <= 5:
                    lists["satisfied"].append(Row(event.at, 1, {}, dict(credit)))
            credit["answered"] = "yes"


def numbers(lists, now):
    """Return every number of the area."""
    found = {
        **distribution("case_first_response_seconds", lists["first"], RESPONSE_BY, now),
        **distribution("case_next_response_seconds", lists["next"], RESPONSE_BY, now),
        **distribution("inquiry_response_seconds", lists["inquiry"], RESPONSE_BY, now),
        **tally("cases_opened", lists["opened"], SERVICE_BY, now),
        **distribution("case_resolution_seconds", lists["resolution"], SERVICE_BY, now),
        **ratio("case_reopen_ratio", lists["reopened"], lists["resolved"], ("category", "team"), now, {}),
        **ratio("csat_ratio", lists["satisfied"], lists["asked"], ("agent_id", "team"), now, {}),
    }
    for name in TARGETS:
        running = [one for one in lists["waiting"] if one.name == name]
        known = [row for row in lists["outcome"] if row.fixed["promise"] == name]
        met = [row for row in known if row.fixed["outcome"] == "met"]
        over = [Row(one.due, 1, {}, one.by) for one in running if promises.broken(one, now)]
        found.update(ratio("case_sla_ratio", met, known + over, ("priority", "team"), now, {"promise": name}))
        for kpi, some in (
            ("cases_waiting", running),
            ("cases_at_risk", [one for one in running if promises.at_risk(one, now)]),
            ("cases_overdue", [one for one in running if promises.overdue(one, now)]),
        ):
            found.update(promises.count(kpi, some, WAITING_BY, {"promise": name}))
    return found
