"""Taking whole fetches out of aiokafka, with the exact positions around them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiokafka
import pytest
from aiokafka.errors import OffsetOutOfRangeError
from faust.types.tuples import TP

from stream_app.engine.consumer import BatchConsumer
from stream_app.engine.consumer_thread import BatchConsumerThread
from stream_app.engine.fetched import Fetched, take
from tests.engine.log import producer


@asynccontextmanager
async def fetching(settings, *numbers: int):
    """Assign partitions and wait until something has been fetched of each."""
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=settings.brokers, auto_offset_reset="none")
    await consumer.start()
    tps = [aiokafka.TopicPartition(settings.relationships_topic, number) for number in numbers]
    consumer.assign(tps)
    for tp in tps:
        consumer.seek(tp, 0)
    try:
        for _ in range(200):
            if len(consumer._fetcher._records) == len(tps):
                break
            await asyncio.sleep(0.05)
        yield consumer
    finally:
        await consumer.stop()


def fill(settings, *counts: int) -> None:
    out = producer(settings)
    for number, count in enumerate(counts):
        for value in range(count):
            out.produce(settings.relationships_topic, b"%d" % value, b"k", partition=number)
    out.flush()


@pytest.fixture
def settings(embedded_kafka, installation):
    return installation(embedded_kafka.address, partitions=2)


async def test_of_a_partition_that_was_taken_away_nothing_is_known(settings):
    fill(settings, 5, 3)
    async with fetching(settings, 0) as consumer:
        thread: Any = SimpleNamespace(_ensure_consumer=lambda: consumer)
        ours, theirs = (TP(settings.relationships_topic, number) for number in (0, 1))
        assert BatchConsumerThread.highwater(thread, ours) == 5
        assert BatchConsumerThread.last_poll_timestamp(thread, ours)
        assert BatchConsumerThread.highwater(thread, theirs) is None
        assert BatchConsumerThread.last_poll_timestamp(thread, theirs) is None


async def test_records_come_with_the_positions_before_and_after_them(settings):
    fill(settings, 5, 3)
    async with fetching(settings, 0, 1) as consumer:
        tps = {TP(settings.relationships_topic, number) for number in (0, 1)}
        found = take(consumer._fetcher, tps, 100)
        assert {tp.partition: (got.start, got.end, len(got.records)) for tp, got in found.items()} == {
            0: (0, 5, 5),
            1: (0, 3, 3),
        }
        assert take(consumer._fetcher, tps, 100) == {}


async def test_a_limit_leaves_the_rest_for_the_next_time(settings):
    fill(settings, 5)
    async with fetching(settings, 0) as consumer:
        tp = TP(settings.relationships_topic, 0)
        first = take(consumer._fetcher, {tp}, 2)[tp]
        second = take(consumer._fetcher, {tp}, 100)[tp]
    assert [(got.start, got.end) for got in (first, second)] == [(0, 2), (2, 5)]
    assert [record.value for got in (first, second) for record in got.records] == [b"0", b"1", b"2", b"3", b"4"]


async def test_partitions_that_are_not_wanted_are_left_alone(settings):
    fill(settings, 2, 2)
    async with fetching(settings, 0, 1) as consumer:
        tp = TP(settings.relationships_topic, 1)
        assert set(take(consumer._fetcher, {tp}, 100)) == {tp}
        assert len(consumer._fetcher._records) == 1


async def test_records_fetched_before_a_seek_are_not_taken(settings):
    fill(settings, 5)
    async with fetching(settings, 0) as consumer:
        tp = TP(settings.relationships_topic, 0)
        consumer.seek(aiokafka.TopicPartition(*tp), 3)
        assert take(consumer._fetcher, {tp}, 100) == {}


@pytest.mark.kafka
async def test_what_the_broker_refuses_is_raised(kafka, installation):
    settings = installation(kafka.address, partitions=1)
    async with fetching(settings, 0) as consumer:
        tp = TP(settings.relationships_topic, 0)
        consumer.seek(aiokafka.TopicPartition(*tp), 1_000)
        for _ in range(100):
            if consumer._fetcher._records:
                break
            await asyncio.sleep(0.05)
        with pytest.raises(OffsetOutOfRangeError):
            take(consumer._fetcher, {tp}, 100)


async def test_records_of_a_partition_that_has_just_been_taken_away_go_nowhere():
    """Its end is unknown then. Nothing is delivered, and the position stays for who seeks it next."""
    here, sent = TP("source", 0), list[Any]()
    lanes = SimpleNamespace(stamp=lambda _: 6)
    consumer: Any = SimpleNamespace(
        _positions={here: 7},
        _sought_again=set(),
        app=SimpleNamespace(lanes=lanes),
        highwater=lambda _: None,
        callback=sent.append,
    )
    await BatchConsumer._deliver(consumer, here, Fetched([], 7, 9))

    assert (sent, consumer._positions) == ([], {here: 7})
