"""Every moment of a small trace: a crash there, a second crash in the recovery from it, and a worker frozen there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.faults.simulator.small import TRACE, Small, freeze, kill, late_assignment, late_tick, late_writes

MOMENTS = Small().moments()
TWO = Small(workers=("a", "b")).moments()


def test_the_trace_itself_is_right():
    assert Small().run() == []
    assert len(MOMENTS) > 20


@pytest.mark.parametrize("all_on_wire", [False, True], ids=["nothing more arrives", "what was sent arrives"])
@pytest.mark.parametrize("batches", [0, 400], ids=["record by record", "in batches"])
def test_a_crash_after_any_write_or_commit_costs_nothing(all_on_wire, batches):
    """(fault 1) (fault 2) (fault 3)"""
    for moment in Small(batches=batches).moments():
        small = Small(all_on_wire=all_on_wire, batches=batches)
        assert small.run({moment: kill()}) == [], f"crash before step {moment}"


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("batch", range(1, len(TRACE) + 1))
def test_a_crash_at_any_await_of_any_batch_size_costs_nothing(batch):
    """(fault 1) (fault 2) (fault 3)"""
    whole = Small(batch=batch)
    assert whole.run() == []
    for step in range(whole.world.steps):
        assert Small(batch=batch).run({step: kill()}) == [], f"crash before step {step}"


def twice(first: int, later: int, *, all_on_wire: bool) -> list[str]:
    return Small(all_on_wire=all_on_wire).run({first: kill(), first + later: kill()})


def test_a_second_crash_while_recovering_from_the_first_costs_nothing():
    """(fault 1)"""
    for first in MOMENTS[::7]:
        for later in range(20, 200, 45):
            assert twice(first, later, all_on_wire=bool(first % 2)) == [], f"crashes before {first}, {first + later}"


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("all_on_wire", [False, True], ids=["nothing more arrives", "what was sent arrives"])
def test_any_two_crashes_cost_nothing(all_on_wire):
    """(fault 1)"""
    for first in MOMENTS[::2]:
        for later in range(1, 240, 5):
            assert twice(first, later, all_on_wire=all_on_wire) == [], f"crashes before {first}, {first + later}"


def frozen(step: int, seconds: float, *, all_on_wire: bool) -> list[str]:
    return Small(workers=("a", "b"), all_on_wire=all_on_wire).run({step: freeze("a", seconds)})


def test_a_worker_frozen_at_any_write_and_woken_later_harms_nothing():
    """(fault 8)"""
    for number, step in enumerate(TWO[::3]):
        assert frozen(step, (5.0, 11.0, 40.0)[number % 3], all_on_wire=bool(number % 2)) == [], f"before step {step}"


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seconds", [5.0, 10.0, 10.2, 11.0, 13.0, 40.0])
@pytest.mark.parametrize("all_on_wire", [False, True], ids=["nothing more arrives", "what was sent arrives"])
def test_a_worker_frozen_anywhere_for_any_time_harms_nothing(seconds, all_on_wire):
    """(fault 8)"""
    for step in range(TWO[-1] + 1):
        assert frozen(step, seconds, all_on_wire=all_on_wire) == [], f"before step {step}"


def test_what_a_frozen_worker_writes_late_is_outvoted():
    """(fault 8)"""
    for write in range(1, 60, 9):
        assert late_writes(write) == [], f"frozen at write {write}"


def test_an_assignment_that_is_seen_when_it_is_somebody_elses_harms_nothing():
    """(fault 8)"""
    assert late_assignment() == []


def test_panes_that_a_frozen_worker_buries_late_are_not_missed():
    """(fault 8) (fault 22)"""
    for write in range(1, 18, 4):
        assert late_tick(write) == [], f"frozen at write {write} of the tick"


def test_what_a_frozen_worker_writes_late_is_overwritten_before_compaction_hides_the_better():
    """(fault 8)"""
    for write in range(5, 60, 13):
        assert late_writes(write, compacted=True) == [], f"frozen at write {write}"


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("compacted", [False, True])
def test_what_a_worker_frozen_at_any_write_writes_late_harms_nothing(compacted):
    """(fault 8)"""
    for write in range(1, 90):
        assert late_writes(write, compacted=compacted) == [], f"frozen at write {write}"


PAIR = (TRACE[0], replace(TRACE[1], partition=1), TRACE[2])
"""Two lives in two partitions: with two workers, everything has something that it may overtake."""


def pair() -> Small:
    return Small(PAIR, workers=("a", "b"), partitions=2)


def other_orders(turns: dict[int, int], within: int | None = None) -> Iterator[dict[int, int]]:
    """Yield every order with one turn more than these, that many forks behind the last of them at most."""
    told = pair().in_turn(turns)
    assert told.run() == [], f"in turn {turns}"
    later = [(step, several) for step, several in told.world.forks.items() if step > max(turns, default=0)]
    for step, several in later[:within]:
        yield from ({**turns, step: other} for other in range(1, several))


def test_something_else_goes_first():
    """(fault 5)"""
    for turns in [*other_orders({})][::9]:
        assert pair().in_turn(turns).run() == [], f"in turn {turns}"


@pytest.mark.long
@pytest.mark.timeout(0)
def test_every_order_with_one_turn_and_close_ones_with_two(faults_minutes, record_property):
    """(fault 5)

    All interleavings of a small trace are too many to try. Those that differ from the plain one in a single turn are
    all tried, those with a second turn within the next 20 forks until a tenth of the time is over.
    """
    until, done = time.monotonic() + faults_minutes * 6, 0
    orders = [*other_orders({})]
    for turns in orders:
        if time.monotonic() < until:
            for both in other_orders(turns, within=20):
                assert pair().in_turn(both).run() == [], f"in turn {both}"
                done += 1
        else:
            assert pair().in_turn(turns).run() == [], f"in turn {turns}"
        done += 1
    record_property("did", f"{done:,} orders of a small trace")
