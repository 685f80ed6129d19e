"""The histogram against exact quantiles and against the DDSketch of its authors."""

import math
import statistics

import pytest
from ddsketch import DDSketch
from hypothesis import given
from hypothesis import strategies as st

from stream_app.measures import Histogram

VALUES = st.lists(st.integers(0, 10**10) | st.integers(0, 500), min_size=1, max_size=60)
QUANTILES = st.sampled_from([0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1.0]) | st.floats(0, 1)


def of(values: list[int]) -> Histogram:
    histogram = Histogram()
    histogram.absorb(histogram.digest(values))
    return histogram


def linear(values: list[int], q: float) -> float:
    """Return the exact quantile as numpy's default does: linear between the two closest ranks."""
    ranked = sorted(values)
    rank = q * (len(ranked) - 1)
    low, high = ranked[math.floor(rank)], ranked[math.ceil(rank)]
    return low + (high - low) * (rank - math.floor(rank))


@given(VALUES, QUANTILES)
def test_a_quantile_is_within_one_percent_of_the_exact_one(values, q):
    exact = linear(values, q)
    assert of(values).quantile(q) == pytest.approx(exact, rel=0.01 + 1e-9, abs=1e-9)


@given(VALUES)
def test_the_bins_are_those_of_ddsketch(values):
    sketch = DDSketch(0.01)
    for value in values:
        sketch.add(value)
    for q in (0, 0.5, 1):
        rank = q * (len(values) - 1)
        if rank == int(rank):  # the sketch takes the lower rank, this one interpolates
            assert of(values).quantile(q) == pytest.approx(sketch.get_quantile_value(q), rel=1e-6)


@given(VALUES)
def test_the_mean_is_exact(values):
    assert of(values).mean == pytest.approx(statistics.fmean(values))


@given(VALUES, st.integers(0, 10**10))
def test_the_count_up_to_a_limit_is_right_but_for_its_last_two_percent(values, limit):
    count = of(values).count_at_most(limit)
    assert sum(value <= limit for value in values) <= count <= sum(value <= limit * 1.0203 for value in values)


@pytest.mark.parametrize(
    ("values", "q", "quantile"),
    [
        ([], 0.5, None),
        ([0], 0.5, 0),
        ([0, 0, 0, 100], 0.5, 0),
        ([-5, 100], 0.0, 0),
        ([1000], 0.9, 1000),
        ([1000, 2000], 0.5, 1500),
        ([60_000] * 9 + [600_000], 0.9, 60_000 + 540_000 * 0.1),
    ],
    ids=["nothing", "zero", "mostly zero", "negative is zero", "one", "between two", "p90 of ten"],
)
def test_quantiles_of_few_values(values, q, quantile):
    assert of(values).quantile(q) == (None if quantile is None else pytest.approx(quantile, rel=0.01))


def test_a_negative_value_keeps_its_share_of_the_mean():
    histogram = of([-5, 15])
    assert (histogram.n, histogram.zero, histogram.total, histogram.mean) == (2, 1, 10, 5)
    assert histogram.count_at_most(-1) == 0


def test_nothing_has_no_mean():
    assert Histogram().mean is None


def test_a_value_beyond_64_bits_is_kept_exactly():
    histogram = of([10**30])
    assert Histogram.unpack(histogram.pack()).total == 10**30
