"""When somebody is told: tables of moments, by a clock that the test sets."""

from types import SimpleNamespace

import pytest

from stream_app.alerting.alert import HOLD_MS
from stream_app.alerting.book import REMEMBER_MS
from stream_app.alerting.turns import REPEAT_MS
from stream_app.policies import parse
from tests.alerting.moments import MINUTE, MONDAY, Alerts, clock

HOURS = """
[calendars.office]
zone = "UTC"
hours = "Mon-Fri 09:00-17:00"

[teams.emea]
calendar = "office"
"""
AT_RISK, OVERDUE, MANY, CLOSED = "PromiseAtRisk", "PromiseOverdue", "PromisesMany", "TeamClosed"
NIGHT = 7 * 60
"""Minutes from MONDAY, 10:00, to the end of the day at 17:00."""
MORNING = 23 * 60
"""Minutes to Tuesday, 9:00."""


def risen(minutes, ms=0):
    return minutes + ms / MINUTE


@pytest.mark.parametrize(
    ("promise", "told"),
    [
        pytest.param(
            {"due": 10},
            [(8, "fires", AT_RISK), (risen(10, 1), "fires", OVERDUE), (risen(10, 1), "ends", AT_RISK)],
            id="at-risk-then-overdue",
        ),
        pytest.param({"due": 10, "risk": None}, [(risen(10, 1), "fires", OVERDUE)], id="without-a-moment-of-risk"),
        pytest.param({"due": None}, [], id="nothing-promised"),
        pytest.param({"due": 10, "imported": True}, [], id="imported"),
        pytest.param({"due": None, "paused": True}, [], id="paused"),
    ],
)
def test_a_promise_is_told_of_at_its_moments(promise, told):
    alerts = Alerts()
    alerts.open(clock(**promise))
    assert [(at, what, name) for at, what, name, _ in alerts.until(60)] == told


def test_to_the_millisecond():
    """At its due time a promise is still kept; one millisecond later it is broken."""
    alerts = Alerts()
    alerts.open(clock(due=10, risk=None))
    assert alerts.at(10) == []
    assert alerts.turns.rest(alerts.now) == 1
    assert alerts.at(10, ms=1) == [("fires", OVERDUE, "lead-1")]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        pytest.param(["close@5"], [], id="answered-in-time"),
        pytest.param(["close@9"], [(8, "fires", AT_RISK), (9, "ends", AT_RISK)], id="answered-at-risk"),
        pytest.param(["close@15"], [(11, "fires", OVERDUE), (15, "ends", OVERDUE)], id="answered-late"),
        pytest.param(
            ["close@15", "open@20-30", "close@40"],
            [(11, "fires", OVERDUE), (15, "ends", OVERDUE), (31, "fires", OVERDUE), (40, "ends", OVERDUE)],
            id="fired-recovered-over-again-fires-again",
        ),
        pytest.param(
            ["open@15-30"],
            [(11, "fires", OVERDUE), (15, "ends", OVERDUE), (31, "fires", OVERDUE)],
            id="promised-anew-while-overdue",
        ),
        pytest.param(
            ["open@15-30", "close@20"], [(11, "fires", OVERDUE), (15, "ends", OVERDUE)], id="the-old-moment-is-void"
        ),
        pytest.param(
            ["owner@15"],
            [(11, "fires", OVERDUE), (15, "ends", OVERDUE), (15, "fires", OVERDUE)],
            id="goes-to-somebody-else",
        ),
    ],
)
def test_an_alert_ends_and_fires_again(steps, told):
    """Looked at each minute; the overdue ones, and those at risk where no others are."""
    alerts = Alerts()
    alerts.open(clock(due=10))
    plan = {int(step.split("@")[1].split("-")[0]): step for step in steps}
    found = []
    for minute in range(61):
        step = plan.get(minute, "")
        if step.startswith("close"):
            alerts.close()
        elif step.startswith("open"):
            alerts.open(clock(due=int(step.split("-")[1]), since=minute))
        elif step.startswith("owner"):
            alerts.open(clock(due=10, owner_id="u-18"))
        found += [(minute, what, name) for what, name, _ in alerts.at(minute)]
    overdue = [one for one in found if one[2] == OVERDUE]
    assert (overdue or found) == told


@pytest.mark.parametrize(
    ("policy", "due", "told"),
    [
        pytest.param("", 60, [(48, AT_RISK), (risen(60, 1), OVERDUE)], id="in-the-hours"),
        pytest.param("", NIGHT + 60, [(384, AT_RISK), (MORNING, OVERDUE)], id="overdue-at-night-waits-for-the-morning"),
        pytest.param("", NIGHT, [(336, AT_RISK), (MORNING, OVERDUE)], id="due-at-the-very-end-of-the-day"),
        pytest.param("", 2 * NIGHT, [(MORNING, OVERDUE)], id="both-at-night-are-one"),
        pytest.param("overdue = 'always'", NIGHT + 60, [(384, AT_RISK), (risen(480, 1), OVERDUE)], id="always"),
        pytest.param("at_risk = 'never'", 60, [(risen(60, 1), OVERDUE)], id="never"),
        pytest.param(
            "[alerts.teams.emea]\noverdue = 'always'", 2 * NIGHT, [(risen(840, 1), OVERDUE)], id="for-one-team"
        ),
    ],
)
def test_a_team_is_told_in_its_hours(policy, due, told):
    alerts = Alerts(parse(f"{HOURS}\n[alerts]\n{policy}"))
    alerts.open(clock(due=due))
    fired = [(at, name) for at, what, name, _ in alerts.until(3 * 24 * 60) if what == "fires" and name != CLOSED]
    assert fired == told


def test_what_is_told_stays_told_when_the_team_goes_home():
    """Nothing ends because it is evening; another alert says that the team is closed, and ends in the morning."""
    alerts = Alerts(parse(HOURS))
    alerts.open(clock(due=60, risk=None))
    assert alerts.at(61) == [("fires", OVERDUE, "lead-1")]
    assert alerts.at(NIGHT - 1) == []
    assert alerts.at(NIGHT + 1) == [("fires", CLOSED, "emea")]
    assert alerts.at(NIGHT + 2) == []
    alerts.open(clock("lead-2", due=NIGHT + 10, risk=None))
    assert alerts.at(NIGHT + 20) == []
    assert sorted(alerts.at(MORNING)) == [("ends", CLOSED, "emea"), ("fires", OVERDUE, "lead-2")]


def test_a_board_that_starts_says_what_the_one_before_said():
    """Same labels, same beginnings: by day and by night, whatever happened before."""
    policies = parse(HOURS)
    first = Alerts(policies)
    promises = [clock("a", due=60), clock("b", due=NIGHT + 30), clock("c", due=400), clock("d", due=90, imported=True)]
    first.open(*promises)
    for minute in (30, 61, NIGHT - 5, NIGHT + 60, MORNING + 1):
        first.at(minute)
        second = Alerts(policies, at=minute)
        second.open(*promises)
        second.turn()
        told = [
            {(one.alert.key, one.alert.starts) for one in board.turns.book.everything(board.now)
             if one.ended is None and dict(one.alert.key)["alertname"] != "CrmTeamClosed"}
            for board in (first, second)
        ]  # fmt: skip
        assert told[0] == told[1], minute
    assert len(told[0]) == 3


def test_what_held_before_the_board_began_is_no_news():
    """It is told with its own beginning, and nobody waited for it: it counts in no delay."""
    alerts = Alerts(at=60)
    alerts.open(clock(due=10))
    (message,) = alerts.turn()
    assert message.alert.starts == MONDAY + 10 * MINUTE + 1
    assert message.since is None
    alerts.open(clock("lead-2", due=70, risk=None))
    alerts.at(65)
    alerts.now = MONDAY + 70 * MINUTE + 5
    (message,) = alerts.turn()
    assert message.since == MONDAY + 70 * MINUTE + 1


def test_while_the_board_reads_nothing_new_is_told_and_nothing_ends():
    alerts = Alerts()
    alerts.open(clock("a", due=10, risk=None), clock("b", due=20, risk=None), clock("c", due=40, risk=None))
    assert alerts.at(11) == [("fires", OVERDUE, "a")]
    alerts.ready = False
    alerts.feed.anew([])
    assert alerts.at(25) == []
    assert [dict(one.alert.key)["relationship"] for one in alerts.turns.book.everything(alerts.now)] == ["a"]
    alerts.open(clock("b", due=20, risk=None), clock("c", due=40, risk=None))
    assert alerts.at(30) == []
    alerts.ready = True
    assert sorted(alerts.at(31)) == [("ends", OVERDUE, "a"), ("fires", OVERDUE, "b")]


def test_another_state_version_takes_the_place_of_the_first():
    """All clocks come anew, from other places; those who still wait are not told of again."""
    alerts = Alerts()
    alerts.open(clock("a", due=10, risk=None), clock("b", due=10, risk=None))
    assert len(alerts.at(11)) == 2
    alerts.feed.anew([((7, b"elsewhere"), clock("b", due=10, risk=None))])
    assert alerts.at(12) == []  # the reader may have begun anew since it was asked whether it is ready
    assert alerts.at(13) == [("ends", OVERDUE, "a")]


def test_a_large_state_is_taken_in_part_by_part_and_told_when_it_is_whole():
    alerts = Alerts(at=60)
    alerts.feed.anew([((0, b"%d" % number), clock(f"lead-{number}", due=10)) for number in range(5_000)])
    told = [len(alerts.turn()) for _ in range(4)]
    assert told == [0, 0, 101, 0]


def test_beyond_the_most_one_alert_stands_for_all_others():
    """Those that have waited longest have an alert each; when one of them is answered, the next takes its place."""
    alerts = Alerts(parse("[alerts]\nmost = 3"))
    alerts.open(*(clock(f"lead-{number}", due=10 + number, risk=None) for number in range(6)))
    alerts.open(clock("other", due=10, risk=None, team="apac"))
    assert alerts.at(12, ms=1) == [("fires", OVERDUE, "other"), *(("fires", OVERDUE, f"lead-{n}") for n in range(3))]
    assert alerts.at(13, ms=1) == [("fires", MANY, "emea")]
    assert alerts.at(15, ms=1) == []
    many = next(one for one in alerts.turns.book.everything(alerts.now) if "Many" in str(one.alert.key))
    assert many.alert.annotations["summary"] == "emea: 3 more promises overdue"
    alerts.close("lead-1")
    assert sorted(alerts.at(16)) == [("ends", OVERDUE, "lead-1"), ("fires", OVERDUE, "lead-3")]
    alerts.close("lead-0")
    alerts.close("lead-2")
    assert ("ends", MANY, "emea") in alerts.at(17)


def test_a_flood_costs_one_alert_a_promise_at_most():
    alerts = Alerts()
    alerts.feed.anew([((0, b"%d" % n), clock(f"lead-{n}", due=10, risk=None)) for n in range(10_000)])
    for _ in range(6):
        alerts.turn()
    told = alerts.at(11)
    assert len(told) == 101
    assert told.count(("fires", MANY, "emea")) == 1


def round_of(alerts):
    """What is told once more within the time in which everything is."""
    found = [one for step in range(0, REPEAT_MS, 100) for one in alerts.turns.repetition(alerts.now + step)]
    alerts.now += REPEAT_MS
    return found


def test_what_holds_is_repeated_well_before_it_would_end():
    assert HOLD_MS >= 4 * REPEAT_MS
    alerts = Alerts()
    alerts.open(clock("a", due=10, risk=None), clock("b", due=10, risk=None))
    alerts.at(9)
    alerts.now += 2 * MINUTE
    assert all(one.since for one in alerts.turn())
    assert [(one.ended, one.since) for one in round_of(alerts)] == [(None, None)] * 2, "nobody waits for it again"
    alerts.close("a")
    alerts.at(12)
    ended = alerts.now
    assert [one.ended for one in round_of(alerts)] == [ended, None]
    alerts.now += REMEMBER_MS
    assert [one.ended for one in round_of(alerts)] == [None], "an end is forgotten at last"


def test_what_ends_before_its_repetition_is_not_said_to_hold():
    alerts = Alerts()
    alerts.open(*(clock(f"lead-{number}", due=10, risk=None) for number in range(100)))
    alerts.at(11)
    assert len(alerts.turns.repetition(alerts.now)) == 2
    alerts.close("lead-50")
    alerts.at(11, ms=1)
    assert {one.ended for one in round_of(alerts) if "lead-50" in str(one.alert.key)} == {alerts.now - REPEAT_MS}


def test_where_nobody_waits_any_more_everything_ends():
    alerts = Alerts()
    alerts.open(clock(due=10, risk=None))
    alerts.at(11)
    alerts.feed.anew([])
    assert alerts.at(12) == []
    assert alerts.at(13) == [("ends", OVERDUE, "lead-1")]


def test_what_was_told_does_not_end_while_only_a_part_of_the_state_is_read_again():
    alerts = Alerts()
    alerts.open(clock("last", due=10, risk=None))
    alerts.at(11)
    alerts.ready = False
    alerts.feed.anew([])
    alerts.turn()
    alerts.open(*(clock(f"lead-{number}", due=90, risk=None) for number in range(3_000)), clock("last", 10, risk=None))
    alerts.ready = True
    assert [alerts.at(12), alerts.at(12), alerts.at(12)] == [[], [], []]


def test_a_due_time_that_moves_while_it_is_over_is_told_anew_and_does_not_end():
    alerts = Alerts()
    alerts.open(clock(due=10, risk=None))
    alerts.at(20)
    alerts.open(clock(due=15, risk=None))
    assert alerts.at(21) == [("fires", OVERDUE, "lead-1")]
    (message,) = alerts.turns.book.everything(alerts.now)
    assert message.alert.starts == MONDAY + 15 * MINUTE + 1


def test_time_never_runs_back():
    alerts = Alerts()
    alerts.open(clock(due=10, risk=None))
    assert len(alerts.at(11)) == 1
    alerts.open(clock(due=10, risk=None))
    assert alerts.at(5) == []
    assert alerts.turns.book.firing() == 1


def test_the_same_promise_in_another_team_is_another_alert():
    alerts = Alerts()
    alerts.open(clock(due=10, risk=None))
    alerts.at(11)
    alerts.open(clock(due=10, risk=None, team="apac"))
    assert sorted(alerts.at(12)) == [("ends", OVERDUE, "lead-1"), ("fires", OVERDUE, "lead-1")]


@pytest.mark.parametrize(
    ("progress", "current"),
    [
        pytest.param({}, True, id="read-to-the-end"),
        pytest.param({"ready": False}, False, id="not-ready"),
        pytest.param({"trouble": "the broker does not answer"}, False, id="broker-away"),
        pytest.param({"lag": 1_000_000}, False, id="far-behind"),
        pytest.param({"lag": 100}, True, id="a-little-behind"),
        pytest.param({"lag": None}, True, id="nothing-known-yet"),
    ],
)
def test_nobody_is_paged_for_what_may_have_been_answered_long_ago(progress, current):
    from stream_app.board.server import is_current

    known = {"ready": True, "trouble": "", "lag": 0} | progress
    partitions = (SimpleNamespace(lag=known["lag"]),)
    now = SimpleNamespace(ready=known["ready"], trouble=known["trouble"], partitions=partitions)
    assert is_current(now) is current  # type: ignore[arg-type]  # what it looks at
