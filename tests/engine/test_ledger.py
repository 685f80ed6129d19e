"""Which offset is committed, and where a partition continues."""

from __future__ import annotations

import pytest
from faust.types.tuples import TP

from stream_app.engine.ledger import Ledger

A, B = TP("t", 0), TP("t", 1)


SEEN = {A: 99, B: 99}


@pytest.mark.parametrize(
    ("committed", "stamp", "start"),
    [
        pytest.param(10, 9, 10, id="at the committed offset"),
        pytest.param(10, 14, 10, id="at the committed offset though its state has seen more"),
        pytest.param(10, 6, 7, id="not past what its state has seen"),
        pytest.param(10, -1, None, id="at the beginning when its state is empty"),
        pytest.param(None, -1, None, id="at the beginning when nothing is committed"),
        pytest.param(None, 9, None, id="at the beginning when the group has forgotten its offset"),
    ],
)
def test_a_partition_that_is_new_here_starts(committed, stamp, start):
    assert Ledger().resume({A: committed}, {A: stamp}).get(A) == start


def test_reading_history_again_survives_a_rebalance_and_commits_only_what_is_new():
    ledger = Ledger()
    ledger.resume({A: 10}, {A: -1})
    ledger.begin({A: 0})
    ledger.advance(A, 4)
    assert ledger.resume({A: 10}, {A: 3}) == {A: 4}
    assert ledger.uncommitted({A}) == {}
    ledger.advance(A, 11)
    assert ledger.uncommitted({A}) == {A: 11}


def test_a_partition_held_before_continues_behind_its_durable_batches():
    ledger = Ledger()
    ledger.resume({A: 10}, SEEN)
    ledger.advance(A, 25)
    assert ledger.resume({A: 10}, SEEN) == {A: 25}


def test_it_never_continues_past_its_own_state():
    ledger = Ledger()
    ledger.resume({A: 10}, SEEN)
    with pytest.raises(RuntimeError, match="committed up to 11 by somebody else"):
        ledger.resume({A: 11}, SEEN)


def test_only_owned_partitions_that_moved_are_committed():
    ledger = Ledger()
    ledger.resume({A: 10, B: 10}, SEEN)
    ledger.advance(A, 20)
    ledger.advance(B, 30)
    assert ledger.uncommitted({A}) == {A: 20}
    ledger.committed({A: 20})
    assert ledger.uncommitted({A, B}) == {B: 30}


def test_positions_never_move_back():
    ledger = Ledger()
    ledger.advance(A, 20)
    ledger.advance(A, 5)
    assert ledger.position(A) == 20


def test_a_partition_given_up_is_forgotten():
    ledger = Ledger()
    ledger.resume({A: 10}, SEEN)
    ledger.advance(A, 20)
    ledger.forget(A)
    assert ledger.position(A) is None
    assert ledger.resume({A: 40}, SEEN) == {A: 40}
