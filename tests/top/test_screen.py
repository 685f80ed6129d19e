"""A frame: what stands on it, in as many lines and columns as the terminal has, whatever the board says."""

from dataclasses import replace
from typing import Any

import pytest

from stream_app.errors import UserError
from stream_app.top.asked import Asked
from stream_app.top.feed import AwayError, Heard
from stream_app.top.screen import frame

PAGES = [{"name": name, "title": name.title()} for name in ("now", "response", "sales")]


def clock(who, due_in, state="waiting", **labels):
    return {
        "clock": "lead_response", "relationship": who, "item": "", "state": state, "due_in_seconds": due_in,
        "waiting_seconds": 100.0, "labels": {"owner_id": "ada", "team": "emea", "channel": "web", **labels},
        "owner": "Ada Bianchi",
    }  # fmt: skip


def tile(kpi, unit, *values, goal=None, error=None, **more):
    rows = [
        {"labels": {"step": f"step {n}"} if len(values) > 1 else {}, "value": v, "n": 9} | more
        for n, v in enumerate(values)
    ]
    return {
        "kpi": kpi, "unit": unit, "rows": rows, "goal": goal, "trend": [1, 2, 3], "error": error, "windowed": True,
        "window": "24h", "narrowed": True,
    }  # fmt: skip


FIGURES: dict[str, Any] = {
    "ready": True, "at": "2026-03-02T10:00:00.000Z", "watermark": "2026-03-02T09:59:57.000Z", "warnings": [],
    "page": "now", "pages": PAGES, "windows": ["15m", "24h"], "times": [1, 2, 3],
    "tiles": [
        tile("lead_response_seconds", "seconds", 24.0, p90=131.0, goal={"at_least": None, "at_most": 45, "met": True}),
        tile("lead_response_sla_ratio", "ratio", 0.71, numerator=71, denominator=100,
             goal={"at_least": 0.9, "at_most": None, "met": False}),
        tile("funnel_reached", "leads", 900.0, 310.0, 20.0),
        tile("win_ratio", "ratio"),
        tile("broken", "leads", error="ZeroDivisionError"),
    ],
    "clocks": {
        "counts": {
            "lead_response": {"waiting": 12, "at_risk": 2, "overdue": 3},
            "case_first": {"waiting": 0, "at_risk": 0, "overdue": 0},
        },
        "oldest": [clock("lead-7", -40.0, "overdue")],
        "overdue": [clock(f"lead-{n}", -40.0 - n, "overdue") for n in range(3)],
        "next": [clock("lead-8", 12.0, "at_risk"), clock("lead-9", 72.0, channel="chat")],
    },
}  # fmt: skip


def lines(heard, width=80, height=24, chosen=()):
    return frame(heard, chosen, width, height).plain.split("\n")


def test_a_frame_says_who_waits_and_what_the_figures_are():
    said = "\n".join(lines(Heard(FIGURES)))
    for words in (
        "1 Now", "● Live", "newest event 3 s ago", "12 waiting", "■ 3 overdue", "▲ 2 at risk", "● 7 on time",
        "Lead response time", "p90 2m 11s  24s ✓", "71 % ✗", "71/100", "step 1 310", "nothing yet", "⚠ failed",
        "lead-0", "40 s over", "lead-8", "in 00:12", "Ada Bianchi · emea · chat", "q quit",
    ):  # fmt: skip
        assert words in said, f"{words} is missing in\n{said}"


def test_time_goes_on_between_two_messages():
    said = "\n".join(lines(Heard(FIGURES, age=14.0)))
    assert "■ 2 s over         lead-8" in said
    assert "in 00:58" in said


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (40, 10), (132, 50), (300, 90), (20, 5)], ids=str)
@pytest.mark.parametrize("tiles", [0, 1, 40])
def test_a_frame_fills_the_terminal_and_goes_nowhere_beyond(size, tiles):
    width, height = size
    every = [FIGURES["tiles"][n % 5] for n in range(tiles)]
    shown = frame(Heard(FIGURES | {"tiles": every}), ("team emea",), width, height)
    assert len(shown.plain.split("\n")) == height
    assert max(one.cell_len for one in shown.split("\n")) <= width


def test_tiles_that_find_no_room_are_counted():
    said = "\n".join(lines(Heard(FIGURES | {"tiles": [FIGURES["tiles"][0]] * 60})))
    shown = said.count("Lead response time")
    assert shown
    assert f"and {60 - shown} more" in said


AWAY = AwayError(
    "the board at http://127.0.0.1:9 does not answer: Connection refused", "Start one with crm-pulse board."
)


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        pytest.param(Heard(), ["Connecting"], id="connecting"),
        pytest.param(Heard(trouble=AWAY), ["✕ the board", "Connection refused", "Start one"], id="never there"),
        pytest.param(Heard(FIGURES, 65.0, AWAY), ["✕", "What you see is 1 min 5 s old", "lead-8"], id="gone"),
        pytest.param(Heard(FIGURES, 30.0), ["The board is silent"], id="silent"),
        pytest.param(
            Heard({**FIGURES, "ready": False, "reasons": ["partition 1"], "read_ratio": 0.4}),
            ["Not ready: 40 %", "partition 1"], id="not ready",
        ),
        pytest.param(
            Heard(FIGURES | {"warnings": ["two workers write"]}), ["▲ Live, with a warning", "two workers"], id="warned"
        ),
        pytest.param(Heard(FIGURES | {"watermark": None}), ["no event yet"], id="empty"),
        pytest.param(Heard(FIGURES | {"watermark": "2026-03-02T08:00:00Z"}), ["▲ Old data"], id="old"),
        pytest.param(Heard(FIGURES | {"clocks": None}), ["Lead response time"], id="a page without people"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(heard, words):
    said = "\n".join(lines(heard, width=120))
    for one in words:
        assert one in said, f"{one} is missing in\n{said}"


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        pytest.param("right", Asked(page="response"), id="next page"),
        pytest.param("left", Asked(page="sales"), id="the one before the first is the last"),
        pytest.param("3", Asked(page="sales"), id="by number"),
        pytest.param("9", Asked(), id="no such page"),
        pytest.param("w", Asked(window="15m"), id="window"),
        pytest.param("x", Asked(), id="no meaning"),
    ],
)
def test_a_key_turns_the_page(key, asked):
    assert Asked().after(key, FIGURES) == asked


def test_keys_that_come_faster_than_figures_add_up():
    assert Asked().after("right", FIGURES).after("right", FIGURES) == Asked(page="sales")
    assert Asked(team="emea").after("right", None) == Asked(team="emea")


def test_a_question_is_the_address_of_the_wall():
    asked = replace(Asked(), page="sales", team="emea")
    assert (asked.query(), asked.narrowed()) == ({"page": "sales", "team": "emea"}, ["team emea"])


def test_an_away_board_is_an_error_for_the_user():
    assert isinstance(AWAY, UserError)
