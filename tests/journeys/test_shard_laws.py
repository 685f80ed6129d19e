"""Laws of a shard: order, duplicates, batch boundaries and crashes change nothing."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journeys.generated import DAY, START, histories, numbered
from tests.journeys.log import Log, numbers, said, settled, view_of

LAW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LAW
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_numbers(records, chance):
    """
    Within the lateness horizon, the numbers depend on the set of events, not on their order (worked case 28).

    An erasure is the exception: what came before it stays counted, what comes after it is of somebody unknown.
    """
    records = [record for record in records if b"relationship.erased" not in record.value]
    shuffled = records[:]
    chance.shuffle(shuffled)

    in_order = sorted(records, key=lambda record: record.value)

    assert said(settled(shuffled)) == said(settled(in_order))


@LAW
@given(histories(), st.randoms(use_true_random=False))
def test_repeated_deliveries_change_nothing(records, chance):
    """
    Any event may come again, anywhere later in the log, and is counted once (worked case 28).
    """
    again = records + [chance.choice(records) for _ in range(5)]

    once, twice = settled(records), settled(again)

    assert said(twice) == said(once)
    before, after = view_of(once).accounting(), view_of(twice).accounting()
    assert after.applied == before.applied
    assert after.duplicates + after.dead == before.duplicates + before.dead + 5


@LAW
@given(histories(), st.integers(1, 7))
def test_batch_boundaries_change_nothing(records, size):
    """
    The partition may be cut into batches anywhere.
    """
    assert numbers(settled(records, size)) == numbers(settled(records))


@LAW
@given(histories(), st.integers(0, 2**32))
def test_a_crash_at_any_write_changes_nothing(records, seed):
    """
    Whatever prefix of a batch's writes survives a crash, replaying from the last commit gives the same numbers.
    """
    chance = random.Random(seed)
    log = Log()
    records = numbered(records)
    committed = 0
    crashes = 0
    while committed < len(records):
        end = min(len(records), committed + chance.randint(1, 8))
        batch = records[committed:end]
        fate = chance.random()
        if fate < 0.3 and crashes < 20:
            crashes += 1
            log.apply(batch, keep_cells=chance.randint(0, 40), keep_journeys=0)
            log.open()
        elif fate < 0.5 and crashes < 20:
            crashes += 1
            log.apply(batch, keep_journeys=chance.randint(0, 3))
            log.open()
        elif fate < 0.6 and crashes < 20:
            crashes += 1
            log.apply(batch)  # all is written, but the commit is lost
            log.open()
        else:
            log.apply(batch)
            log.durable(batch)
            committed = end

    books = view_of(log).accounting()
    assert numbers(log) == numbers(settled(records))
    assert books.applied + books.duplicates + books.dead == len(records)


@LAW
@given(histories(span=40 * DAY), st.integers(1, 7))
def test_long_histories_survive_recovery(records, size):
    """
    Over weeks, with settled facts and late events, recovering between all batches changes nothing.
    """
    log = Log()
    records = numbered(records)
    for start in range(0, len(records), size):
        log.apply(records[start : start + size])
        log.open()

    now = START + 41 * DAY
    assert numbers(log, now) == numbers(settled(records, size), now)
