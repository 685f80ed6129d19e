"""Python's collector: what a batch leaves is exempt until the next look at everything, what comes after is not."""

from __future__ import annotations

import asyncio
import gc
import weakref

from stream_app.engine.collector import Collector


class Ring:
    """Refers to itself, as a shard that was given up does."""

    def __init__(self) -> None:
        self.me = self


def allocate() -> list[list[int]]:
    """Make so many objects that Python looks for cycles."""
    return [[] for _ in range(200_000)]


def test_what_a_batch_leaves_is_exempt_until_it_is_asked_for():
    async def run() -> None:
        collector = Collector(seconds=3600)
        collector.start()
        try:
            await asyncio.sleep(0)
            before = weakref.ref(Ring())
            with collector.exempting():
                within = weakref.ref(Ring())
            assert before() is None, "what an outage leaves between batches would pile up"
            after = weakref.ref(Ring())
            assert len(allocate()) == 200_000
            assert after() is None, "what an outage leaves without a batch would pile up"
            assert within() is not None
            collector.soon()
            await asyncio.sleep(0.01)
            assert within() is None
        finally:
            collector.stop()

    asyncio.run(run())
    assert gc.get_freeze_count() == 0


def test_it_looks_through_everything_by_the_clock_too():
    async def run() -> None:
        collector = Collector(seconds=0.01)
        collector.start()
        gone = asyncio.Event()
        with collector.exempting():
            weakref.finalize(Ring(), gone.set)
        try:
            async with asyncio.timeout(10):
                await gone.wait()
        finally:
            collector.stop()

    asyncio.run(run())


def test_without_a_worker_nothing_is_exempt():
    with Collector().exempting():
        pass
    assert gc.get_freeze_count() == 0
