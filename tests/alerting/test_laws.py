"""Laws: whatever happened, and however often a board looked, it tells what the gauges count."""

import hypothesis.strategies as st
from hypothesis import given, settings

from stream_app.alerting.alert import Message
from stream_app.kpis.kinds.waiting import at_risk, overdue
from stream_app.measures.clock import OpenClock
from stream_app.policies import Policies, parse
from tests.alerting.moments import MINUTE, MONDAY, Alerts, clock

NAMES = {"CrmPromiseAtRisk": at_risk, "CrmPromiseOverdue": overdue}
HOURS = parse("""
default_calendar = "office"
[calendars.office]
zone = "Europe/Berlin"
hours = "Mon-Sun 08:00-11:30"
[alerts]
most = 10000
""")

who = st.sampled_from(["a", "b", "c"])
opened = st.builds(
    lambda name, due, team, imported: ("open", name, due, team, imported),
    who,
    st.none() | st.integers(-20, 60),
    st.sampled_from(["emea", "apac", None]),
    st.booleans(),
)
closed = st.tuples(st.just("close"), who)
waited = st.tuples(st.just("wait"), st.integers(1, 20 * MINUTE))
steps = st.lists(opened | closed | waited | st.just(("look",)) | st.just(("anew",)), max_size=40)


class People:
    """What an Alertmanager knows after all messages: the labels of what holds."""

    def __init__(self) -> None:
        self.holds: dict[object, int] = {}

    def hear(self, messages: list[Message]) -> None:
        for message in messages:
            if message.ended is None:
                self.holds[message.alert.key] = message.alert.starts
            else:
                assert message.ended >= message.alert.starts, "an Alertmanager refuses what ends before it starts"
                del self.holds[message.alert.key]


def counted(clocks: dict[str, OpenClock], now: int) -> set[tuple[str, str, str | None]]:
    """What the gauges count, clock by clock."""
    return {
        (name, one.relationship, one.labels.get("team"))
        for one in clocks.values()
        for name, counts in NAMES.items()
        if counts(one, now)
    }


def told(holds: dict[object, int]) -> set[tuple[str, str, str | None]]:
    found = [dict(key) for key in holds]  # type: ignore[call-overload]  # labels
    return {(one["alertname"], one["relationship"], one.get("team")) for one in found if "relationship" in one}


def run(script, policies: Policies, people: People) -> tuple[dict[str, OpenClock], Alerts]:
    board, clocks = Alerts(policies), dict[str, OpenClock]()
    for step in script:
        match step:
            case ("open", name, due, team, imported):
                minutes = None if due is None else (board.now - MONDAY) / MINUTE + due
                clocks[name] = clock(name, due=minutes, since=-30, team=team, imported=imported)
                board.open(clocks[name])
            case ("close", name):
                clocks.pop(name, None)
                board.close(name)
            case ("wait", ms):
                board.now += ms
            case ("anew",):
                board.feed.anew([((1, name.encode()), one) for name, one in clocks.items()])
                people.hear(board.turn())
                board.feed.anew([])
                board.open(*clocks.values())
                people.hear(board.turn())
            case _:
                people.hear(board.turn())
    for _ in range(2):  # what begins anew is told with the turn after
        people.hear(board.turn())
    return clocks, board


@given(steps)
@settings(max_examples=200)
def test_what_is_told_is_what_the_gauges_count(script):
    people = People()
    clocks, board = run(script, parse("[alerts]\nmost = 10000"), people)
    assert told(people.holds) == counted(clocks, board.now)


@given(steps, st.sampled_from([None, HOURS]))
@settings(max_examples=200)
def test_a_board_that_is_started_now_says_the_same(script, policies):
    """With hours or without: the same labels and the same beginnings, from the open clocks alone."""
    people = People()
    clocks, board = run(script, policies or Policies(), people)
    fresh, others = Alerts(policies), People()
    fresh.now = board.now
    fresh.open(*clocks.values())
    others.hear(fresh.turn())
    assert {key: at for key, at in people.holds.items() if "Closed" not in str(key)} == {
        key: at for key, at in others.holds.items() if "Closed" not in str(key)
    }


class Strict(People):
    """Refuses to hear anything twice."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: dict[object, tuple[int | None, int]] = {}

    def hear(self, messages: list[Message]) -> None:
        for message in messages:
            now = (message.ended, message.alert.starts)
            assert self.heard.get(message.alert.key) != now
            self.heard[message.alert.key] = now
        super().hear(messages)


@given(steps)
def test_nothing_is_told_twice(script):
    """Neither that an alert holds nor that it ended."""
    run(script, parse("[alerts]\nmost = 10000"), Strict())
