"""Python's collector by the clock: never because of how much was allocated, soon after a rebalance."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from stream_app.engine.collector import Collector


class Ring:
    """Refers to itself, as a shard that was given up does."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def collector():
    made = Collector(seconds=3600)
    yield made
    made.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_what_was_given_up_goes_when_asked_for_and_not_before(collector):
    async def run() -> None:
        collector.start()
        gone = weakref.ref(Ring())
        allocated: list[list[int]] = [[] for _ in range(200_000)]
        await asyncio.sleep(0.01)
        assert gone() is not None, "Python's own rule is still in force"
        collector.soon()
        await asyncio.sleep(0.01)
        assert gone() is None
        assert len(allocated) == 200_000

    asyncio.run(run())


def test_it_goes_by_the_clock_too():
    async def run() -> None:
        often = Collector(seconds=0.01)
        often.start()
        gone = asyncio.Event()
        weakref.finalize(Ring(), gone.set)
        try:
            async with asyncio.timeout(10):
                await gone.wait()
        finally:
            often.stop()

    asyncio.run(run())
