"""How far everybody comes in the two funnels that ship: the KPIs of steps in the area funnel.

Rules beyond the formulas of the catalogue:

* The sales funnel follows a relationship for 90 d, the newsletter funnel a message for 7 d, both up to and including
  the last ms. Steps are taken in order, what is not the next step is nothing. Events of one time are taken in the order
  of the steps that they are, ways out last.
* Whoever converted, left by an exit, or ran out of time may enter again with another first step.
* An order or an opt-out names no message. It belongs to the furthest message, of those the latest, that is still in
  the funnel and, when the event names a campaign, of that campaign. (Of two messages sent at once: the higher id.)
* Sales carry channel and campaign of the relationship at the entry, newsletters the channel "email" and their campaign.
* In progress is who stands before the last step, has not left, and whose pane of entry ends less than the time to
  convert ago.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.oracle.windows import DAY, WINDOWS, Row, distribution, fraction, key, tally, windowed

BY = ("channel", "campaign")
STEPS = {
    "sales": ("lead", "qualified", "opportunity", "proposal", "won"),
    "newsletter": ("sent", "opened", "clicked", "purchased"),
}
TIME = {"sales": 90 * DAY, "newsletter": 7 * DAY}
SALES = {"lead.created": 0, "lead.converted": 1, "deal.opened": 2, "deal.proposal_sent": 3, "deal.won": 4}
NEWSLETTER = {"email.sent": 0, "email.opened": 1, "email.clicked": 2, "order.placed": 3}
EXITS = {
    "sales": {"lead.disqualified": "disqualified", "deal.lost": "lost"},
    "newsletter": {"list.unsubscribed": "unsubscribed", "email.bounced": "bounced"},
}


@dataclass
class Entry:
    """One entity on its way: the times of its steps (ms)."""

    funnel: str
    message: str
    by: dict[str, Any]
    times: list[int] = field(default_factory=list)
    left: str = ""

    def goes_on(self, at):
        """Tell whether it may take another step at a time."""
        unfinished = not self.left and len(self.times) < len(STEPS[self.funnel])
        return unfinished and at - self.times[0] <= TIME[self.funnel]


def step_of(funnel, event):
    """Return the number of the step that an event is in a funnel, None for no step."""
    if funnel == "newsletter":
        return NEWSLETTER.get(event.type)
    if event.type == "lead.stage_changed":
        return 1 if event.data["stage"] == "qualified" else None
    return SALES.get(event.type)


def collect(events, labels, lists):
    """Add the ways of one relationship and its messages to the raw lists."""
    lists["entries"] += walk("sales", events, labels) + walk("newsletter", events, labels)


def walk(funnel, events, labels):
    """Return everybody who entered a funnel."""
    entries: list[Entry] = []
    last = len(STEPS[funnel])
    told = list(zip(events, labels, strict=True))
    told.sort(key=lambda pair: (pair[0].at, last if step_of(funnel, pair[0]) is None else step_of(funnel, pair[0])))
    for event, by in told:
        number = step_of(funnel, event)
        way_out = EXITS[funnel].get(event.type)
        if number is None and way_out is None:
            continue
        entry = whose(funnel, event, [one for one in entries if one.goes_on(event.at)])
        if entry is None:
            if number == 0:
                named = {"channel": "email", "campaign": event.data["campaign_id"]} if funnel == "newsletter" else by
                entries.append(Entry(funnel, event.get("message_id"), named, [event.at]))
        elif way_out:
            entry.left = way_out
        elif number == len(entry.times):
            entry.times.append(event.at)
    return entries


def whose(funnel, event, candidates):
    """Return the entry that an event belongs to, None for none."""
    if funnel == "sales":
        return candidates[-1] if candidates else None
    if event.get("message_id"):
        return next((one for one in candidates if one.message == event.get("message_id")), None)
    campaign = event.get("campaign_id")
    possible = [one for one in candidates if campaign in (None, one.by["campaign"])]
    return max(possible, key=lambda one: (len(one.times), one.times[0], one.message), default=None)


def numbers(lists, now):
    """Return every number of the area that is about steps."""
    steps, whole, exits = [], [], []
    for entry in lists["entries"]:
        names, start = STEPS[entry.funnel], entry.times[0]
        for number in range(1, len(entry.times)):
            fixed = {"funnel": entry.funnel, "step": names[number]}
            steps.append(Row(start, entry.times[number] - entry.times[number - 1], fixed, entry.by))
        if len(entry.times) == len(names):
            whole.append(Row(start, entry.times[-1] - start, {"funnel": entry.funnel}, entry.by))
        if entry.left:
            exits.append(Row(start, 1, {"funnel": entry.funnel, "exit": entry.left}, entry.by))
    found = {
        **distribution("funnel_stage_seconds", steps, BY, now),
        **distribution("funnel_conversion_seconds", whole, BY, now),
        **tally("funnel_exits", exits, BY, now, ()),
    }
    for funnel in STEPS:
        rows = [
            Row(entry.times[0], entry, {"funnel": funnel}, entry.by)
            for entry in lists["entries"]
            if entry.funnel == funnel
        ]
        for window, labels, some in windowed(rows, BY, now):
            found.update(cohort(funnel, window, labels, [row.value for row in some], now))
    return found


def cohort(funnel, window, labels, entries, now):
    """Return the numbers of everybody who entered a funnel within one window."""
    found = {}
    names, pane = STEPS[funnel], WINDOWS[window][1]
    reached = [sum(len(entry.times) > number for entry in entries) for number in range(len(names))]
    for number, name in enumerate(names):
        at_step = {**labels, "step": name}
        found[key("funnel_stage_entered", "", window, at_step)] = reached[number]
        if number and reached[number - 1]:
            found.update(
                fraction("funnel_stage_conversion_ratio", window, at_step, reached[number], reached[number - 1])
            )
        if number == len(names) - 1:
            continue
        here = [entry for entry in entries if len(entry.times) == number + 1 and not entry.left]
        ends = [entry.times[0] // pane * pane + pane for entry in here]
        open_ = sum(end + TIME[funnel] > now for end in ends)
        found[key("funnel_in_progress", "", window, at_step)] = open_
        if reached[number]:
            lost = reached[number] - reached[number + 1] - open_
            found.update(fraction("funnel_drop_off_ratio", window, at_step, lost, reached[number]))
    return found
