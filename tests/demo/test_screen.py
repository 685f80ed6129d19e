"""What the demo's terminal shows."""

from io import StringIO

import pytest
from rich.console import Console

from stream_app.demo.figures import Figures, Source, Waiting, _quantiles, _total
from stream_app.demo.screen import _span, line, picture

FIGURES = Figures(
    values={
        "leads_waiting": 12.0, "leads_waiting_oldest_seconds": 95.0, "leads_at_risk": 2.0, "leads_overdue": 1.0,
        "lead_response_sla_ratio": 0.914,
    },
    response={"0.5": 24.4, "0.9": 131.0},
    events=14_089, dead=13, rate=7.62, lag=3,
    waiting=(Waiting("lead-1", "web", "ada", 61.0, 29.0), Waiting("lead-2", "chat", "", 95.0, -65.0)),
    answered=(Waiting("lead-0", "phone", "jun", 17.0, 73.0),),
)  # fmt: skip


def test_a_line_for_a_file():
    assert line(FIGURES) == (
        "leads waiting 12, oldest 1.6 min, at risk 2, overdue 1 | 15m: response p50 24 s p90 2.2 min, in time 91% | "
        "14,089 events, 7.6/s, lag 3, dead letters 13"
    )


def test_nothing_yet_is_a_dash():
    assert "oldest -" in line(Figures())
    assert "p50 - p90 -" in line(Figures())


def test_a_picture_for_a_terminal():
    console = Console(width=140, record=True, force_terminal=True, file=StringIO())
    console.print(picture(FIGURES, "Ctrl-C stops everything"))
    shown = console.export_text()

    for words in (
        "leads waiting",
        "91%",
        "lead-1",
        "29 s",
        "65 s ago",
        "lead-0",
        "answered",
        "13 dead letters",
        "Ctrl-C",
    ):
        assert words in shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "-"), (0.2, "0 s"), (47.3, "47 s"), (89, "89 s"), (90, "1.5 min"), (7_560, "2.1 h"), (172_800, "2.0 d")],
)
def test_durations_as_people_say_them(seconds, shown):
    assert _span(seconds) == shown


def test_sums_over_the_series_of_a_metric():
    page = 'x_total{a="1"} 2.0\nx_total{a="2",outcome="dead"} 3.0\nx_totally 9.0\n# x_total 7\ny 1e3\n'

    assert (_total(page, "x_total"), _total(page, "x_total", 'outcome="dead"'), _total(page, "y")) == (5, 3, 1000)


def test_response_is_from_creation_in_calendar_time():
    rows = [
        {"labels": {"since": since, "time": time, "quantile": "0.5"}, "value": value}
        for since, time, value in (
            ("created", "calendar", 1.0),
            ("assigned", "calendar", 2.0),
            ("created", "business", 3.0),
        )
    ]
    assert _quantiles({"totals": [*rows, {"labels": {"since": "created", "time": "calendar"}, "value": 9.0}]}) == {
        "0.5": 1.0
    }


def lead(name: str, due_in: float | None) -> Waiting:
    return Waiting(name, "web", "ada", 10.0, due_in)


def test_who_no_longer_waits_was_answered_unless_long_given_up():
    source = Source("http://127.0.0.1:1", "http://127.0.0.1:2")
    waiting = (lead("new", 80.0), lead("soon", 5.0), lead("forgotten", -900.0))
    source._follow(waiting, total=3)
    source._follow((waiting[0],), total=1)
    assert [one.relationship for one in source._answered] == ["soon"]


def test_a_list_that_was_cut_tells_nothing_about_those_left_out():
    source = Source("http://127.0.0.1:1", "http://127.0.0.1:2")
    source._follow((lead("old", 80.0),), total=1)
    source._follow((lead("new", 80.0),), total=2)
    assert not source._answered


def test_nobody_on_the_screen_yet_says_why():
    console = Console(width=80, record=True, force_terminal=True, file=StringIO())
    console.print(picture(Figures(), ""))
    assert "reading the simulated past" in console.export_text()


def test_a_full_picture_fits_a_terminal_of_80_columns():
    crowd = tuple(lead(f"lead-9736f3aa-{number:06d}", 80.0) for number in range(20))
    console = Console(width=80, record=True, force_terminal=True, file=StringIO())
    console.print(picture(Figures(waiting=crowd, answered=crowd[:3]), "Ctrl-C stops everything"))
    lines = console.export_text().splitlines()
    assert len(lines) <= 18
    assert max(map(len, lines)) <= 80
