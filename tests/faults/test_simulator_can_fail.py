"""The engine broken on purpose, one rule at a time: the simulator must notice each, or it proves nothing."""

from __future__ import annotations

import pytest

from stream_app.engine import lane as lane_module
from stream_app.engine.lane import Lane
from stream_app.engine.lanes import Lanes
from stream_app.engine.ledger import Ledger
from stream_app.engine.manifest import Manifest
from stream_app.engine.membership import Membership
from stream_app.engine.outbox import Delivery
from stream_app.engine.stamps import Merge
from stream_app.journeys.opened import Opened
from stream_app.measures.store import CellStore
from tests.faults.simulator import chaos
from tests.faults.simulator.small import (
    CANCELLING,
    TRACE,
    Small,
    kill,
    late_assignment,
    late_tick,
    late_writes,
    moved_and_back,
)

_SEEDS = (*range(40), 273, 664)
"""Of random runs; in the last two a zombie writes its manifest over the owner's, as in one run of two hundred."""


def caught_at_once() -> bool:
    """Say whether a small trace with a late write or a move shows it."""
    return bool(
        moved_and_back()
        or late_tick(5)
        or late_assignment()
        or any(late_writes(write, compacted=bool(write % 2)) for write in (2, 11, 20, 33))
    )


def caught() -> bool:
    """Say whether those, small traces with crashes, or else one of a few random runs show it."""
    if caught_at_once():
        return True
    for lines, every in ((TRACE, 8), (CANCELLING, 2)):
        for moment in Small(lines).moments()[1::every]:
            if Small(lines, all_on_wire=bool(moment % 2)).run({moment: kill()}):
                return True
    if any(Small(CANCELLING).run({moment: kill()}) for moment in Small(CANCELLING).moments()):
        return True
    return any(chaos.run(chaos.plan(seed)).problems for seed in _SEEDS)


async def _no_wait(_self):
    """Do not wait."""


def commit_before_flush(patch):
    flush = Lane._flush

    async def early(self, changes, last, complete, generation):
        self._ledger.advance(self.tp, last + 1)
        await flush(self, changes, last, complete, generation)

    patch.setattr(Lane, "_flush", early)


def no_waiting_for_acks(patch):
    patch.setattr(Delivery, "wait", _no_wait)


def journeys_before_cells(patch):
    flush = Lane._flush

    async def reversed_(self, changes, last, complete, generation):
        number = self.tp.partition
        await (await self._tables.journeys.write(number, changes.journeys, last)).wait()
        await flush(self, changes, last, complete, generation)

    patch.setattr(Lane, "_flush", reversed_)


def no_stamp_check(patch):
    patch.setattr(CellStore, "_replay", _as_new)


def _as_new(store, measure, at, value, dims, labels, weight, offset):
    before, store._replay_until = store._replay_until, -1
    store.contribute(measure, at, value, dims, labels, offset, weight)
    store._replay_until = before


def journeys_forget_their_stamp(patch):
    opened = Opened.__init__

    def unstamped(self, *known, **more):
        opened(self, *known, **more)
        self.stamp = -1

    patch.setattr(Opened, "__init__", unstamped)
    patch.setattr(Opened, "knows", lambda _self, _id: False)


def the_last_write_wins(patch):
    def value(self, key, stored):
        self.records += 1
        self.highest = max(self.highest, int.from_bytes(stored[:8], "big"))
        self.live[key] = stored

    patch.setattr(Merge, "value", value)


def state_of_the_first_value(patch):
    def value(self, key, stored):
        self.records += 1
        self.highest = max(self.highest, int.from_bytes(stored[:8], "big"))
        self.live.setdefault(key, stored)

    patch.setattr(Merge, "value", value)


def part_of_a_flush_is_enough(patch):
    def report(self, _error, _message):
        self._left -= 1
        self._loop.call_soon_threadsafe(self._finish)

    patch.setattr(Delivery, "__call__", report)


def the_ledger_skips(patch):
    advance = Ledger.advance
    patch.setattr(Ledger, "advance", lambda self, tp, position: advance(self, tp, position + 1))


def dead_letters_are_not_sent(patch):
    flush = Lane._flush

    async def silent(self, changes, last, complete, generation):
        changes.dead = []
        await flush(self, changes, last, complete, generation)

    patch.setattr(Lane, "_flush", silent)


def state_is_kept_that_others_went_on_with(patch):
    patch.setattr(Lanes, "keep", lambda _self, _assigned: None)


def late_writes_are_not_mended(patch):
    async def nothing(_self, _read):
        """Leave what others wrote."""

    patch.setattr(Lane, "mend", nothing)


def the_last_manifest_holds(patch):
    patch.setattr(Manifest, "outranks", lambda _self, _other: True)


def tombstones_with_the_watermark(patch):
    patch.setattr(lane_module, "_first_grave", lambda _entries: 0)


def tombstones_before_durable(patch):
    durable = CellStore.durable
    patch.setattr(CellStore, "durable", lambda self, offset: durable(self, offset + 1))


def an_assignment_is_as_young_as_its_answer(patch):
    join = Membership.join

    def at_once(self, generation, assigned):
        continuous = join(self, generation, assigned)
        self.confirm(self._clock())
        return continuous

    patch.setattr(Membership, "join", at_once)


QUICK = [
    journeys_before_cells,
    the_ledger_skips,
    late_writes_are_not_mended,
    tombstones_with_the_watermark,
    state_is_kept_that_others_went_on_with,
    an_assignment_is_as_young_as_its_answer,
]
SLOW = [
    commit_before_flush, no_waiting_for_acks, no_stamp_check, state_of_the_first_value, part_of_a_flush_is_enough,
    journeys_forget_their_stamp, dead_letters_are_not_sent, the_last_write_wins,
    the_last_manifest_holds, tombstones_before_durable,
]  # fmt: skip


def test_the_sound_engine_is_not_caught_at_once():
    assert not caught_at_once()


@pytest.mark.long
def test_the_sound_engine_is_not_caught():
    assert not caught()


@pytest.mark.parametrize("break_it", QUICK, ids=lambda one: one.__name__)
def test_a_broken_engine_is_caught(break_it, monkeypatch):
    break_it(monkeypatch)
    assert caught()


@pytest.mark.long
@pytest.mark.parametrize("break_it", SLOW, ids=lambda one: one.__name__)
def test_an_engine_broken_less_plainly_is_caught(break_it, monkeypatch):
    break_it(monkeypatch)
    assert caught()
