"""A lane: everything that happens to one source partition, one batch after the other.

The order is what makes a crash at any moment harmless: what shards send to each other durable, then cells, then
journeys, then the position that may be committed. Lanes run beside each other, so one folds while others wait for the
broker; within a lane nothing overlaps but the fetch of the next batch.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import nullcontext
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NoReturn

from stream_app.engine.dead_letters import letter
from stream_app.engine.failstop import fail_stop
from stream_app.engine.membership import LostPartitionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractContextManager

    from faust.types.tuples import TP

    from stream_app.engine.agent import AgentTables
    from stream_app.engine.batch import Batch
    from stream_app.engine.ledger import Ledger
    from stream_app.engine.manifest import Seal
    from stream_app.engine.membership import Membership
    from stream_app.engine.meters import PartitionMeter
    from stream_app.engine.outbox import Outbox
    from stream_app.engine.protocol import Changes, Entry, Partition, Shard
    from stream_app.engine.stamps import Merge

    Repairs = Sequence[tuple[Entry, int]]

logger = logging.getLogger(__name__)

_FIRST = itemgetter(0)
_PROBE_SECONDS = 600.0
"""Longest time without a write of a partition: the next one shows whether somebody else wrote. Must be well below the
hour (min.compaction.lag.ms) for which what is overwritten is kept."""


def _first_grave(entries: Sequence[Entry]) -> int:
    """Return the index of the first tombstone, 0 where there is none."""
    return next((index for index, (_, value) in enumerate(entries) if value is None), 0)


class Lane:
    """Folds the batches of one partition into its shard and makes the result durable."""

    def __init__(
        self,
        tp: TP,
        shard: Shard,
        tables: AgentTables,
        outbox: Outbox,
        ledger: Ledger,
        membership: Membership,
        meter: PartitionMeter,
        *,
        dead_letters_topic: str,
        stamp: int,
        complete: int = -1,
        seal: Seal | None = None,
        wall_clock: Callable[[], float] = time.time,
        exempting: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """Take the partition's shard; batches are folded within ``exempting``.

        ``stamp`` is the highest offset that its state has seen, ``complete`` the one up to which all of it was
        durable, or -1. With a seal, each flush ends with the manifests.
        """
        self.tp = tp
        self.meter = meter
        self.working_since: float | None = None
        """Monotonic time that the batch in work was taken; None between batches."""
        self._shard = shard
        self._tables = tables
        self._outbox = outbox
        self._ledger = ledger
        self._membership = membership
        self._dead_letters_topic = dead_letters_topic
        self.stamp = stamp
        """Highest source offset that the state has seen."""
        self.complete = complete
        """Source offset up to which cells and journeys are durable."""
        self._seal = seal
        self._wall_clock = wall_clock
        self._exempting = exempting
        self._wrote_at = time.monotonic()

    def entries(self) -> dict[str, Partition]:
        """Return the entries held in memory by table, for measuring; cells live in the shard, in a form of its own."""
        return {"journeys": self._tables.journeys.store.partition(self.tp.partition)}

    async def fold(self, batch: Batch) -> None:
        """Fold one batch and make it durable; ends the process if that cannot be done."""
        await self._guarded(self._fold(batch))

    async def idle(self, watermark: int) -> None:
        """Let the shard act on time alone, and make that durable."""
        await self._guarded(self._idle(watermark))

    async def take_over(
        self,
        generation: int,
        cells: tuple[int, int],
        journeys: tuple[int, int],
        repairs: tuple[Repairs, Repairs] = ((), ()),
    ) -> None:
        """Write manifests of both topics, each given as its stamp and its number of live entries, then repairs.

        Repairs are entries that an older one hides from the topic's readers. Raises LostPartitionError when
        another rebalance has come: then nobody here owns the partition any more.
        """
        self.working_since = time.monotonic()
        try:
            await self._sealed(cells, journeys, generation)
            await self._rewrite(*repairs, generation)
        except (asyncio.CancelledError, LostPartitionError):
            raise
        except Exception as error:  # noqa: BLE001 - nothing raised here may be skipped
            self._broken(error)
        finally:
            self.working_since = None

    async def mend(self, read: Callable[[TP], Awaitable[tuple[Merge, Merge]]]) -> None:
        """Where somebody else wrote into the state topics, write again what that hides from their readers.

        A worker that was frozen sends what it had queued when it wakes up, before it can ask whether it still owns
        the partition. Its entries are older than the ones here, and outvoted as long as both are in the topic.
        """
        number = self.tp.partition
        spec = self._tables.spec
        disturbed = [self._outbox.disturbed(topic, number) for topic in (spec.cells, spec.journeys)]
        if any(disturbed):
            await self._guarded(self._mend(read))

    async def _mend(self, read: Callable[[TP], Awaitable[tuple[Merge, Merge]]]) -> None:
        found = await read(self.tp)
        repairs = [merge.repairs() for merge in found]
        logger.warning(
            "%s/%d: somebody else wrote its state too, %d entries repaired",
            *(self.tp.topic, self.tp.partition, sum(map(len, repairs))),
        )
        generation = self._membership.generation
        await self._rewrite(repairs[0], repairs[1], generation)
        # What is buried in the topic and not here leaves with one of the next batches, and is not counted until then.
        cells, journeys = map(min, zip(self._shard.stored(), [len(merge.live) for merge in found], strict=True))
        await self._sealed((max(self.stamp, self.complete), cells), (self.complete, journeys), generation)

    async def _guarded(self, work: Awaitable[None]) -> None:
        self.working_since = time.monotonic()
        try:
            await work
        except asyncio.CancelledError:
            raise
        except LostPartitionError as error:
            fail_stop(f"this worker has lost a partition without being told in time: {error}")
        except Exception as error:  # noqa: BLE001 - nothing raised here may be skipped or acked
            self._broken(error)
        finally:
            self.working_since = None

    def _broken(self, error: Exception) -> NoReturn:
        fail_stop(
            f"folding {self.tp.topic}/{self.tp.partition} failed behind offset {self._ledger.position(self.tp)}; "
            "nothing of this batch was committed, it will be read again",
            error=error,
        )

    async def _fold(self, batch: Batch) -> None:
        started = time.perf_counter()
        records = batch.records
        position = self._ledger.position(self.tp)
        if position is not None:
            if batch.start > position:
                raise RuntimeError(f"records {position} to {batch.start - 1} were fetched and not folded")
            if batch.start < position:
                # Fetched again after a rebalance. The shard has folded them already.
                records = [record for record in records if record.offset >= position]
        if records:
            last = records[-1].offset
            with self._exempting():
                changes = self._shard.apply(records)
            # Where the last commit was lost, what comes again lies below what is durable.
            complete = max(last, self.complete)
            await self._flush(changes, complete, complete, batch.generation)
            self._shard.durable(complete)
            self.stamp = max(self.stamp, complete)
            self.complete = complete
            self.meter.batch(changes, time.perf_counter() - started)
        self._ledger.advance(self.tp, batch.end)
        self.meter.skipped(batch)

    async def _idle(self, watermark: int) -> None:
        changes = self._shard.idle(watermark)
        # Dated by what is complete: what lies between that and the stamp comes again, and may be newer.
        await self._flush(changes, self.complete, self.complete, self._membership.generation)
        self.meter.watermark = changes.watermark

    async def _flush(self, changes: Changes, last: int, complete: int, generation: int) -> None:
        """Make changes durable: forwards, then cells and dead letters, then journeys. Checks ownership before each.

        ``last`` dates the entries, ``complete`` is up to where all is durable once these are.
        """
        tables, number = self._tables, self.tp.partition
        changed_cells, changed_journeys = self._with_manifests(changes, max(last, self.stamp), complete)
        if changed_cells or changed_journeys:
            self._wrote_at = time.monotonic()
        if changes.forwards:
            # Before the cells, which may say that a journey is gone: then a replay does not send it again.
            await self._membership.require(self.tp, generation)
            await (await self._outbox.send(self.tp.topic, changes.forwards)).wait()
        if changed_cells or changes.dead:
            await self._membership.require(self.tp, generation)
            if graves := _first_grave(changed_cells):
                # A tombstone of a worker that was frozen may come late. What it relies on, the watermark, must lie
                # before it where the successor has read: then that has let the same panes go, and misses nothing.
                await (await tables.cells.write(number, changed_cells[:graves], last)).wait()
                await self._membership.require(self.tp, generation)
            cells = await tables.cells.write(number, changed_cells[graves:], last)
            dead = await self._outbox.send(
                self._dead_letters_topic,
                [letter(dead, self.tp, int(self._wall_clock() * 1000)) for dead in changes.dead],
            )
            await cells.wait()
            await dead.wait()
        if changed_journeys:
            await self._membership.require(self.tp, generation)
            journeys = await tables.journeys.write(number, changed_journeys, last)
            await journeys.wait()

    def _with_manifests(self, changes: Changes, known: int, complete: int) -> tuple[Sequence[Entry], Sequence[Entry]]:
        """Return the changed entries of both topics, with what each then says of itself at its end."""
        seal = self._seal
        # A batch that a crash has cut may change nothing when it comes again; that it is complete now is news.
        caught_up = self.complete < min(complete, self.stamp)
        silent = time.monotonic() - self._wrote_at > _PROBE_SECONDS
        if seal is None or not (changes.cells or changes.journeys or caught_up or silent):
            return changes.cells, changes.journeys
        cells, journeys = self._shard.stored()
        return [*changes.cells, seal.entry(known, cells)], [*changes.journeys, seal.entry(complete, journeys)]

    async def _sealed(self, cells: tuple[int, int], journeys: tuple[int, int], generation: int) -> None:
        assert self._seal is not None
        for table, (stamp, entries) in ((self._tables.cells, cells), (self._tables.journeys, journeys)):
            await self._membership.require(self.tp, generation)
            manifest = self._seal.entry(stamp, entries)
            await (await table.write(self.tp.partition, [manifest], stamp)).wait()

    async def _rewrite(self, cells: Repairs, journeys: Repairs, generation: int) -> None:
        for table, repairs in ((self._tables.cells, cells), (self._tables.journeys, journeys)):
            # A value carries its own stamp; a grave is given one, so those of one stamp travel together.
            values = [entry for entry, _ in repairs if entry[1] is not None]
            graves = sorted((stamp, entry) for entry, stamp in repairs if entry[1] is None)
            groups = [(0, values), *((stamp, [entry for _, entry in same]) for stamp, same in groupby(graves, _FIRST))]
            for stamp, entries in groups:
                if entries:
                    await self._membership.require(self.tp, generation)
                    await (await table.write(self.tp.partition, entries, stamp)).wait()
