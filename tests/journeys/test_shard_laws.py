"""Laws of a shard: order, duplicates, batch boundaries and crashes change nothing."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream_app.journeys.families import MEASURES
from stream_app.journeys.shard import Shard
from stream_app.kpis import CATALOGUE, all_samples
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies
from tests.journeys.generated import HOUR, START, histories, numbered

POLICIES = Policies()
NOW = START + 30 * HOUR
LAW = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Log:
    """What a broker keeps of the two state topics, and a shard over it."""

    def __init__(self):
        self.cells, self.journeys = {}, {}
        self.open()

    def open(self):
        self.shard = Shard(0, POLICIES, dict(self.cells), dict(self.journeys))

    def apply(self, records, keep_cells=None, keep_journeys=None):
        """Fold a batch; only the first so many entries reach the broker, as in a crash."""
        changes = self.shard.apply(records)
        for store, entries, keep in (
            (self.cells, changes.cells, keep_cells),
            (self.journeys, changes.journeys, keep_journeys),
        ):
            for key, value in entries[:keep]:
                if value is None:
                    store.pop(key, None)
                else:
                    store[key] = value
        return changes


def view_of(cells):
    view = ReadModel([Window.parse(text) for text in POLICIES.windows], MEASURES)
    for key, value in cells.items():
        view.update(0, key, value)
    view.advance(NOW)
    return view


def numbers(cells):
    """Every number of every KPI, as text, so that floats compare as they print."""
    view = view_of(cells)
    samples = all_samples(view, CATALOGUE)
    return {
        (s.kpi, s.part, s.window, tuple(sorted(s.labels.items()))): (round(s.value, 9), s.n)
        for s in samples
        if s.value or s.n  # a breakdown whose last item left may still show its 0
    }


def settled(records, batch=1000):
    log = Log()
    records = numbered(records)
    for start in range(0, len(records), batch):
        log.apply(records[start : start + batch])
        log.shard.durable(records[start : start + batch][-1].offset)
    return log


@LAW
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_numbers(records, chance):
    """
    Within the lateness horizon, the numbers depend on the set of events, not on their order (worked case 28).
    """
    shuffled = records[:]
    chance.shuffle(shuffled)

    in_order = sorted(records, key=lambda record: record.value)

    assert numbers(settled(shuffled).cells) == numbers(settled(in_order).cells)


@LAW
@given(histories(), st.randoms(use_true_random=False))
def test_repeated_deliveries_change_nothing(records, chance):
    """
    Any event may come again, anywhere later in the log, and is counted once (worked case 28).
    """
    again = records + [chance.choice(records) for _ in range(5)]

    twice = settled(again)

    assert numbers(twice.cells) == numbers(settled(records).cells)
    assert view_of(twice.cells).accounting().duplicates == 5


@LAW
@given(histories(), st.integers(1, 7))
def test_batch_boundaries_change_nothing(records, size):
    """
    The partition may be cut into batches anywhere.
    """
    assert numbers(settled(records, size).cells) == numbers(settled(records).cells)


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
            log.shard.durable(batch[-1].offset)
            committed = end

    books = view_of(log.cells).accounting()
    assert numbers(log.cells) == numbers(settled(records).cells)
    assert books.applied + books.duplicates + books.dead == len(records)


@LAW
@given(histories())
def test_the_list_behind_a_number_is_as_long_as_the_number(records):
    """
    Waiting leads and the clocks behind them are the same things, in total and for every label (worked case 25).
    """
    view = view_of(settled(records).cells)
    clocks = list(view.clocks("lead_response"))

    for sample in CATALOGUE["leads_waiting"].samples(view):
        listed = [c for c in clocks if all(c.labels.get(name) == value for name, value in sample.labels.items())]
        assert sample.value == len(listed)


@LAW
@given(histories(span=24 * 40 * HOUR), st.integers(1, 7))
def test_long_histories_survive_recovery(records, size):
    """
    Over weeks, with settled facts and late events, recovering between all batches changes nothing.
    """
    log = Log()
    records = numbered(records)
    for start in range(0, len(records), size):
        log.apply(records[start : start + size])
        log.open()

    assert numbers(log.cells) == numbers(settled(records, size).cells)
