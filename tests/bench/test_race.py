"""The race: order of the laps, and contestants that fail."""

import sys
from typing import Any, cast

import pytest

from benchmarks.expected import Window
from benchmarks.race import Lap, Race
from benchmarks.roster import CannotRaceError, Contestant


class Course:
    """A broker where every group has committed everything at once."""

    brokers = "127.0.0.1:1"

    def __init__(self):
        self.swept = 0

    def create(self, topic):
        """Have any topic."""

    def sweep(self):
        self.swept += 1

    def finished(self, _group):
        return True


def race(wanted=None, patience=30, course=None):
    return Race(cast("Any", course or Course()), wanted or {}, patience=patience)


def contestant(name, program="", **more):
    return Contestant(name, lambda: [sys.executable, "-c", program], None, **more)


def unable():
    raise CannotRaceError("not measured: no wheels")


@pytest.fixture
def laps(monkeypatch):
    """Let a race run without processes; returns who ran, in order."""

    def run(roster, repeats, failing=()):
        monkeypatch.setattr(
            Race, "lap", lambda _self, one: Lap(one.name, failure="broken" if one.name in failing else "")
        )
        return [lap.contestant for lap in race().run(roster, repeats, lambda _text: None)]

    return run


def test_rounds_alternate(laps):
    """
    Who went first goes last in the next round.
    """
    assert laps([contestant("a"), contestant("b"), contestant("c")], 3) == list("abccbaabc")


def test_who_fails_twice_is_out(laps):
    """
    The others race on.
    """
    assert laps([contestant("a"), contestant("b")], 4, failing={"b"}) == list("abbaaa")


MARK = "import os, pathlib; pathlib.Path(os.environ['BENCH_FOLDER'], 'mark').write_text('0 0');"


@pytest.mark.parametrize(
    ("one", "word"),
    [
        (
            contestant("ends early", "raise SystemExit('no such topic')", ends=True),
            "ended with status 1: ...no such topic",
        ),
        (contestant("no record", "", ends=True), "ended without a record"),
        (contestant("fails", MARK + "raise SystemExit(4)", ends=True), "ended with status 4"),
        (contestant("too slow", MARK + "import time; time.sleep(60)", ends=True), "did not finish in 1 s"),
        (Contestant("unable", unable, None), "not measured: no wheels"),
        (Contestant("no program", lambda: ["/nowhere/program"], None), "FileNotFoundError"),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_a_failure_is_the_result_of_its_lap(one, word):
    """
    Whatever goes wrong with a contestant is said in its lap, and the broker is swept for the next one.
    """
    course = Course()

    lap = race(patience=1, course=course).lap(one)

    assert word in lap.failure
    assert course.swept == 1


def test_a_lap_is_what_was_used_since_the_mark():
    """
    CPU time and clock are counted from the mark that the contestant leaves at its first record.
    """
    program = (
        "import time\nwhile time.process_time() < 0.5: pass\n"
        "from benchmarks.peers import mark; mark.first()\n"
        "while time.process_time() < 0.8: pass\n"
    )

    lap = race().lap(contestant("busy", program, ends=True))

    assert not lap.failure
    assert 0.2 <= lap.cpu_seconds < 0.5
    assert lap.wall_seconds >= 0.2
    assert lap.peak_bytes > 5 << 20


def test_wrong_windows_disqualify():
    """
    Figures of a lap whose results are wrong do not count.
    """
    place, right = ("web", 1), Window(1, 5, 5.0)
    one = Contestant("wrong", lambda: [sys.executable, "-c", MARK], lambda _course, _group: {}, ends=True)

    lap = race({place: right}).lap(one)

    assert lap.failure == "wrong results, 1 of 1 windows: web at minute 1: missing"
