"""What the Alertmanagers have been told, held against what is so: the difference is what to tell them now."""

from collections.abc import Iterator, Mapping
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
        self._last: dict[Key, Message] = {}

    def firing(self) -> int:
        """Return how many alerts hold."""
        return sum(map(len, self._told.values()))

    def settle(self, now: int) -> list[Message]:
        """Return what has changed since this was last asked; it counts as told from here on."""
        said: list[Message] = []
        # Overdue first: an Alertmanager then knows why a promise is no longer at risk when it hears of that.
        for group in sorted(self._watch.moved(), key=lambda group: (group[1] != "overdue", group[0] or "")):
            before = self._told.pop(group, {})
            holds = self._holds(group, before)
            said += self._changes(before, holds, now)
            if holds:
                self._told[group] = holds
        closed = self._are_closed(now)
        said += self._changes(self._closed, closed, now)
        self._closed = closed
        for message in said:
            self._last[message.alert.key] = message
        return said

    def keys(self, now: int) -> list[Key]:
        """Return everything that holds, and what ended lately."""
        for key in [key for key, last in self._last.items() if last.ended and last.ended < now - REMEMBER_MS]:
            del self._last[key]
        return [*self._last]

    def again(self, key: Key) -> Message | None:
        """Return what is to be said of *key* once more; None if nothing is."""
        last = self._last.get(key)
        return last and replace(last, since=None)

    def everything(self, now: int) -> list[Message]:
        """Return all that holds, and what ended lately, as it is said once more."""
        return [message for key in self.keys(now) if (message := self.again(key))]

    def _holds(self, group: Group, before: Mapping[Key, Message]) -> dict[Key, Message]:
        watch, most = self._watch, self._most
        found = {message.alert.key: message for message in watch.first(group, most)}
        shown = len(found)
        if (more := watch.count(group) - most) > 0:
            # That there are too many began when the last of those with an alert did, or soon after.
            starts = max(message.alert.starts for message in found.values())
            many = self._wording.many(*group, more=more, shown=shown, starts=starts)
            known = before.get(many.key)
            alert = many if known is None else replace(many, starts=known.alert.starts)
            found[many.key] = Message(alert)
            if known is not None:
                # Words alone are told with the next repetition: in a flood they change with every promise.
                self._last[many.key] = found[many.key]
        return found

    def _are_closed(self, now: int) -> dict[Key, Message]:
        """Return an alert for every group that has any while its team is closed."""
        found: dict[Key, Message] = {}
        for team, state in self._told:
            if self._hours.is_closed(self._hours.when(state, team), team, now):
                alert = self._wording.closed(team, state, now)
                found[alert.key] = self._closed.get(alert.key) or Message(alert)
        return found

    @staticmethod
    def _changes(before: Mapping[Key, Message], holds: Mapping[Key, Message], now: int) -> Iterator[Message]:
        for key, message in before.items():
            if key not in holds:
                yield Message(message.alert, ended=now)
        for key, message in holds.items():
            known = before.get(key)
            if known is None or known.alert.starts != message.alert.starts:
                yield message
