"""Producers compress as they like; a worker reads every codec that Kafka has."""

import pytest
from confluent_kafka import Producer

from tests.engine.log import drained

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


@pytest.mark.kafka
def test_a_worker_reads_every_compression(kafka, installation, worker):
    """
    Batches of all five codecs, side by side in the same partitions, are folded.
    """
    settings = installation(kafka.address)
    for codec in CODECS:
        producer = Producer({"bootstrap.servers": kafka.address, "compression.type": codec})
        for number in range(20):
            producer.produce(settings.relationships_topic, b"event " * 50, b"r%d" % number)
        assert producer.flush(20) == 0
    process = worker(settings).start()

    drained(settings, 20 * len(CODECS), 30)

    assert process.terminate() == 0, process.tail()
