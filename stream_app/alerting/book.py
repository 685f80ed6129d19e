"""What the Alertmanagers have been told, held against what is so: the difference is what to tell them now."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from stream_app.alerting.alert import Key, Message
from stream_app.alerting.hours import Hours
from stream_app.alerting.watch import Group, Watch
from stream_app.alerting.wording import Wording

REMEMBER_MS: Final = 15 * 60_000
"""For so long an end is told again and again: an Alertmanager that was started anew has heard of neither."""


class Book:
    """Keep the alerts that hold.

    Args:
        watch: Who is at risk or overdue.
        wording: Words the alerts that stand for many.
        hours: Says who is closed.
        most: How many promises of a group are told one by one.
    """

    def __init__(self, watch: Watch, wording: Wording, hours: Hours, most: int) -> None:
        self._watch = watch
        self._wording = wording
        self._hours = hours
        self._most = most
        self._told: dict[Group, dict[Key, Message]] = {}
        self._closed: dict[Key, Message] = {}
        self._ended: dict[Key, Message] = {}

    def firing(self) -> int:
        """Return how many alerts hold."""
        return sum(map(len, self._told.values()))

    def settle(self, now: int) -> list[Message]:
        """Return what has changed since this was last asked; it counts as told from here on."""
        said: list[Message] = []
        # Overdue first: an Alertmanager then knows why a promise is no longer at risk when it hears of that.
        for group in sorted(self._watch.moved(), key=lambda group: (group[1] != "overdue", group[0] or "")):
            before = self._told.get(group, {})
            holds = self._holds(group, before)
            said += self._changes(before, holds, now)
            self._told[group] = holds
            if not holds:
                del self._told[group]
        closed = self._are_closed(now)
        said += self._changes(self._closed, closed, now)
        self._closed = closed
        return said

    def everything(self, now: int) -> list[Message]:
        """Return all that holds, and what ended lately, to be told once more."""
        old = [key for key, message in self._ended.items() if (message.ended or 0) < now - REMEMBER_MS]
        for key in old:
            del self._ended[key]
        every = [self._closed, *self._told.values()]
        return [*self._ended.values(), *(replace(one, since=None) for told in every for one in told.values())]

    def _holds(self, group: Group, before: Mapping[Key, Message]) -> dict[Key, Message]:
        watch, most = self._watch, self._most
        found = {case.alert.key: Message(case.alert, since=case.since) for case in watch.first(group, most)}
        shown = len(found)
        if (more := watch.count(group) - most) > 0:
            # That there are too many began when the last of those with an alert did, or soon after.
            starts = max(message.alert.starts for message in found.values())
            many = self._wording.many(*group, more=more, shown=shown, starts=starts)
            known = before.get(many.key)
            found[many.key] = Message(many if known is None else replace(many, starts=known.alert.starts))
        return found

    def _are_closed(self, now: int) -> dict[Key, Message]:
        """Return an alert for every group that has any while its team is closed."""
        found: dict[Key, Message] = {}
        for team, state in self._told:
            if self._hours.is_closed(self._hours.when(state, team), team, now):
                alert = self._wording.closed(team, state, now)
                found[alert.key] = self._closed.get(alert.key) or Message(alert)
        return found

    def _changes(self, before: dict[Key, Message], holds: dict[Key, Message], now: int) -> Iterable[Message]:
        for key, message in before.items():
            if key not in holds:
                self._ended[key] = ended = Message(message.alert, ended=now)
                yield ended
        for key, message in holds.items():
            self._ended.pop(key, None)
            known = before.get(key)
            # Words alone are told with the next repetition: in a flood they change with every promise.
            if known is None or known.alert.starts != message.alert.starts:
                yield message
