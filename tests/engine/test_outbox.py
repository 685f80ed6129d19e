"""Writing state: partitions, tombstones with stamps, and failures that are never silent."""

from __future__ import annotations

import asyncio

import pytest
from confluent_kafka import Consumer, TopicPartition

from stream_app.engine.dead_letters import Sent
from stream_app.engine.outbox import Delivery, Outbox, producer_config
from stream_app.engine.stamps import tombstone_stamp
from stream_app.settings import Settings
from tests.engine.log import read


@pytest.fixture
def outbox(embedded_kafka, installation):
    failures: list[str] = []
    box = Outbox(installation(embedded_kafka.address), failures.append)
    box.failures = failures  # type: ignore[attr-defined]
    yield box
    box.close()


async def test_entries_land_in_their_partition_and_tombstones_carry_a_stamp(embedded_kafka, installation):
    settings = installation(embedded_kafka.address)
    box = Outbox(settings)
    delivery = await box.write(settings.cells_topic, 2, [(b"a", b"12345678x"), (b"b", None)], 41)
    await asyncio.wait_for(delivery.wait(), 10)
    box.close()
    first, second = read(settings, settings.cells_topic)
    assert (first.partition(), first.key(), first.value()) == (2, b"a", b"12345678x")
    assert (second.partition(), second.key(), second.value()) == (2, b"b", None)
    assert tombstone_stamp(second.headers()) == 41  # type: ignore[arg-type]  # its type allows text, too


async def test_nothing_to_write_is_durable_at_once(outbox):
    await asyncio.wait_for((await outbox.write("any", 0, [], 0)).wait(), 1)


async def test_a_record_that_cannot_be_written_is_reported(outbox):
    await outbox.write("no-such-partition", 99, [(b"a", b"1")], 0)
    for _ in range(100):
        if outbox.failures:
            break
        await asyncio.sleep(0.1)
    assert "no-such-partition/99" in outbox.failures[0]


async def test_a_delivery_is_done_when_the_last_report_has_come():
    delivery = Delivery(2, asyncio.get_running_loop(), pytest.fail)
    waiting = asyncio.ensure_future(delivery.wait())
    delivery(None, None)  # type: ignore[arg-type]  # a good report is not looked into
    await asyncio.sleep(0.01)
    assert not waiting.done()
    delivery(None, None)  # type: ignore[arg-type]
    await asyncio.wait_for(waiting, 1)


def test_the_producer_loses_nothing_and_partitions_as_java_does():
    config = producer_config(Settings())
    assert config["acks"] == "all"
    assert config["enable.idempotence"] is True
    assert config["partitioner"] == "murmur2_random"
    assert config["message.timeout.ms"] == 0, "a record may wait for ever, but never expire"


async def test_the_embedded_broker_knows_the_end_where_the_last_record_went_alone(embedded_kafka, installation):
    settings = installation(embedded_kafka.address, one_record_batches=True)
    box = Outbox(settings)
    await (await box.write(settings.cells_topic, 1, [(b"%d" % n, b"12345678") for n in range(50)], 0)).wait()
    letters: list[Sent] = [(b"k", b"%d" % number, []) for number in range(3)]
    await (await box.send(settings.dead_letters_topic, letters)).wait()
    box.close()
    assert end(settings, settings.cells_topic, 1) == 50
    assert sum(end(settings, settings.dead_letters_topic, number) for number in range(4)) == 3


def end(settings, topic: str, partition: int) -> int:
    consumer = Consumer({"bootstrap.servers": settings.brokers, "group.id": "ends"})
    _, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
    consumer.close()
    return int(high)
