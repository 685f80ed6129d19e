"""Which offset is committed, and where a partition continues."""

from __future__ import annotations

import pytest
from faust.types.tuples import TP

from stream_app.engine.ledger import Ledger

A, B = TP("t", 0), TP("t", 1)


def test_a_new_partition_continues_at_the_committed_offset():
    assert Ledger().resume({A: 10, B: None}) == {A: 10}


def test_a_partition_held_before_continues_behind_its_durable_batches():
    ledger = Ledger()
    ledger.resume({A: 10})
    ledger.advance(A, 25)
    assert ledger.resume({A: 10}) == {A: 25}


def test_it_never_continues_past_its_own_state():
    ledger = Ledger()
    ledger.resume({A: 10})
    with pytest.raises(RuntimeError, match="committed up to 11 by somebody else"):
        ledger.resume({A: 11})


def test_only_owned_partitions_that_moved_are_committed():
    ledger = Ledger()
    ledger.resume({A: 10, B: 10})
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
    ledger.resume({A: 10})
    ledger.advance(A, 20)
    ledger.forget(A)
    assert ledger.position(A) is None
    assert ledger.resume({A: 40}) == {A: 40}
