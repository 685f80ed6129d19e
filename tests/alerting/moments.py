"""A board's alerts by a clock that the test sets: clocks come in, messages come out, nothing is sent."""

from stream_app.alerting.alert import Message
from stream_app.alerting.feed import Feed
from stream_app.alerting.turns import Turns
from stream_app.board.directory import Directory
from stream_app.measures.clock import OpenClock
from stream_app.policies import Policies

MINUTE = 60_000
MONDAY = 1_772_445_600_000
"""2 March 2026, 10:00 UTC, a Monday."""


def clock(who: str = "lead-1", due: int | None = 10, since: int = 0, **more: object) -> OpenClock:
    """A promise; times in minutes from MONDAY, at risk from 80 % on. Keyword arguments are fields or labels."""
    start = MONDAY + since * MINUTE
    end = None if due is None else MONDAY + due * MINUTE
    fields: dict[str, object] = {
        "clock": "lead_response",
        "item": "",
        "risk": None if end is None else start + (end - start) * 4 // 5,
        "policy": "10 minutes",
        "imported": False,
        "paused": False,
    }
    fields |= {name: value for name, value in more.items() if name in fields}
    labels: dict[str, object] = {"channel": "web", "team": "emea", "owner_id": "u-17"}
    labels |= {name: value for name, value in more.items() if name not in fields}
    known = {name: str(value) for name, value in labels.items() if value is not None}
    return OpenClock(relationship=who, since=start, due=end, labels=known, **fields)  # type: ignore[arg-type]


def said(message: Message) -> tuple[str, str, str]:
    """What a message tells, for people: "fires" or "ends", of what, about whom."""
    labels = dict(message.alert.key)
    who = labels.get("relationship") or labels.get("team") or ""
    return ("fires" if message.ended is None else "ends", labels["alertname"].removeprefix("Crm"), who)


class Alerts:
    """One board."""

    def __init__(self, policies: Policies | None = None, at: float = 0) -> None:
        self.feed = Feed()
        directory = Directory({"u-17": "Ada Bianchi"})
        self.turns = Turns(policies or Policies(), directory, "https://board.example.com", self.feed)
        self.now = MONDAY + int(at * MINUTE)
        self.ready = True

    def open(self, *clocks: OpenClock) -> None:
        for one in clocks:
            self.feed((0, f"{one.clock}/{one.relationship}/{one.item}".encode()), one)

    def close(self, who: str = "lead-1", name: str = "lead_response") -> None:
        self.feed((0, f"{name}/{who}/".encode()), None)

    def at(self, minutes: float, ms: int = 0) -> list[tuple[str, str, str]]:
        """Let it be so many minutes after MONDAY; return what is told then."""
        self.now = MONDAY + int(minutes * MINUTE) + ms
        return [said(message) for message in self.turn()]

    def turn(self) -> list[Message]:
        return self.turns.turn(self.now, ready=self.ready)

    def until(self, minutes: float) -> list[tuple[float, str, str, str]]:
        """Let time go on from moment to moment; return what is told, after each its minute."""
        end = MONDAY + int(minutes * MINUTE)
        found = []
        while self.now <= end:
            found += [((self.now - MONDAY) / MINUTE, *said(message)) for message in self.turn()]
            self.now = max(self.now + 1, self.turns.watch.next or end + 1)
        return found
