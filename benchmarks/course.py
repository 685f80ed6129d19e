"""The course: topics on the broker, filled, read back, watched for the end, and swept after each lap."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from confluent_kafka import OFFSET_BEGINNING, Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from benchmarks.traffic import Event

TOPIC = "crm.relationships"
PARTITIONS = 4
PATIENCE_SECONDS = 120.0


class Course:
    """What the race needs of a broker."""

    def __init__(self, brokers: str) -> None:
        self.brokers = brokers
        self._admin = AdminClient({"bootstrap.servers": brokers, "log_level": 2})
        self._consumer = Consumer({"bootstrap.servers": brokers, "group.id": "course", "log_level": 2})

    def create(self, topic: str, **config: str) -> None:
        """Create a topic."""
        for done in self._admin.create_topics([NewTopic(topic, PARTITIONS, 1, config=config)]).values():
            done.result(PATIENCE_SECONDS)

    def fill(self, events: Iterable[Event]) -> None:
        """Write the events, each to the partition that Java's clients would choose."""
        # As the product creates it: kept for ever, and timed by the broker.
        self.create(TOPIC, **{"retention.ms": "-1", "message.timestamp.type": "LogAppendTime"})
        producer = Producer(
            {"bootstrap.servers": self.brokers, "partitioner": "murmur2_random", "linger.ms": 20, "acks": "all"}
        )
        for number, event in enumerate(events):
            while True:
                try:
                    producer.produce(TOPIC, event.value, event.key)
                    break
                except BufferError:
                    producer.poll(0.1)
            if number % 1_000 == 0:
                producer.poll(0)
        if producer.flush(PATIENCE_SECONDS):
            raise TimeoutError("the broker does not take the events")

    def topics(self) -> list[str]:
        """Return all topics but the broker's own."""
        return [name for name in self._admin.list_topics(timeout=10).topics if not name.startswith("__")]

    def ends(self, topic: str) -> dict[int, int]:
        """Return the end of each partition."""
        partitions = self._admin.list_topics(topic, timeout=10).topics[topic].partitions
        return {
            number: self._consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
            for number in partitions
        }

    def committed(self, group: str) -> dict[tuple[str, int], int]:
        """Return the offsets that a group has committed."""
        asked = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
        parts = asked[group].result(10).topic_partitions
        return {(part.topic, part.partition): part.offset for part in parts}

    def finished(self, group: str) -> bool:
        """Tell whether a group has committed all events, and all of its repartition topics after them."""
        inner = [name for name in self.topics() if name.startswith("repartition__") and group in name]
        for topic in (TOPIC, *inner):
            # The end of an inner topic is read once everything before it is committed, so that it stays.
            ends = self.ends(topic)
            committed = self.committed(group)
            if any(committed.get((topic, number), 0) < end for number, end in ends.items()):
                return False
        return True

    def records(self, topic: str) -> Iterator[tuple[int, bytes, bytes | None]]:
        """Yield partition, key and value of all records of a topic, each partition in order."""
        ends = self.ends(topic)
        left = sum(ends.values())
        self._consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in ends])
        deadline = time.monotonic() + PATIENCE_SECONDS
        done = dict.fromkeys(ends, 0)
        while any(done[number] < end for number, end in ends.items()):
            for record in self._consumer.consume(10_000, 0.2):
                partition, offset = record.partition(), record.offset()
                if partition is None or offset is None or record.error():
                    continue
                done[partition] = offset + 1
                yield partition, record.key() or b"", record.value()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic} could not be read back: {left} records")
        self._consumer.unassign()

    def sweep(self) -> None:
        """Delete what contestants left: all topics but the events."""
        left = [name for name in self.topics() if name != TOPIC]
        if left:
            for done in self._admin.delete_topics(left).values():
                done.result(PATIENCE_SECONDS)

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()
