"""What the lanes of a worker tell each other."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types.tuples import TP

from stream_app.engine.lanes import Lanes, _Track


class Silent:
    """A lane without records, which notes what time it is told."""

    working_since = None

    def __init__(self, watermark: int | None) -> None:
        self.meter = SimpleNamespace(watermark=watermark)
        self.told: list[int] = []

    async def idle(self, watermark: int) -> None:
        self.told.append(watermark)


@pytest.mark.parametrize("clock", ["live", "watermark"])
async def test_an_idle_partition_is_told_the_newest_event_time_and_not_the_wall_clock(clock):
    """
    The watermark is published: with the wall clock in it, a CRM that has gone silent would look alive.
    """
    app: Any = SimpleNamespace(settings=SimpleNamespace(idle_interval=0.01, clock=clock))
    lanes, silent = Lanes(app), Silent(None)
    lanes._paused = False
    for number, lane in enumerate((Silent(5_000), silent, Silent(7_000))):
        lanes._tracks[TP("events", number)] = _Track(lane)  # type: ignore[arg-type]
    work = asyncio.create_task(lanes._work(lanes._tracks[TP("events", 1)]))
    await asyncio.sleep(0.1)
    work.cancel()
    assert set(silent.told) == {7_000}
