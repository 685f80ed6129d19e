"""The engine broken on purpose, one rule at a time: the simulator must notice each, or it proves nothing."""

from __future__ import annotations

import pytest

from stream_app.engine.lane import Lane
from stream_app.engine.ledger import Ledger
from stream_app.engine.membership import Membership
from stream_app.engine.outbox import Delivery
from stream_app.engine.stamps import Merge
from stream_app.journeys import shard as shard_module
from stream_app.measures.store import CellStore
from tests.faults.simulator import chaos
from tests.faults.simulator.small import Small, kill, late_writes

_ATTEMPTS = 40


def caught() -> bool:
    """Say whether late writes, crashes at moments of a small trace, or else one of a few random runs show it."""
    if any(late_writes(write) for write in (2, 11, 20)):
        return True
    moments = Small().moments()
    if any(Small(all_on_wire=bool(moment % 2)).run({moment: kill()}) for moment in moments[1::8]):
        return True
    return any(chaos.run(chaos.plan(seed)).problems for seed in range(_ATTEMPTS))


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


def _as_new(store, *arguments):
    before, store._replay_until = store._replay_until, -1
    store.contribute(*arguments)
    store._replay_until = before


def journeys_forget_their_stamp(patch):
    opened = shard_module._Open.__init__

    def unstamped(self, name, stored):
        opened(self, name, stored)
        self.stamp = -1
        self.journey.knows = lambda _id: False

    patch.setattr(shard_module._Open, "__init__", unstamped)


def no_ownership_check(patch):
    async def sure(self, tp, generation):
        """Be sure."""

    patch.setattr(Membership, "require", sure)


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


QUICK = [journeys_before_cells, the_ledger_skips, dead_letters_are_not_sent, the_last_write_wins]
SLOW = [
    commit_before_flush, no_waiting_for_acks, no_stamp_check, state_of_the_first_value, part_of_a_flush_is_enough,
    journeys_forget_their_stamp, no_ownership_check,
]  # fmt: skip


@pytest.mark.parametrize("break_it", QUICK, ids=lambda one: one.__name__)
def test_a_broken_engine_is_caught(break_it, monkeypatch):
    break_it(monkeypatch)
    assert caught()


@pytest.mark.long
@pytest.mark.parametrize("break_it", SLOW, ids=lambda one: one.__name__)
def test_an_engine_broken_less_plainly_is_caught(break_it, monkeypatch):
    break_it(monkeypatch)
    assert caught()
