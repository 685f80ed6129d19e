"""The order of things inside a lane, with a broker that acknowledges only when told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from faust.types.tuples import TP

from stream_app.engine import failstop
from stream_app.engine import lane as lane_module
from stream_app.engine.agent import AgentTables
from stream_app.engine.batch import Batch
from stream_app.engine.lane import Lane
from stream_app.engine.ledger import Ledger
from stream_app.engine.membership import Membership
from stream_app.engine.meters import Meters, PartitionMeter
from tests.engine.counting import Counted, CountingShard

HERE = TP("events", 0)


@dataclass
class Event:
    offset: int
    key: bytes = b"a"
    value: bytes = b"event"
    headers: tuple[()] = ()
    timestamp: int = 1_000


class FakeTable:
    """Records what is written; a write is acknowledged by ``ack`` unless it acknowledges at once."""

    def __init__(self, name, journal, *, at_once=True):
        self.name, self.journal, self.at_once = name, journal, at_once
        self.acks: list[asyncio.Event] = []

    async def write(self, _partition, entries, stamp):
        return self._sent([(key, stamp if value is None else value) for key, value in entries])

    async def send(self, _topic, records):
        return self._sent([key for key, _, _ in records])

    def _sent(self, content):
        if content:
            self.journal.append((self.name, len(content)))
        acked = asyncio.Event()
        self.acks.append(acked)
        if self.at_once or not content:
            acked.set()

        class Delivery:
            wait = acked.wait

        return Delivery()


class Stopped(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def stopped(monkeypatch):
    def stop(reason, *, error=None):
        raise Stopped(reason) from error

    monkeypatch.setattr(lane_module, "fail_stop", stop)


class Bench:
    """A lane with fakes around it."""

    def __init__(self, shard=None, *, at_once=True):
        self.journal: list[tuple[str, int]] = []
        self.cells = FakeTable("cells", self.journal, at_once=at_once)
        self.journeys = FakeTable("journeys", self.journal, at_once=at_once)
        self.outbox = FakeTable("dead", self.journal, at_once=at_once)
        self.ledger = Ledger()
        self.membership = Membership(10)
        self.membership.join(0, {HERE})
        self.meters = Meters()
        self.shard = shard or CountingShard(0, {}, {})
        self.lane = Lane(
            HERE,
            self.shard,
            AgentTables(None, self.cells, self.journeys),  # type: ignore[arg-type]
            self.outbox,  # type: ignore[arg-type]
            self.ledger,
            self.membership,
            PartitionMeter(self.meters),
            dead_letters_topic="dead",
            stamp=-1,
        )

    async def fold(self, *offsets, start=None, end=None, generation=0, value=b"event"):
        records = [Event(offset, value=value) for offset in offsets]
        first = offsets[0] if start is None else start
        last = offsets[-1] + 1 if end is None else end
        await self.lane.fold(Batch(HERE, records, first, last, generation))


async def test_journeys_wait_for_cells_and_the_position_for_both():
    bench = Bench(at_once=False)
    work = asyncio.ensure_future(bench.fold(0, 1))
    await asyncio.sleep(0.01)
    assert bench.journal == [("cells", 1)]
    bench.cells.acks[0].set()
    await asyncio.sleep(0.01)
    assert bench.journal == [("cells", 1), ("journeys", 1)]
    assert bench.ledger.position(HERE) is None
    assert bench.shard.durable_to == -1
    bench.journeys.acks[0].set()
    await work
    assert bench.ledger.position(HERE) == 2
    assert bench.shard.durable_to == 1


@pytest.mark.usefixtures("stopped")
async def test_tombstones_wait_for_the_values_before_them_and_ask_again_who_owns_the_partition():
    class Burying(CountingShard):
        def idle(self, watermark):
            return Counted(cells=[(b"watermark", b"12345678"), (b"pane", None)], watermark=watermark)

    bench = Bench(Burying(0, {}, {}), at_once=False)
    work = asyncio.ensure_future(bench.lane.idle(5))
    await asyncio.sleep(0.01)
    assert bench.journal == [("cells", 1)]
    bench.membership.join(7, set())
    bench.cells.acks[0].set()
    with pytest.raises(Stopped, match="lost a partition"):
        await work
    assert bench.journal == [("cells", 1)]


@pytest.mark.usefixtures("stopped")
async def test_what_shards_send_to_each_other_is_durable_before_everything_else():
    class Sending(CountingShard):
        def apply(self, records):
            changes = super().apply(records)
            changes.forwards = [(b"b", b"sent", [])]
            return changes

    bench = Bench(Sending(0, {}, {}), at_once=False)
    work = asyncio.ensure_future(bench.fold(0))
    await asyncio.sleep(0.01)
    assert bench.journal == [("dead", 1)]  # the outbox
    bench.outbox.acks[0].set()
    await asyncio.sleep(0.01)
    assert bench.journal == [("dead", 1), ("cells", 1)]
    bench.membership.join(7, set())
    bench.cells.acks[0].set()
    with pytest.raises(Stopped, match="lost a partition"):
        await work


async def test_dead_letters_are_durable_before_the_journeys_of_their_batch():
    bench = Bench(at_once=False)
    work = asyncio.ensure_future(bench.lane.fold(Batch(HERE, [Event(0), Event(1, value=b"poison")], 0, 2, 0)))
    await asyncio.sleep(0.01)
    bench.cells.acks[0].set()
    await asyncio.sleep(0.01)
    assert ("journeys", 1) not in bench.journal
    bench.outbox.acks[0].set()
    await asyncio.sleep(0.01)
    bench.journeys.acks[0].set()
    await work
    assert bench.meters.dead_letters == {"poison": 1}


async def test_records_that_the_shard_has_folded_are_not_folded_again():
    bench = Bench()
    await bench.fold(0, 1, 2)
    await bench.fold(1, 2, 3, start=1)
    assert bench.meters.events["applied"] == 4
    await bench.fold(2, 3, start=2)
    assert bench.meters.batches == 2
    assert bench.ledger.position(HERE) == 4


@pytest.mark.usefixtures("stopped")
async def test_a_batch_behind_a_hole_ends_the_process():
    bench = Bench()
    await bench.fold(0, 1)
    with pytest.raises(Stopped, match="folding events/0 failed behind offset 2"):
        await bench.fold(5, 6)
    assert bench.ledger.position(HERE) == 2


async def test_offsets_without_records_are_passed_and_counted():
    bench = Bench()
    await bench.fold(3, 7, start=0, end=10)
    assert bench.ledger.position(HERE) == 10
    assert bench.meters.skipped_offsets == 8
    await bench.lane.fold(Batch(HERE, [], 10, 12, 0))
    assert bench.ledger.position(HERE) == 12
    assert bench.meters.lost_records == 0


async def test_records_deleted_before_they_were_read_have_a_count_of_their_own():
    bench = Bench()
    await bench.lane.fold(Batch(HERE, [Event(7)], 2, 9, 0, lost=5))
    assert (bench.meters.lost_records, bench.meters.skipped_offsets) == (5, 1)


@pytest.mark.usefixtures("stopped")
async def test_an_exception_in_the_shard_ends_the_process_before_anything_is_written():
    bench = Bench()
    with pytest.raises(Stopped) as ended:
        await bench.fold(0, value=b"bug")
    assert isinstance(ended.value.__cause__, ZeroDivisionError)
    assert bench.journal == []
    assert bench.ledger.position(HERE) is None


@pytest.mark.usefixtures("stopped")
async def test_a_partition_lost_between_cells_and_journeys_ends_the_process():
    bench = Bench(at_once=False)
    work = asyncio.ensure_future(bench.fold(0))
    await asyncio.sleep(0.01)
    bench.membership.join(2, set())
    bench.cells.acks[0].set()
    with pytest.raises(Stopped, match="lost a partition"):
        await work
    assert bench.journal == [("cells", 1)]
    assert bench.ledger.position(HERE) is None


async def test_time_alone_may_change_state_of_an_idle_partition():
    class Expiring(CountingShard):
        def idle(self, watermark):
            return Counted(cells=[(b"old", None)], watermark=watermark)

    bench = Bench(Expiring(0, {}, {}))
    await bench.fold(0)
    await bench.lane.idle(5_000)
    assert bench.journal[-1] == ("cells", 1)
    assert bench.lane.meter.watermark == 5_000
    assert bench.ledger.position(HERE) == 1, "time alone moves no position"


def test_fail_stop_logs_and_leaves_with_its_own_status(monkeypatch, caplog):
    left: list[int] = []
    monkeypatch.setattr("os._exit", left.append)
    end: Callable[..., object] = failstop.fail_stop
    end("disk on fire", error=ValueError("hot"))
    assert left == [failstop.EXIT_FAIL_STOP]
    assert "disk on fire" in caplog.text
    assert "ValueError: hot" in caplog.text
