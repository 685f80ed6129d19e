"""Which number stands for a KPI in the catalogue and on the landing page."""

import pytest

from stream_app.board.headline import headline, variants, window_seconds, windows_of
from stream_app.kpis.kpi import Sample
from tests.board.boards import Fixed, kpi


def sample(value: float, window: str | None = "24h", part: str = "", **labels: str) -> Sample:
    return Sample("x", part, window, labels, value, 1)  # type: ignore[arg-type]  # a part by its name


@pytest.mark.parametrize(
    ("samples", "window", "expected"),
    [
        pytest.param([], None, [], id="no data"),
        pytest.param([sample(1, "15m"), sample(2, "24h"), sample(3, "7d")], None, [2], id="24 h where there is one"),
        pytest.param([sample(1, "15m"), sample(3, "7d")], None, [3], id="else the longest"),
        pytest.param([sample(1, "15m"), sample(2)], "15m", [1], id="the window asked for"),
        pytest.param([sample(2)], "15m", [], id="never another window than the one asked for"),
        pytest.param([sample(1, None)], "15m", [1], id="a figure of now answers for every window"),
        pytest.param([sample(9, channel="web"), sample(1)], None, [1], id="the total, not a breakdown"),
        pytest.param([sample(5, part="numerator"), sample(1)], None, [1], id="the figure, not a part of it"),
        pytest.param([sample(9, quantile="0.9"), sample(5, quantile="0.5")], None, [5], id="the median"),
        pytest.param([sample(9, quantile="0.9")], None, [9], id="another quantile where there is no median"),
        pytest.param(
            [sample(1, time="business", quantile="0.5"), sample(2, time="calendar", quantile="0.5")],
            None,
            [2],
            id="calendar time",
        ),
        pytest.param([sample(3, step="lead"), sample(1, step="won")], None, [3, 1], id="one per funnel step"),
    ],
)
def test_what_a_reader_most_likely_means(samples, window, expected):
    declared = kpi("x", Fixed(()), by=("channel",))
    assert [one.value for one in variants(declared, samples, window)] == expected
    first = headline(declared, samples, window)
    assert (first.value if first else None) == (expected[0] if expected else None)


@pytest.mark.parametrize(("window", "seconds"), [("15m", 900), ("24h", 86_400), ("90d", 7_776_000), ("soon", 0)])
def test_windows_have_a_length(window, seconds):
    assert window_seconds(window) == seconds


def test_windows_are_listed_from_short_to_long():
    assert windows_of([sample(1, "7d"), sample(1, "15m"), sample(1, None), sample(1, "24h")]) == ["15m", "24h", "7d"]
