"""What can be odd around a worker on a real Kafka, and what it must do then; worse is done in tests/faults."""

from __future__ import annotations

import time
from typing import cast

import pytest
from confluent_kafka import Producer

from stream_app.engine import topics
from stream_app.engine.failstop import EXIT_FAIL_STOP
from stream_app.engine.stamps import stamp_of
from tests.engine.counting import count_of
from tests.engine.log import committed, drained, latest, producer, read, write
from tests.engine.test_exactly_once import counted, events

pytestmark = pytest.mark.kafka


def test_a_record_that_cannot_be_used_goes_whole_to_the_dead_letters(kafka, installation, worker):
    settings = installation(kafka.address, partitions=1)
    out = producer(settings)
    out.produce(settings.relationships_topic, b"1", b"a")
    out.produce(settings.relationships_topic, b"poison", b"b", headers=[("trace", b"\xff\x00")])
    out.produce(settings.relationships_topic, b"3", b"c")
    out.flush()
    process = worker(settings).start()
    drained(settings, 3)
    assert process.terminate() == 0
    assert counted(settings) == ({b"a": 1, b"c": 1}, 2)
    (letter,) = read(settings, settings.dead_letters_topic)
    assert (letter.key(), letter.value()) == (b"b", b"poison")
    headers = dict(cast("list[tuple[str, bytes]]", letter.headers()))
    assert headers["original-trace"] == b"\xff\x00"
    assert (headers["reason"], headers["field"]) == (b"poison", b"value")
    assert headers["source-topic"].decode() == settings.relationships_topic
    assert (headers["source-partition"], headers["source-offset"]) == (b"0", b"1")
    assert int(headers["dead-at"]) / 1000 == pytest.approx(time.time(), abs=60)


def test_markers_of_transactions_are_passed_over(kafka, installation, worker):
    settings = installation(kafka.address, partitions=1)
    process = worker(settings).start()
    out = Producer({"bootstrap.servers": settings.brokers, "transactional.id": settings.app_id})
    out.init_transactions()
    for number in range(3):
        out.begin_transaction()
        out.produce(settings.relationships_topic, b"event", b"k%d" % number)
        out.commit_transaction()
    drained(settings, 6)  # three records, three markers: the position ends behind the last marker
    assert 'crm_kpi_lag_events{partition="0"' in process.metrics()
    assert process.terminate() == 0
    assert counted(settings) == ({b"k0": 1, b"k1": 1, b"k2": 1}, 3)


def test_a_lower_stamp_behind_a_higher_one_is_repaired_when_state_is_read(kafka, installation, worker):
    settings = installation(kafka.address, partitions=1)
    process = worker(settings)
    found = []
    for total in (3, 7):
        write(settings, [(b"a", b"event")] * (total - sum(committed(settings).values())))
        process.start()
        drained(settings, total)
        assert process.terminate() == 0
        found.append(latest(settings, settings.journeys_topic)[0, b"a"])
    older, newer = found
    assert [(stamp_of(value), count_of(value)) for value in found] == [(2, 3), (6, 7)]
    out = producer(settings)
    out.produce(settings.journeys_topic, older, b"a", partition=0)
    out.flush()
    assert process.start().terminate() == 0
    assert latest(settings, settings.journeys_topic)[0, b"a"] == newer


def test_a_restart_with_a_fixed_name_moves_no_partitions(kafka, installation, worker):
    settings = installation(kafka.address, session_timeout=20)
    stays = worker(settings, "stays", instance_id="one").start()
    comes_back = worker(settings, "comes back", instance_id="two").start()
    time.sleep(1)
    before = stays.metric("crm_kpi_rebalances_total")
    comes_back.kill()
    comes_back.start()
    write(settings, events(1_000, 50))
    drained(settings, 1_000)
    assert stays.metric("crm_kpi_rebalances_total") == before
    assert [stays.terminate(), comes_back.terminate()] == [0, 0]
    assert counted(settings)[1] == 1_000


def test_topics_that_are_missing_are_named_with_the_command_that_makes_them(kafka, installation, worker):
    settings = installation(kafka.address)
    process = worker(settings, state_version=2).start(wait=False)
    assert process.wait(30) == EXIT_FAIL_STOP
    assert f"{settings.app_id}.v2.relationships.cells" in process.tail()
    assert "crm-pulse topics apply" in process.tail()


def test_partitions_given_up_have_no_series_any_more(kafka, installation, worker):
    settings = installation(kafka.address)
    write(settings, events(1_000, 100))
    first = worker(settings, "first").start()
    drained(settings, 1_000)
    assert first.metrics().count("crm_kpi_lag_events{") == 4
    second = worker(settings, "second").start()
    time.sleep(1)
    assert first.metrics().count("crm_kpi_lag_events{") == 2
    assert second.metrics().count("crm_kpi_lag_events{") == 2


def test_records_deleted_by_retention_are_passed_over_counted_and_told(kafka, installation, worker):
    from kafka import TopicPartition

    settings = installation(kafka.address, partitions=1)
    write(settings, [(b"a", b"1")] * 10)
    process = worker(settings).start()
    drained(settings, 10)
    assert process.terminate() == 0
    write(settings, [(b"a", b"2")] * 10)
    with topics.admin(settings) as client:
        client.delete_records({TopicPartition(settings.relationships_topic, 0): 15})
    process.start()
    drained(settings, 20)
    assert process.metric("crm_kpi_lost_records_total") == 5
    assert process.metric("crm_kpi_skipped_offsets_total") == 0
    assert process.terminate() == 0
    assert "records 10 to 14 were deleted before they were folded" in process.tail()
    assert counted(settings) == ({b"a": 15}, 15)
