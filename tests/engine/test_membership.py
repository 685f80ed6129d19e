"""When a worker may write for a partition."""

from __future__ import annotations

import asyncio

import pytest
from faust.types.tuples import TP

from stream_app.engine.membership import LostPartitionError, Membership

MINE, OTHER = TP("t", 0), TP("t", 1)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def member(clock: Clock) -> Membership:
    member = Membership(10, clock)
    member.join(4, {MINE})
    return member


async def test_an_owned_partition_may_be_written(member):
    await member.require(MINE, 4)


@pytest.mark.parametrize(("tp", "generation"), [(MINE, 3), (MINE, 5), (OTHER, 4)])
async def test_another_generation_or_partition_is_lost(member, tp, generation):
    with pytest.raises(LostPartitionError):
        await member.require(tp, generation)


async def test_after_a_silence_it_waits_for_the_next_heartbeat(member, clock):
    clock.now = 11
    waiting = asyncio.ensure_future(member.require(MINE, 4))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    member.confirm(11)
    await asyncio.wait_for(waiting, 1)


async def test_a_heartbeat_of_a_later_generation_says_nothing_of_what_was_held_before(member, clock):
    clock.now = 9
    member.confirm(9, 5)
    waiting = asyncio.ensure_future(member.require(MINE, 4))
    await asyncio.sleep(0.1)
    assert not waiting.done(), "a worker that stops hears no more what the group gives and takes"
    assert member.silence == 9
    member.join(5, {MINE})
    with pytest.raises(LostPartitionError):
        await waiting
    await member.require(MINE, 5)


@pytest.mark.parametrize("asked_at", [1, None], ids=["asked for long ago", "nobody heard when"])
async def test_an_assignment_that_may_be_old_waits_for_a_heartbeat(member, clock, asked_at):
    """The answer waits in a paused process, until the partition is somebody else's."""
    if asked_at is not None:
        member.confirm(asked_at, 5)
    clock.now = 12
    member.join(5, {MINE})
    waiting = asyncio.ensure_future(member.require(MINE, 5))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    member.confirm(12, 5)
    await asyncio.wait_for(waiting, 1)


async def test_an_assignment_that_was_just_asked_for_needs_none(member, clock):
    member.confirm(11, 5)
    clock.now = 12
    member.join(5, {MINE})
    await asyncio.wait_for(member.require(MINE, 5), 1)


async def test_generations_may_begin_anew(member):
    member.confirm(0, 9)
    member.join(1, {MINE})
    await member.require(MINE, 1)


async def test_a_lapsed_session_that_is_asked_to_give_up_is_lost(member, clock):
    clock.now = 11
    waiting = asyncio.ensure_future(member.require(MINE, 4))
    await asyncio.sleep(0)
    member.leave()
    with pytest.raises(LostPartitionError, match="lapsed for 11 s"):
        await waiting


async def test_a_living_session_that_is_asked_to_give_up_may_finish(member, clock):
    clock.now = 9
    member.leave()
    await member.require(MINE, 4)


@pytest.mark.parametrize(("generation", "continuous"), [(5, True), (6, False), (4, False), (1, False)])
def test_state_stays_current_only_over_directly_following_generations(member, generation, continuous):
    assert member.join(generation, {MINE}) is continuous
