"""What a dead letter holds, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from faust.types.tuples import TP

from stream_app.engine.dead_letters import letter
from stream_app.engine.outbox import Outbox
from stream_app.settings import load

MIB = 1024 * 1024


@dataclass
class Record:
    key: bytes | None = b"k"
    value: bytes | None = b"v"
    headers: list[tuple[str, bytes]] = field(default_factory=lambda: [("h", b"1")])
    offset: int = 7
    timestamp: int = 0


@dataclass
class Dead:
    record: Record
    reason: str = "too_large"
    field: str = ""
    message: str = "why"


HERE = TP("events", 3)


def test_a_letter_is_the_record_with_where_and_why():
    key, value, headers = letter(Dead(Record()), HERE, 5)
    assert (key, value) == (b"k", b"v")
    assert headers == [
        ("reason", b"too_large"), ("field", b""), ("message", b"why"), ("source-topic", b"events"),
        ("source-partition", b"3"), ("source-offset", b"7"), ("dead-at", b"5"), ("original-h", b"1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "left_out"),
    [
        pytest.param(Record(value=b"v" * 6 * MIB), set(), id="large, but it fits"),
        pytest.param(Record(value=b"v" * 20 * MIB), {"value"}, id="value"),
        pytest.param(Record(key=b"k" * 20 * MIB), {"key"}, id="key"),
        pytest.param(Record(headers=[("h", b"1" * 20 * MIB)]), {"headers"}, id="headers"),
        pytest.param(Record(key=b"k" * 4 * MIB, value=b"v" * 5 * MIB), {"value"}, id="together: the largest goes"),
        pytest.param(Record(key=b"k" * 9 * MIB, value=b"v" * 8 * MIB), {"key", "value"}, id="both"),
    ],
)
async def test_what_no_topic_takes_is_left_out_and_named(record, left_out, embedded_kafka, installation):
    """
    Larger than the producer takes, the letter would end the worker at this record, again and again.
    """
    settings = installation(embedded_kafka.address, partitions=1)
    key, value, headers = letter(Dead(record), HERE, 5)
    gone = {
        name
        for name, there in {
            "key": key is not None,
            "value": value is not None,
            "headers": any(name.startswith("original-") for name, _ in headers),
        }.items()
        if not there
    }
    assert gone == left_out
    message = dict(headers)["message"].decode()
    assert all(part in message for part in left_out)
    refused: list[str] = []
    outbox = Outbox(load(brokers=settings.brokers), refused.append)
    await outbox.send(settings.dead_letters_topic, [(key, value, headers)])  # the producer raises what it does not take
    outbox.close()
    assert refused == []
