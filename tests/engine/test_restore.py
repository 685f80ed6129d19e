"""Reading state topics back from a broker."""

from __future__ import annotations

import threading

import pytest

from stream_app.engine.restore import RestoreCancelledError, restore
from stream_app.engine.stamps import tombstone_headers
from stream_app.settings import Settings
from tests.engine.log import producer


def value(stamp: int) -> bytes:
    return stamp.to_bytes(8, "big") + b"x" * 50


@pytest.fixture(params=["embedded", pytest.param("apache", marks=pytest.mark.kafka)])
def settings(request, installation):
    fixture = "embedded_kafka" if request.param == "embedded" else "kafka"
    return installation(request.getfixturevalue(fixture).address, partitions=2)


def test_everything_up_to_the_end_is_read_also_where_batches_hold_many_records(settings):
    out = producer(settings)
    for number in range(4_000):
        out.produce(settings.journeys_topic, value(number), b"k%d" % (number % 900), partition=number % 2)
    out.produce(settings.journeys_topic, None, b"k0", partition=0, headers=dict(tombstone_headers(4_001)))
    out.produce(settings.journeys_topic, value(3), b"k2", partition=0)
    out.flush()
    wanted = [(settings.journeys_topic, 0), (settings.journeys_topic, 1), (settings.cells_topic, 0)]
    merges = restore(settings, wanted, threading.Event())
    assert [merges[pair].records for pair in wanted] == [2_002, 2_000, 0]
    assert [len(merges[pair].live) for pair in wanted] == [449, 450, 0]
    assert [entry[0] for entry, _ in merges[wanted[0]].repairs()] == [b"k2"]
    assert merges[wanted[1]].highest == 3_999


def test_a_topic_that_does_not_exist_is_an_error(kafka, installation):
    with pytest.raises(LookupError, match="no partition 0 of a topic no-such-topic"):
        restore(installation(kafka.address), [("no-such-topic", 0)], threading.Event())


def test_a_cancelled_restore_ends(embedded_kafka, installation):
    settings = installation(embedded_kafka.address)
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(RestoreCancelledError):
        restore(settings, [(settings.cells_topic, 0)], cancelled)


def test_nothing_wanted_asks_no_broker():
    assert restore(Settings(brokers="127.0.0.1:1"), [], threading.Event()) == {}
