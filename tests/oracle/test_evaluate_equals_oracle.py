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
from tests.oracle.compare import NOT_TOLD, differences
from tests.oracle.fold import accounting, numbers
from tests.oracle.histories import START, crowd, ordered, text
from tests.oracle.identity import linked
from tests.oracle.reading import read

MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR
LAW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TRAFFIC = {
    "half an hour": (Options(), 20_000),
    "months": (
        Options(squeeze=0.52, history_ms=40 * DAY, history_rate=0.004, late=0.05, duplicates=0.05, broken=0.01),
        20_000,
    ),
}


def evaluated(log, now):
    return fold([value for _, value in log], Policies(), now)


def differing(log, now):
    return differences(numbers(log, now), evaluated(log, now).samples(CATALOGUE))


def check(log, now):
    found = differing(log, now)

    assert not found, "\n".join(found[:30])


@pytest.fixture(scope="module", params=TRAFFIC)
def log(request):
    options, size = TRAFFIC[request.param]
    made = [(sent.key, sent.value) for sent in islice(generate(7, START, options), size)]
    # Who is merged after the lateness horizon keeps what was settled as it was; crowds are merged in time.
    return [line for line in made if b"relationship.merged" not in line[1]]


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


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("after", [30 * MINUTE, 4 * HOUR, 30 * HOUR, 8 * DAY, 75 * DAY, 120 * DAY], ids=str)
def test_crowds(seed, after):
    """
    Every KPI over dense lives in which everything happens, at the ages at which windows and promises end.
    """
    log, now = crowd(seed), START + after

    if differing(log, now):
        alone = [[line for line in log if line[0] == who] for who in sorted({who for who, _ in log})]
        log = smallest(next((one for one in alone if differing(one, now)), log), now)

    found = differing(log, now)
    assert not found, "\n".join([*(value.decode() for _, value in log), f"at {text(now)}", *found[:30]])


def smallest(log, now):
    """Leave away what is not needed to differ."""
    for line in list(log):
        fewer = [other for other in log if other is not line]
        if fewer and differing(fewer, now):
            log = fewer
    return sorted(log, key=lambda line: read(*line).at)


def unlinked(records):
    """Leave out what says that two ids are one.

    Who turns out to be one with somebody after the lateness horizon has a settled past, that is not told anew.
    """
    return [record for record in records if linked(read(record.key, record.value)) in (None, record.key.decode())]


@LAW
@given(histories() | histories(span=30 * DAY).map(unlinked), st.sampled_from([6 * HOUR, 20 * HOUR, 31 * DAY]))
def test_histories_of_the_shard_laws(records, after):
    """
    Every KPI over the histories that the laws of the shard use.
    """
    check(ordered([(one.key, one.value) for one in records]), START + after)


def test_the_oracle_tells_every_other_kpi():
    """
    What the independent fold leaves out is named, and nothing else is left out.
    """
    options, size = TRAFFIC["months"]
    log = [(sent.key, sent.value) for sent in islice(generate(7, START, options), size)]
    told = {kpi for kpi, *_ in numbers(log, START + 40 * DAY + HOUR)}

    assert set(CATALOGUE) - told == NOT_TOLD & set(CATALOGUE)
