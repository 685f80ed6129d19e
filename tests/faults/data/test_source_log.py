"""Gaps in the source log: retention, compaction, transactions; and dead letters that cannot be written (24, 32, 33)."""

from __future__ import annotations

import re
import signal
import time
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from kafka import TopicPartition as Place
from kafka.admin import ConfigResource

from stream_app.engine import topics
from stream_app.engine.failstop import EXIT_FAIL_STOP
from tests.engine.counting import count_of
from tests.engine.log import committed, drained, latest, per_key, producer, read, write
from tests.engine.test_exactly_once import counted, events

if TYPE_CHECKING:
    from stream_app.settings import Settings

pytestmark = pytest.mark.kafka


def configure(settings: Settings, topic: str, **config: str) -> None:
    """Change settings of a topic."""
    changes = {name.replace("_", "."): value for name, value in config.items()}
    with topics.admin(settings) as client:
        client.alter_configs([ConfigResource("TOPIC", topic, changes)])


def transactional(settings: Settings, **more: object) -> Producer:
    """Return a producer in transactions."""
    out = Producer({"bootstrap.servers": settings.brokers, "transactional.id": settings.app_id, **more})
    out.init_transactions()
    return out


def test_only_what_a_transaction_committed_is_counted(kafka, installation, worker):
    """
    (fault 33) Committed and aborted transactions and plain records in turn: what was aborted never happened.

    The markers of both take offsets: the committed position passes them, and recovery ends.
    """
    settings = installation(kafka.address, partitions=1)
    process = worker(settings).start()
    out, plain = transactional(settings), producer(settings)
    for number in range(12):
        out.begin_transaction()
        out.produce(settings.relationships_topic, b"event", b"k%d" % number)
        out.flush()  # else an abort would drop it before it is sent
        if number % 3:
            out.abort_transaction()
        else:
            out.commit_transaction()
        plain.produce(settings.relationships_topic, b"event", b"plain")
        assert plain.flush(10) == 0
    drained(settings, 36)  # twelve records, twelve markers, twelve plain ones
    assert process.terminate() == 0
    process.start()
    assert process.metric("crm_kpi_events_total") == 0
    assert process.terminate() == 0
    assert counted(settings) == ({b"plain": 12} | {b"k%d" % number: 1 for number in range(0, 12, 3)}, 16)


@pytest.mark.long
def test_an_open_transaction_holds_its_partition_back_and_nothing_else(kafka, installation, worker):
    """
    (fault 33) While a transaction is open, records behind it wait; when it has ended, all are counted.

    The worker stays, for longer than its patience with a partition that stands still.
    """
    settings = installation(kafka.address, partitions=1, stall_timeout=5)
    process = worker(settings).start()
    out = transactional(settings)
    out.begin_transaction()
    out.produce(settings.relationships_topic, b"event", b"held")
    out.flush()
    write(settings, [(b"behind", b"event")] * 5)
    time.sleep(9)
    assert process.exit_code is None, process.tail()
    assert counted(settings)[1] == 0
    out.commit_transaction()
    drained(settings, 7)
    assert process.metric("crm_kpi_lost_records_total") == 0, "markers are no loss"
    assert process.terminate() == 0
    assert counted(settings) == ({b"held": 1, b"behind": 5}, 6)


def test_records_deleted_under_a_running_worker_are_a_counted_gap(kafka, installation, worker):
    """
    (fault 32) The next record is deleted under the worker: it goes on with the first that is left, not the newest.

    It tells which are lost, and counts them. At its start: tests/engine/test_faults.py.
    """
    settings = installation(kafka.address, partitions=1, session_timeout=30)
    process = worker(settings).start()
    write(settings, [(b"a", b"1")] * 10)
    drained(settings, 10)
    process.signal(signal.SIGSTOP)
    write(settings, [(b"a", b"2")] * 10)  # answers the fetch that is on its way
    time.sleep(0.5)
    write(settings, [(b"a", b"3")] * 80)
    with topics.admin(settings) as client:
        client.delete_records({Place(settings.relationships_topic, 0): 60})
    process.signal(signal.SIGCONT)
    drained(settings, 100)
    told = re.search(r"records (\d+) to 59 were deleted before they were folded", process.tail())
    assert told, process.tail()
    lost = 60 - int(told[1])
    assert process.metric("crm_kpi_lost_records_total") == lost > 0, "the metric to put an alarm on"
    assert process.metric("crm_kpi_skipped_offsets_total") == 0
    assert process.terminate() == 0
    assert counted(settings) == ({b"a": 100 - lost}, 100 - lost)


@pytest.mark.long
def test_retention_that_is_too_short_loses_what_was_not_read_and_no_more(kafka, installation, worker):
    """
    (fault 32) A retention of a second, small segments, and a worker that comes late: the gap is counted.

    The first record that is left is folded first.
    """
    settings = installation(kafka.address, partitions=1)
    process = worker(settings).start()
    write(settings, events(1_000, 50))
    drained(settings, 1_000)
    assert process.terminate() == 0
    configure(settings, settings.relationships_topic, retention_ms="1000", segment_ms="1000", file_delete_delay_ms="0")
    for number in range(6):
        write(settings, events(200 + number, 50))
        time.sleep(1.2)
    deadline = time.monotonic() + 60
    while (left := read(settings, settings.relationships_topic)) and (left[0].offset() or 0) <= 1_000:
        assert time.monotonic() < deadline, "retention deletes nothing"
        time.sleep(0.5)
    configure(settings, settings.relationships_topic, retention_ms="-1", segment_ms="604800000")
    write(settings, events(10, 10))
    left = read(settings, settings.relationships_topic)
    first = left[0].offset()
    assert first is not None
    process.start()
    total = 1_000 + sum(200 + number for number in range(6)) + 10
    drained(settings, total)
    assert process.metric("crm_kpi_lost_records_total") == first - 1_000
    assert process.terminate() == 0
    assert counted(settings)[1] == 1_000 + total - first


@pytest.mark.long
def test_a_compacted_source_leaves_holes_that_are_passed_over(kafka, installation, worker):
    """
    (fault 33) A source that somebody compacts has offsets without records: positions move on, recovery ends.
    """
    settings = installation(kafka.address, partitions=1)
    configure(
        settings, settings.relationships_topic,
        cleanup_policy="compact", segment_ms="500", min_cleanable_dirty_ratio="0.001", max_compaction_lag_ms="500",
    )  # fmt: skip
    for _ in range(5):
        write(settings, events(300, 20))
        time.sleep(0.7)
    write(settings, [(b"last", b"1")])
    deadline = time.monotonic() + 60
    while len(left := read(settings, settings.relationships_topic)) >= 1_000:
        assert time.monotonic() < deadline, f"compaction leaves {len(left)} of 1501"
        time.sleep(0.5)
    process = worker(settings).start()
    drained(settings, 1_501)
    assert process.terminate() == 0
    left_keys = per_key((message.key(), message.value()) for message in read(settings, settings.relationships_topic))
    found, total = counted(settings)
    assert total >= left_keys.total(), "it read before the last cleaning or after"
    assert set(found) == set(left_keys)


@pytest.mark.long
@pytest.mark.parametrize("trouble", ["refusing", "gone"])
def test_a_dead_letter_topic_that_takes_nothing_stops_the_partition(kafka, installation, worker, trouble):
    """
    (fault 24) Dead letters that the broker refuses, or whose topic is gone: status 70, and nothing is committed.

    So nothing is dropped; after the repair every record is counted or buried once.

    Refusal of each state topic: tests/engine/test_faults.py.
    """
    settings = installation(kafka.address, partitions=1, stall_timeout=10)
    process = worker(settings).start()
    write(settings, [(b"a", b"1")])
    drained(settings, 1)
    if trouble == "refusing":
        configure(settings, settings.dead_letters_topic, max_message_bytes="20")
    else:
        with topics.admin(settings) as client:
            client.delete_topics([settings.dead_letters_topic])
    write(settings, [(b"b", b"poison"), (b"a", b"2"), (b"c", b"poison")])
    assert process.wait(60) == EXIT_FAIL_STOP
    assert committed(settings) == {0: 1}
    assert count_of_a(settings) == 1, "the record behind the poison waits with it"
    if trouble == "refusing":
        configure(settings, settings.dead_letters_topic, max_message_bytes="1000000")
    else:
        wanted = topics.layout(settings)
        with topics.admin(settings) as client:
            topics.apply(client, topics.plan(wanted, topics.read(client, wanted)))
    process.start()
    drained(settings, 4)
    assert process.terminate() == 0
    assert counted(settings) == ({b"a": 2}, 2)
    assert sorted(letter.key() or b"" for letter in read(settings, settings.dead_letters_topic)) == [b"b", b"c"]


def count_of_a(settings: Settings) -> int:
    """Return what the journeys say of the key "a"."""
    return count_of(latest(settings, settings.journeys_topic)[0, b"a"])
