"""The referee: the right windows, and what it says of wrong ones."""

import json
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.expected import Window, differences, exact, windows
from benchmarks.peers import work

MINUTE = 29_540_760
"""2026-03-02T10:00Z in minutes."""


def event(kind: str, clock: str, who: str = "lead-1", **data: object) -> dict[str, object]:
    return {"type": f"crm.{kind}.v1", "subject": who, "time": f"2026-03-02T10:{clock}Z", "data": data}


CREATED = event("lead.created", "00:00.000", channel="web")
ASKED_AGAIN = event("lead.created", "00:30.000", channel="chat")
MAIL = event("interaction.logged", "01:00.250", direction="out", medium="email")
ROBOT = event("interaction.logged", "00:01.000", direction="out", medium="email", automated=True)
NOTE = event("interaction.logged", "00:02.000", direction="out", medium="email", internal=True)
PICKED_UP = event("interaction.logged", "00:20.000", direction="in", medium="call", two_way=True)
WROTE = event("interaction.logged", "00:10.000", direction="in", medium="email")
GONE = event("lead.disqualified", "00:40.000", reason="spam")
ANSWERED_IN_A_MINUTE = {("web", MINUTE + 1): Window(1, 60_250, 60_250)}

STORIES = [
    pytest.param([CREATED, MAIL], ANSWERED_IN_A_MINUTE, id="answered"),
    pytest.param([CREATED, ASKED_AGAIN, MAIL], ANSWERED_IN_A_MINUTE, id="a second form changes nothing"),
    pytest.param(
        [CREATED, ROBOT, NOTE, WROTE, MAIL], ANSWERED_IN_A_MINUTE, id="robots, notes and the lead are no answer"
    ),
    pytest.param(
        [CREATED, PICKED_UP, MAIL], {("web", MINUTE): Window(1, 20_000, 20_000)}, id="a call picked up is one"
    ),
    pytest.param([CREATED, GONE, MAIL], {}, id="gone before"),
    pytest.param([MAIL], {}, id="no lead"),
    pytest.param([CREATED, MAIL, MAIL], ANSWERED_IN_A_MINUTE, id="answered once"),
]


@pytest.mark.parametrize(("story", "wanted"), STORIES)
def test_the_right_windows(story, wanted):
    """
    The referee counts the first human touch of each lead that waits.
    """
    assert windows(json.dumps(one).encode() for one in story) == wanted


@pytest.mark.parametrize(("story", "wanted"), STORIES)
def test_the_contestants_work_finds_the_same(story, wanted):
    """
    What the peers in Python do agrees with the referee, who shares no code with them.
    """
    lead = None
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for one in story:
        lead, answer = work.follow(lead, one)
        if answer is not None:
            channel, minute, wait = answer
            found[channel, minute] = work.add(found.get((channel, minute)), wait)

    seen = {place: Window(one["count"], one["sum"], work.p90(one["bins"])) for place, one in found.items()}

    assert differences(wanted, seen) == []


@pytest.mark.parametrize(
    "values",
    [[1], [5, 5, 5], [0, 0, 10], [1, 2, 3, 4], list(range(1, 100_000, 37)), [0], [10, 1_000_000]],
    ids=["one", "equal", "zeros", "few", "many", "zero", "far apart"],
)
def test_the_p90_from_bins_is_within_one_percent(values):
    """
    The p90 from bins is that of the values, within the 1 % that the bins promise.
    """
    window = None
    for value in values:
        window = work.add(window, value)

    assert window is not None
    assert work.p90(window["bins"]) == pytest.approx(exact(sorted(values), 0.9), rel=0.0101)


RIGHT = Window(10, 5_000, 900.0)


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ({("web", 1): replace(RIGHT, count=11)}, "11 answers"),
        ({("web", 1): replace(RIGHT, sum=5_001)}, "5001 ms"),
        ({("web", 1): replace(RIGHT, p90=912.0)}, "p90 912"),
        ({}, "missing"),
        ({("web", 1): RIGHT, ("web", 2): RIGHT}, "nobody answered"),
    ],
    ids=["count", "sum", "p90", "missing", "invented"],
)
def test_a_wrong_window_is_named(found, word):
    """
    One answer, one millisecond or more than one percent of the p90 is a difference.
    """
    (wrong,) = differences({("web", 1): RIGHT}, found)

    assert word in wrong


def test_one_percent_of_the_p90_is_no_difference():
    """
    A p90 within the bins' error is right.
    """
    assert differences({("web", 1): RIGHT}, {("web", 1): replace(RIGHT, p90=908.9)}) == []
