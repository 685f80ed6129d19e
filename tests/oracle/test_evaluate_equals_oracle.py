"""The product's fold over a log equals an independent one, for every number of every KPI."""

from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream_app.kpis import CATALOGUE
from stream_app.kpis.evaluation import fold
from stream_app.policies import Policies
from stream_app.simulate import Options, generate
from tests.journeys.generated import histories
from tests.oracle.compare import differences
from tests.oracle.fold import accounting, numbers
from tests.oracle.histories import START, lines, untied

MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR
LAW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TRAFFIC = {
    "half an hour": (Options(), 20_000),
    "months": (Options(squeeze=0.52, history_ms=40 * DAY, history_rate=0.004, late=0.05, duplicates=0.05, broken=0.01), 20_000),
}


def evaluated(log, now):
    return fold([value for _, value in log], Policies(), now)


def check(log, now):
    result = evaluated(log, now)

    found = differences(numbers(log, now), result.samples(CATALOGUE))

    assert not found, "\n".join(found[:30])


@pytest.fixture(scope="module", params=TRAFFIC)
def log(request):
    options, size = TRAFFIC[request.param]
    return [(sent.key, sent.value) for sent in islice(generate(7, START, options), size)]


@pytest.mark.parametrize("after", [20 * MINUTE, 12 * DAY, 40 * DAY + HOUR], ids=["20m", "12d", "40d"])
def test_simulated_traffic(log, after):
    """
    Every KPI over simulated traffic, seen while it runs and long after.
    """
    check(log, START + after)


def test_every_record_is_accounted_for(log):
    """
    What counts, what repeats and what is broken are told apart alike.
    """
    books = evaluated(log, None).accounting

    assert (books.applied, books.duplicates, books.dead) == accounting(log)


@LAW
@given(lines(), st.integers(0, 3 * 24))
def test_dense_histories(log, hours):
    """
    Every KPI over everything that can happen, in any order, seen at any hour of the next three days.
    """
    check(log, START + hours * HOUR)


@LAW
@given(lines(), st.sampled_from([7, 14, 30, 60, 90, 120, 200]))
def test_long_histories(log, days):
    """
    Every KPI at the ages at which windows, horizons and promises end.
    """
    check(log, START + days * DAY)


@LAW
@given(histories() | histories(span=30 * DAY), st.sampled_from([6 * HOUR, 20 * HOUR, 31 * DAY]))
def test_histories_of_the_shard_laws(records, after):
    """
    Every KPI over the histories that the laws of the shard use.
    """
    taken = set()
    check([line for one in records if untied(line := (one.key, one.value), taken)], START + after)
