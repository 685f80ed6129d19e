"""Writing state by whole record batches on a real Kafka."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import RecordTooLargeError
from aiokafka.record.memory_records import MemoryRecords

from stream_app.engine.batch_outbox import BATCH_BYTES, BatchOutbox, record_batches
from stream_app.engine.outbox import Delivery
from stream_app.engine.stamps import tombstone_stamp
from tests.engine.log import read


def unpacked(entries, stamp=7):
    found = []
    for batch in record_batches(entries, stamp, 1_234):
        batch._set_producer_state(5, 0, 0)
        data = bytes(batch._build())
        assert batch.size() == len(data)
        parsed = MemoryRecords(data).next_batch()
        assert parsed.validate_crc()
        found.append((batch.record_count(), len(data), list(parsed)))
    return found


def test_entries_become_records_in_their_order_and_tombstones_carry_the_stamp():
    ((count, _, records),) = unpacked([(b"a", b"1"), (b"b", None), (b"c", b"")], stamp=41)
    assert count == 3
    assert [(r.offset, r.key, r.value, r.timestamp) for r in records] == [
        (0, b"a", b"1", 1_234),
        (1, b"b", None, 1_234),
        (2, b"c", b"", 1_234),
    ]
    assert [tombstone_stamp(record.headers) for record in records] == [None, 41, None]


def test_nothing_makes_no_batch():
    assert unpacked([]) == []


@pytest.mark.parametrize(
    ("sizes", "counts"),
    [
        ([400_000] * 5, [2, 2, 1]),
        ([BATCH_BYTES * 2, 10], [1, 1]),
        ([10, BATCH_BYTES * 2, 10], [1, 1, 1]),
    ],
    ids=["several", "large first", "large between"],
)
def test_a_batch_takes_what_a_broker_takes_and_a_larger_record_goes_alone(sizes, counts):
    entries = [(b"%d" % n, bytes(size)) for n, size in enumerate(sizes)]
    found = unpacked(entries)
    assert [count for count, _, _ in found] == counts
    assert all(size <= BATCH_BYTES or count == 1 for count, size, _ in found)
    assert [(r.key, len(r.value)) for _, _, records in found for r in records] == [
        (key, len(value)) for key, value in entries
    ]


async def test_a_delivery_waits_for_every_batch_and_never_ends_after_a_failure():
    failures: list[str] = []
    loop = asyncio.get_running_loop()
    first, second, third = (loop.create_future() for _ in range(3))
    delivery = Delivery(2, loop, failures.append)
    delivery.expect(first, "cells", 0, 1)
    delivery.expect(second, "cells", 0, 1)
    waiting = asyncio.ensure_future(delivery.wait())
    first.set_result(None)
    await asyncio.sleep(0)
    assert not waiting.done()
    second.set_result(None)
    await asyncio.wait_for(waiting, 1)
    broken = Delivery(1, loop, failures.append)
    broken.expect(third, "cells", 0, 1)
    third.set_exception(RecordTooLargeError("too large"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(broken.wait(), 0.05)
    assert failures == ["cells/0: RecordTooLargeError('too large')"]


@pytest.mark.kafka
async def test_what_was_waited_for_is_in_the_topic_in_order(kafka, installation):
    settings = installation(kafka.address, partitions=3)
    box = BatchOutbox(settings)
    entries = [(b"%d" % n, b"12345678" + bytes(200)) for n in range(20_000)]
    try:
        deliveries = await asyncio.gather(
            *(box.write(settings.journeys_topic, number, entries, 0) for number in range(3)),
            box.write(settings.cells_topic, 1, [(b"gone", None)], 41),
        )
        for delivery in deliveries:
            await asyncio.wait_for(delivery.wait(), 30)
    finally:
        await box.stop()
    found = read(settings, settings.journeys_topic)
    for number in range(3):
        assert [m.key() for m in found if m.partition() == number] == [key for key, _ in entries]
    (grave,) = read(settings, settings.cells_topic)
    assert (grave.partition(), grave.key(), grave.value()) == (1, b"gone", None)
    assert tombstone_stamp(grave.headers()) == 41  # type: ignore[arg-type]  # its type allows text, too


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("partition", "size"), [(99, 1), (0, 9 * 1024 * 1024)], ids=["no such partition", "larger than the topic takes"]
)
async def test_what_cannot_be_written_is_reported(partition, size, kafka, installation):
    settings = installation(kafka.address, partitions=1)
    failures: list[str] = []
    box = BatchOutbox(settings, failures.append)
    try:
        writing = box.write(settings.cells_topic, partition, [(b"a", bytes(size))], 0)
        if partition:
            with pytest.raises(AssertionError):
                await writing
        else:
            await writing
        for _ in range(100):
            if failures:
                break
            await asyncio.sleep(0.1)
        assert failures[0].startswith(f"{settings.cells_topic}/{partition}: ")
    finally:
        await box.stop()


@pytest.mark.kafka
async def test_a_write_waits_for_a_broker_that_comes_back(own_kafka, installation):
    settings = installation(own_kafka.address, partitions=1)
    box = BatchOutbox(settings, pytest.fail)
    try:
        await (await box.write(settings.cells_topic, 0, [(b"a", b"12345678")], 0)).wait()
        own_kafka.crash()
        delivery = await box.write(settings.cells_topic, 0, [(b"b", b"12345678")], 0)
        waiting = asyncio.ensure_future(delivery.wait())
        await asyncio.sleep(1)
        assert not waiting.done()
        await asyncio.to_thread(own_kafka.start)
        await asyncio.wait_for(waiting, 40)
    finally:
        await box.stop()
    assert [message.key() for message in read(settings, settings.cells_topic)] == [b"a", b"b"]


@pytest.mark.kafka
async def test_an_outbox_hears_of_writes_that_are_not_its_own(kafka, installation):
    settings = installation(kafka.address, partitions=1)
    where = settings.cells_topic, 0
    ours, theirs = BatchOutbox(settings), BatchOutbox(settings)
    ours.continues(*where, 0)
    try:
        for writer, noticed in ((ours, False), (ours, False), (theirs, False), (ours, True), (ours, False)):
            await (await writer.write(*where, [(b"a", b"12345678"), (b"b", None)], 0)).wait()
            assert ours.disturbed(*where) == noticed
    finally:
        await ours.stop()
        await theirs.stop()
