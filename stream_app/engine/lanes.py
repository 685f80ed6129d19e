"""All lanes of this worker: who may take a batch, when all is quiet, what a rebalance leaves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING

from stream_app.engine.failstop import fail_stop
from stream_app.engine.lane import Lane
from stream_app.engine.membership import LostPartitionError
from stream_app.engine.meters import PartitionMeter
from stream_app.engine.restore import restore

if TYPE_CHECKING:
    from faust.types.tuples import TP

    from stream_app.engine.app import EngineApp
    from stream_app.engine.batch import Batch
    from stream_app.engine.manifest import Seal
    from stream_app.engine.stamps import Merge

logger = logging.getLogger(__name__)

ROOM = 2
"""Batches of one partition past the fetch: one being folded, one that waits for its turn."""


class _Track:
    """A lane with its queue and the task that works it off."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.waiting: asyncio.Queue[Batch] = asyncio.Queue()
        self.fetched = 0
        self.task: asyncio.Task[None] | None = None


class Lanes:
    """The lanes of the partitions held here."""

    def __init__(self, app: EngineApp) -> None:
        self._app = app
        self._tracks: dict[TP, _Track] = {}
        self._paused = True
        self._changed = asyncio.Event()

    def holds(self, tp: TP) -> bool:
        """Say whether the partition's state is here and current."""
        return tp in self._tracks

    def stamp(self, tp: TP) -> int:
        """Return the highest source offset that the partition's state has seen, or -1."""
        track = self._tracks.get(tp)
        return -1 if track is None else track.lane.stamp

    def items(self) -> list[tuple[TP, Lane]]:
        """Return the partitions held here with their lanes."""
        return [(tp, track.lane) for tp, track in sorted(self._tracks.items())]

    def complete(self, tp: TP) -> int:
        """Return the source offset up to which the partition's state is durable in both topics, or -1."""
        track = self._tracks.get(tp)
        return -1 if track is None else track.lane.complete

    async def open(self, tp: TP, generation: int, cells: Merge, journeys: Merge, seal: Seal) -> None:
        """Open a lane with recovered state; writes what an older entry hides, and manifests of a new term."""
        app = self._app
        sealed = [
            (-1 if merge.manifest is None else merge.manifest.stamp, len(merge.live)) for merge in (cells, journeys)
        ]
        repairs = cells.repairs(), journeys.repairs()
        tables = app.agents_by_topic[tp.topic]
        # A shard may empty or keep its dicts as it likes: the store shows what is left in them.
        tables.cells.store.adopt(tp.partition, cells.live)
        tables.journeys.store.adopt(tp.partition, journeys.live)
        try:
            shard = tables.spec.open_shard(tp.partition, cells.live, journeys.live)
        except Exception as error:  # noqa: BLE001 - no shard, no counting
            fail_stop(f"the recovered state of {tp.topic}/{tp.partition} cannot be read", error=error)
        # What may leave the topic by now, leaves with the first batch, or when the partition is idle.
        shard.durable(sealed[1][0])
        lane = Lane(
            tp,
            shard,
            tables,
            app.outbox,
            app.ledger,
            app.membership,
            PartitionMeter(app.meters),
            dead_letters_topic=app.settings.dead_letters_topic,
            stamp=max(cells.highest, journeys.highest),
            complete=sealed[1][0],
            seal=seal,
            exempting=app.collector.exempting,
        )
        app.outbox.continues(tables.spec.cells, tp.partition, cells.end)
        app.outbox.continues(tables.spec.journeys, tp.partition, journeys.end)
        if any(repairs):
            logger.warning("%s/%d: %d entries to repair", tp.topic, tp.partition, sum(map(len, repairs)))
        try:
            await lane.take_over(generation, sealed[0], sealed[1], repairs)
        except LostPartitionError as error:
            if app.membership.generation == generation:
                fail_stop(f"this worker has lost a partition without being told in time: {error}")
        if app.membership.generation != generation:  # another rebalance came, and what was read may be old
            tables.cells.store.drop(tp.partition)
            tables.journeys.store.drop(tp.partition)
            return
        track = self._tracks[tp] = _Track(lane)
        track.task = asyncio.get_running_loop().create_task(self._work(track), name=f"lane {tp}")

    async def _work(self, track: _Track) -> None:
        while True:
            try:
                async with asyncio.timeout(self._app.settings.idle_interval):
                    batch = await track.waiting.get()
            except TimeoutError:
                if not self._paused:
                    await track.lane.idle(self._now())
                    await track.lane.mend(self._read_back)
                continue
            try:
                if not self._paused:
                    await track.lane.fold(batch)
                    await track.lane.mend(self._read_back)
            finally:
                track.fetched = max(0, track.fetched - 1)
                self._changed.set()

    async def _read_back(self, tp: TP) -> tuple[Merge, Merge]:
        """Read cells and journeys of a partition once more."""
        app, cancelled = self._app, threading.Event()
        spec, number = app.agents_by_topic[tp.topic].spec, tp.partition
        wanted = [(spec.cells, number), (spec.journeys, number)]
        try:
            merges = await asyncio.get_running_loop().run_in_executor(None, restore, app.settings, wanted, cancelled)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return merges[wanted[0]], merges[wanted[1]]

    def _now(self) -> int:
        """Return the time that idle partitions are told, ms: the newest event time of all that are held here.

        Not the wall clock: a silent CRM would look alive, and one worker's wrong clock would clear panes.
        """
        return max((track.lane.meter.watermark or 0 for track in self._tracks.values()), default=0)

    def submit(self, batch: Batch) -> None:
        """Queue a batch. One that arrives during a rebalance is dropped: its partition is sought again."""
        track = self._tracks.get(batch.tp)
        if track is not None and not self._paused:
            track.waiting.put_nowait(batch)

    def fetched(self, tp: TP) -> None:
        """Note that a batch is on its way to the lane."""
        track = self._tracks.get(tp)
        if track is not None:
            track.fetched += 1

    def with_room(self, partitions: set[TP]) -> tuple[set[TP], bool]:
        """Return the partitions whose lanes can take one more batch, and whether those are all."""
        self._changed.clear()
        having = {tp for tp in partitions if (track := self._tracks.get(tp)) and track.fetched < ROOM}
        return having, len(having) == len(partitions)

    async def wait_for_room(self, timeout: float) -> None:  # noqa: ASYNC109 - a timeout is no error here
        """Wait until a lane has finished a batch, or for so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._changed.wait()

    async def quiesce(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109
        """Take no more batches, drop the waiting ones, and wait for those in work.

        Returns False when that took longer than ``timeout`` seconds.
        """
        self._paused = True
        for track in self._tracks.values():
            while not track.waiting.empty():
                track.waiting.get_nowait()
        deadline = None if timeout is None else time.monotonic() + timeout
        while any(track.lane.working_since is not None for track in self._tracks.values()):
            if deadline is not None and time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.005)
        return True

    def keep(self, assigned: set[TP]) -> None:
        """Drop the state of all partitions but these."""
        for tp in [tp for tp in self._tracks if tp not in assigned]:
            track = self._tracks.pop(tp)
            if track.task is not None:
                track.task.cancel()
            tables = self._app.agents_by_topic[tp.topic]
            tables.cells.store.drop(tp.partition)
            tables.journeys.store.drop(tp.partition)
            self._app.ledger.forget(tp)

    def resume(self) -> None:
        """Take batches again after a rebalance; nothing fetched before it counts."""
        for track in self._tracks.values():
            track.fetched = 0
        self._paused = False
        self._changed.set()
