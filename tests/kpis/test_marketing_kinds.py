"""The formulas of marketing: intervals, payback, and costs that are for a longer time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.journeys.campaign import LONGEST_DAYS, spread
from stream_app.journeys.lead_conversion import response_name
from stream_app.kpis.kinds.matured import wilson
from stream_app.kpis.kinds.payback import paid_back
from stream_app.measures.histogram import Histogram

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("above", "below", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (1, 10, 0.0179, 0.4042),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (50, 1000, 0.0381, 0.0653),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_wilson(above, below, low, high):
    """The interval of Wilson as statistics packages give it, within 0 and 1."""
    assert wilson(above, below) == pytest.approx((low, high), abs=6e-5)


@given(st.integers(1, 10**6).flatmap(lambda below: st.tuples(st.integers(0, below), st.just(below))))
def test_the_interval_holds_the_share(counts):
    above, below = counts
    low, high = wilson(above, below)

    assert 0 <= low <= above / below + 1e-12
    assert above / below - 1e-12 <= high <= 1


@pytest.mark.parametrize(
    ("wait", "name"),
    [
        (0, "5m"), (5 * MINUTE, "5m"), (5 * MINUTE + 1, "30m"), (30 * MINUTE, "30m"), (HOUR, "1h"),
        (HOUR + 1, "4h"), (4 * HOUR, "4h"), (DAY, "24h"), (DAY + 1, "later"),
    ],
)  # fmt: skip
def test_how_soon(wait, name):
    assert response_name(wait) == name


@pytest.mark.parametrize(
    ("starts", "ends", "days", "shares"),
    [
        (10 * HOUR, 10 * HOUR, [10 * HOUR], [100]),
        (10 * HOUR, 5 * HOUR, [10 * HOUR], [100]),
        (10 * HOUR, DAY, [10 * HOUR], [100]),
        (10 * HOUR, DAY + 1, [10 * HOUR, DAY], [50, 50]),
        (10 * HOUR, 3 * DAY, [10 * HOUR, DAY, 2 * DAY], [33, 33, 34]),
    ],
    ids=["a moment", "ends before it begins", "to midnight", "past midnight", "a remainder"],
)
def test_a_cost_is_for_each_day_that_it_touches(starts, ends, days, shares):
    assert spread(100, starts, ends) == list(zip(days, shares, strict=True))


@given(st.integers(-(2**53), 2**53), st.integers(0, 2**42), st.integers(0, 2**42))
def test_the_shares_of_a_cost_add_up_to_it_and_differ_by_one_at_most(amount, starts, length):
    shares = [share for _, share in spread(amount, starts, starts + length)]

    assert sum(shares) == amount
    assert max(shares) - min(shares) <= 1
    assert len(shares) <= LONGEST_DAYS


@pytest.mark.parametrize(
    ("earned", "cost", "margin", "days"),
    [
        ({0: 200}, 100, 0.5, 0),
        ({0: 199}, 100, 0.5, None),
        ({1: 100, 3: 100, 5: 900}, 100, 0.5, 3),
        ({1: 300, 2: -200}, 100, 0.5, 1),
        ({1: 150, 2: -100, 4: 150}, 100, 0.5, 4),
        ({1: 1000}, 100, 0.0, None),
    ],
    ids=["at once", "a cent short", "the first time", "covered before a refund", "after a refund", "no margin"],
)
def test_paid_back(earned, cost, margin, days):
    """The age at which the gross profit so far first covers the cost, within 1 %."""
    revenue = Histogram()
    for age, amount in earned.items():
        revenue.add(age * DAY, amount)

    found = paid_back(revenue, cost, margin)

    assert found == (None if days is None else pytest.approx(days * DAY, rel=0.01))
