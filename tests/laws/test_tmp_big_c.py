"""Exactly-once laws of the cell store: any crashes, replays and batches leave the cells of one clean pass."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_app.measures import AGGREGATES, Aggregate, Window
from stream_app.measures.stamp import stamp_of
from tests.measures.world import (
    CELLS_ONLY,
    DAY,
    HOUR,
    MEASURES,
    MINUTE,
    START,
    WINDOWS,
    Event,
    Life,
    Oracle,
    Place,
    World,
    accounting,
    board,
    clocks,
    fold,
    history,
    merged,
    seen_by,
    stored,
    tick,
)

# Few values, so that contributions meet in the same cells and cancel there; steps of
# minutes to days, so that panes expire in the middle of a history.
TIMES = st.builds(
    lambda days, hours, minutes: START + days * DAY + hours * HOUR + minutes * MINUTE,
    st.sampled_from([0, 0, 0, 1, 40]),
    st.integers(0, 3),
    st.sampled_from([0, 1, 1, 30]),
)
EVENTS = st.builds(
    Event,
    st.integers(0, 3),
    TIMES,
    st.sampled_from(["web", "phone", "fair", "mail", None]),
    st.integers(0, 4),
)
LOGS = st.lists(EVENTS, min_size=1, max_size=25)
SHARES = st.just(CELLS_ONLY) | st.floats(0, 1)
BATCHES = st.lists(st.integers(1, 8), min_size=1, max_size=5).map(tuple)
LIVES = st.lists(st.builds(Life, st.integers(0, 10), BATCHES, SHARES, st.booleans()), max_size=4)
ZOMBIES = st.tuples(st.integers(0, 3), st.floats(0, 1))
HAUNTED = st.lists(st.builds(Life, st.integers(0, 10), BATCHES, SHARES, st.booleans(), ZOMBIES), min_size=1, max_size=4)


def expected(name: str, values: dict[int, int]) -> Aggregate:
    aggregate = AGGREGATES[MEASURES[name].kind]()
    for value, times in values.items():
        for _ in range(abs(times)):
            aggregate.add(value, 1 if times > 0 else -1)
    return aggregate


def cells_of(entries: dict[bytes, bytes]) -> dict[Place, tuple[int, Aggregate]]:
    found = {
        place: (offset, AGGREGATES[MEASURES[place[0]].kind].unpack(payload))
        for place, (offset, payload) in stored(entries).items()
    }
    return {place: cell for place, cell in found.items() if not cell[1].is_zero()}


def wanted(oracle: Oracle) -> dict[Place, tuple[int, Aggregate]]:
    return {place: (oracle.stamps[place], expected(place[0], figure)) for place, figure in oracle.figures().items()}


@settings(max_examples=4000)
@given(LOGS, LIVES)
def test_after_any_crashes_and_replays_the_topic_holds_what_one_clean_pass_makes(log, lives):
    world, oracle = World(log), Oracle(log)
    worker = history(world, lives)
    entries = merged(world.cells)
    assert cells_of(entries) == wanted(oracle)
    assert accounting(entries).applied == len(log)
    assert accounting(entries).watermark == oracle.watermark
    assert dict(clocks(entries)) == oracle.clocks
    assert entries == dict(worker.store.entries())


@settings(max_examples=4000)
@given(LOGS, LIVES)
def test_nothing_empty_or_expired_stays_behind(log, lives):
    world, oracle = World(log), Oracle(log)
    history(world, lives)
    entries = merged(world.cells)
    assert set(stored(entries)) == set(oracle.figures())
    assert sum(key.startswith(b'["k"') for key in entries) == len(oracle.clocks)


@settings(max_examples=4000)
@given(LOGS, HAUNTED)
def test_what_a_worker_writes_after_it_lost_the_partition_changes_nothing(log, lives):
    world, oracle = World(log), Oracle(log)
    history(world, lives)
    entries = merged(world.cells)
    found = {
        place: cell
        for place, cell in cells_of(entries).items()
        if place[0] == "places" or place[4] >= oracle.oldest[place[3]]
    }
    assert found == wanted(oracle)
    assert dict(clocks(entries)) == oracle.clocks


CROWDED = st.lists(
    st.builds(
        Event,
        st.integers(0, 2),
        st.sampled_from([START, START + 40 * DAY, START + 80 * DAY]),
        st.sampled_from("abc"),
        st.just(1),
    ),
    min_size=2,
    max_size=8,
)


@pytest.mark.parametrize("fold", [tick, fold], ids=["few entries", "many entries"])
@settings(max_examples=4000)
@given(log=CROWDED, lives=LIVES, cap=st.integers(1, 2))
def test_a_label_cap_moves_contributions_between_values_but_counts_each_once(fold, log, lives, cap):
    world, oracle = World(log, cap, fold), Oracle(log, fold)
    history(world, lives)
    found = cells_of(merged(world.cells))
    totals = {place: cell for place, cell in found.items() if not place[1]}
    assert totals == {place: cell for place, cell in wanted(oracle).items() if not place[1]}
    parts: dict[tuple[str, str, int], Aggregate] = {}
    for (name, label, _, code, index), (_, aggregate) in found.items():
        if label:
            parts.setdefault((name, code, index), AGGREGATES[MEASURES[name].kind]()).merge(aggregate)
    # Every event has a channel, so the values of the label together are the total.
    wholes = {(name, code, index): aggregate for (name, _, _, code, index), (_, aggregate) in totals.items()}
    assert {place: part for place, part in parts.items() if not part.is_zero()} == wholes


@settings(max_examples=4000)
@given(LOGS, LIVES, st.sampled_from([0, 1, 16, 61, 25 * 60]))
def test_a_board_that_read_it_all_shows_the_windows_of_the_clean_pass(log, lives, minutes):
    world, oracle = World(log), Oracle(log)
    history(world, lives)
    model = board(world)
    now = oracle.watermark + minutes * MINUTE
    model.advance(now)
    for name, measure in MEASURES.items():
        for label, word in (("", ""), ("channel", "web")):
            if name == "places":
                counts = {
                    place[4] * DAY: figure[1]
                    for place, figure in oracle.figures().items()
                    if place[:3] == (name, label, word)
                }
                assert model.stock(measure, (), label, word) == counts
                continue
            for window in WINDOWS:
                assert model.get(measure, window, (), label, word) == in_window(oracle, name, label, word, window, now)
    assert {clock.relationship for clock in model.clocks("reply")} == set(oracle.clocks)
    assert model.accounting().applied == len(log)


def in_window(oracle: Oracle, name: str, label: str, word: str, window: Window, now: int) -> Aggregate | None:
    values: Counter[int] = Counter()
    for place, seen in oracle.values.items():
        if place[:4] == (name, label, word, window.pane.code) and place[4] in window.span(now):
            values.update(seen)
    figure = seen_by(name, values)
    return expected(name, figure) if figure else None


@given(LOGS, LIVES)
def test_stamps_only_rise(log, lives):
    """A reader that keeps the higher stamp must never have to keep the older content."""
    world = World(log)
    history(world, lives)
    stamps: dict[bytes, int] = {}
    for key, value, _ in world.cells:
        if value is not None and key in stamps:
            assert stamp_of(value) >= stamps[key]
        stamps[key] = stamp_of(value) if value is not None else -1
