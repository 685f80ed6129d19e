"""The formulas of customer value, by hand."""

import pytest

from stream_app.kpis.kinds.promoters import interval, score


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param((1, 0, 0), 100, id="one promoter"),
        pytest.param((0, 0, 7), -100, id="detractors only"),
        pytest.param((0, 5, 0), 0, id="passive only"),
        pytest.param((6, 2, 2), 40, id="six of ten promote, two detract"),
    ],
)
def test_score(answers, expected):
    """Share of promoters less share of detractors, in points."""
    assert score(*answers) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answers", "low", "high"),
    [
        # promoters 10.75, passives 1.5, detractors 0.75 of 13: 76.923, give or take 1.96 * 100 * sqrt(0.29290 / 13)
        pytest.param((10, 0, 0), 47.504, 100, id="ten who agree are not certain"),
        # 60.75, 21.5, 20.75 of 103: 38.835, give or take 1.96 * 100 * sqrt(0.64045 / 103)
        pytest.param((60, 20, 20), 23.380, 54.290, id="a hundred answers"),
        pytest.param((0, 0, 10), -100, -47.504, id="the other way round"),
    ],
)
def test_interval(answers, low, high):
    """The adjusted Wald interval, cut at the ends of the scale."""
    assert interval(*answers) == pytest.approx((low, high), abs=0.01)


def test_more_answers_are_surer():
    """Ten times the answers make the interval narrower."""
    few, many = interval(6, 2, 2), interval(60, 20, 20)

    assert many[1] - many[0] < (few[1] - few[0]) / 2
