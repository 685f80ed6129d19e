"""Panes and windows: which panes a window is made of, what it covers, how long panes are kept."""

import pytest

from stream_app.measures import DAY, HOUR, MINUTE, Pane, Window
from stream_app.measures.window import retentions

M, H, D = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("text", "pane", "panes"),
    [
        ("15m", MINUTE, 15),
        ("1h", MINUTE, 60),
        ("120m", MINUTE, 120),
        ("3h", HOUR, 3),
        ("24h", HOUR, 24),
        ("7d", HOUR, 168),
        ("8d", DAY, 8),
        ("30d", DAY, 30),
        ("90d", DAY, 90),
    ],
)
def test_a_window_is_made_of_minutes_hours_or_days(text: str, pane: Pane, panes: int):
    window = Window.parse(text)
    assert (window.name, window.pane, len(window.span(0))) == (text, pane, panes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write a number"),
        ("15", "write a number"),
        ("0m", "write a number"),
        ("-1h", "write a number"),
        ("1w", "write a number"),
        ("1.5h", "write a number"),
        ("15m ", "write a number"),
        ("150m", "try 2h"),
        ("170h", "try 7d"),
    ],
)
def test_what_is_no_window_says_what_would_be_one(text, says):
    with pytest.raises(ValueError, match=says):
        Window.parse(text)


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [(0, -14, 0), (14 * M, 0, 14), (15 * M - 1, 0, 14), (15 * M, 1, 15)],
    ids=["the start", "within a pane", "the pane's last ms", "the next pane"],
)
def test_a_window_covers_the_panes_that_end_with_the_current_one(now, first, last):
    assert Window.parse("15m").span(now) == range(first, last + 1)


@pytest.mark.parametrize(
    ("windows", "lateness", "keep"),
    [
        (["15m", "1h", "24h", "7d", "30d", "90d"], D, {"m": 2 * H, "h": 8 * D, "d": 91 * D}),
        (["15m"], D, {"m": 15 * M + H}),
        (["24h", "30d"], H, {"h": 25 * H, "d": 30 * D + H}),
        (["1h"], 0, {"m": H}),
    ],
    ids=["all", "a short one", "little lateness", "no lateness"],
)
def test_panes_are_kept_for_their_longest_window_and_some_slack(windows, lateness, keep):
    kept = retentions(map(Window.parse, windows), lateness)
    assert {one.pane.code: one.keep for one in kept} == keep


def test_a_kept_pane_is_one_that_the_window_may_still_cover():
    (kept,) = retentions([Window.parse("1h")], 0)
    assert kept.oldest(10 * H) == 9 * 60
