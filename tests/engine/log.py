"""Plain Kafka in tests: make topics, write events, read state back; none of the engine's own code."""

from __future__ import annotations

import time
from collections import Counter
from typing import cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from stream_app.engine import topics
from stream_app.engine.manifest import KEY as MANIFEST
from stream_app.ingest.destination import Destinations
from stream_app.settings import Settings


def make_topics(settings: Settings) -> None:
    """Create the topics of an installation, as the product does."""
    wanted = topics.layout(settings)
    with topics.admin(settings) as client:
        topics.apply(client, topics.plan(wanted, topics.read(client, wanted)))


def producer(settings: Settings) -> Producer:
    """Return a producer that partitions as Java does, one record per batch where the broker needs it."""
    config = {
        "bootstrap.servers": settings.brokers,
        "partitioner": "murmur2_random",
        "linger.ms": 5,
        "message.max.bytes": 8 << 20,
        "enable.idempotence": True,  # or a slow acknowledgement would write what no test has written
    }
    if settings.one_record_batches:
        config |= {"batch.num.messages": 1, "linger.ms": 0, "enable.idempotence": False}
    return Producer(config)


def write(settings: Settings, events, *, rate: float | None = None) -> None:
    """Produce (key, value) pairs, each to the topic of its family; ``rate`` in events per second spreads them out."""
    out = producer(settings)
    where = Destinations(settings.sources)
    started = time.monotonic()
    for number, (key, value) in enumerate(events):
        out.produce(where.of(value) or settings.relationships_topic, value, key)
        if number % 200 == 199:
            out.poll(0)
            if rate is not None:
                time.sleep(max(0.0, started + number / rate - time.monotonic()))
    assert out.flush(60) == 0


def read(settings: Settings, topic: str) -> list[Message]:
    """Return every record of a topic, partition by partition in log order."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.brokers,
            "group.id": "tests.reader",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    partitions = range(len(consumer.list_topics(topic, timeout=10).topics[topic].partitions))
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    found, unfinished = [], set(partitions)
    deadline = time.monotonic() + 60
    while unfinished:
        assert time.monotonic() < deadline, f"{topic}: no end of {unfinished}"
        for message in consumer.consume(10_000, 1.0):
            error = message.error()
            if error is None:
                found.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                unfinished.discard(message.partition())
    consumer.close()
    return found


def latest(settings: Settings, topic: str) -> dict[tuple[int, bytes], bytes]:
    """Return the last value of every (partition, key) of a state topic, manifests left out; tombstones remove."""
    values: dict[tuple[int, bytes], bytes] = {}
    for message in read(settings, topic):
        if message.key() == MANIFEST:
            continue
        key, value = cast("tuple[int, bytes]", (message.partition(), message.key())), message.value()
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
    return values


def committed(settings: Settings) -> dict[int, int]:
    """Return the committed offset of every partition of relationships; 0 where there is none."""
    return {number: offset for (_, number), offset in _committed(settings, [settings.relationships_topic]).items()}


def _committed(settings: Settings, sources) -> dict[tuple[str, int], int]:
    consumer = Consumer({"bootstrap.servers": settings.brokers, "group.id": settings.group})
    asked = [TopicPartition(topic, number) for topic in sources for number in range(settings.partitions)]
    deadline = time.monotonic() + 30
    while True:
        try:
            answer = consumer.committed(asked, timeout=10)
        except KafkaException:  # a broker that has just come back may not know yet that it coordinates
            assert time.monotonic() < deadline
            time.sleep(0.3)
        else:
            break
    consumer.close()
    return {(found.topic, found.partition): max(found.offset, 0) for found in answer}


def drained(settings: Settings, expected: int, seconds: float = 60.0, check=lambda: None) -> None:
    """Wait until the group has committed ``expected`` records in total, of all families."""
    deadline = time.monotonic() + seconds
    while (done := sum(_committed(settings, settings.sources.values()).values())) < expected:
        check()
        assert time.monotonic() < deadline, f"{done} of {expected} records committed in {seconds} s"
        time.sleep(0.3)


def quiet(settings: Settings, seconds: float = 60.0, check=lambda: None) -> None:
    """Wait until everything in the source topics is committed, what shards have sent to each other too."""
    deadline = time.monotonic() + seconds
    while True:
        done = sum(_committed(settings, settings.sources.values()).values())
        if done == sum(len(read(settings, topic)) for topic in settings.sources.values()):
            return
        check()
        assert time.monotonic() < deadline, f"{done} records committed in {seconds} s, and there are more"
        time.sleep(0.3)


def per_key(events) -> Counter[bytes]:
    """Count events by key: the oracle."""
    return Counter(key for key, _ in events)
