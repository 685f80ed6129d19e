"""What a terminal says: spans, figures, names and trends."""

import pytest

from stream_app.top.words import countdown, due_words, duration, figure, sparkline, titled


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (4.25, "4.2 s"), (59.4, "59 s"), (60, "1 min"), (247, "4 min 7 s"), (900, "15 min"),
        (7_500, "2 h 5 min"), (180_000, "2 d 2 h"), (-90, "-1 min 30 s"),
    ],
)  # fmt: skip
def test_a_span(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(0.9, "00:00"), (67, "01:07"), (3_667, "1:01:07"), (-3, "00:00")])
def test_what_is_left(seconds, said):
    assert countdown(seconds) == said


def test_what_is_due_and_what_is_overdue():
    assert (due_words(67.9), due_words(-67.9)) == ("in 01:07", "1 min 7 s over")


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.9137, "ratio", "91.4 %"), (24.0, "seconds", "24 s"), (12_345.0, "leads", "12,345"), (1.5, "cases", "1.5"),
        (2_340_000.0, "eur", "2.34M EUR"), (12_345_678.0, "events", "12.3M"), (999.6, "eur", "1000 EUR"),
    ],
)  # fmt: skip
def test_a_figure_in_its_unit(value, unit, said):
    assert figure(value, unit) == said


@pytest.mark.parametrize(
    ("name", "unit", "said"),
    [
        ("lead_response_seconds", "seconds", "Lead response time"),
        ("win_ratio", "ratio", "Win rate"),
        ("lead_response_sla_ratio", "ratio", "Lead response SLA"),
        ("leads_waiting", "leads", "Leads waiting"),
    ],
)
def test_a_name(name, unit, said):
    assert titled(name, unit) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param([1, 2, 3, 8], "▁▂▃█", id="rises"),
        pytest.param([5, 5, 5], "▄▄▄", id="flat"),
        pytest.param([None, 1, None, 2], " ▁ █", id="gaps"),
        pytest.param([None, 1], "", id="one point is no course"),
    ],
)
def test_a_trend(values, said):
    assert sparkline(values, len(values)) == said


def test_a_long_trend_is_thinned():
    assert sparkline(list(range(100)), 8) == "▁▁▂▃▄▅▆█"
