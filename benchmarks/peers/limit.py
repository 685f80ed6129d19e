"""The limit: librdkafka reads, msgspec decodes, nothing is folded or kept."""

from __future__ import annotations

from typing import Any

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from benchmarks.peers import mark


class Envelope(msgspec.Struct):
    """What any contestant needs of an event."""

    type: str
    subject: str
    time: str
    data: msgspec.Raw


def main() -> None:
    """Read the topic once, to its end."""
    consumer = Consumer(
        {
            "bootstrap.servers": mark.BROKERS,
            "group.id": mark.GROUP,
            "enable.auto.commit": False,
            "enable.partition.eof": False,
            "log_level": 2,
        }
    )
    parts = [TopicPartition(mark.TOPIC, number) for number in range(mark.PARTITIONS)]
    left = sum(consumer.get_watermark_offsets(part)[1] for part in parts)
    consumer.assign([TopicPartition(mark.TOPIC, number, OFFSET_BEGINNING) for number in range(mark.PARTITIONS)])
    decode: Any = msgspec.json.Decoder(Envelope).decode
    while left:
        records = consumer.consume(10_000, 0.2)
        if records:
            mark.first()
        for record in records:
            decode(record.value())
        left -= len(records)


if __name__ == "__main__":
    main()
