"""The worker's /metrics: units, and no series of what is not held."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types.tuples import TP
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from stream_app.engine.batch import Batch
from stream_app.engine.meters import Meters, PartitionMeter
from stream_app.engine.web import WorkerCollector, require_free
from stream_app.errors import UserError
from tests.engine.counting import Counted, Dead

HERE = TP("events", 3)


class Lane:
    def __init__(self, meters: Meters) -> None:
        self.meter = PartitionMeter(meters)

    def entries(self) -> dict[str, dict[bytes, bytes]]:
        return {"journeys": {b"c": b"12345"}}


@pytest.fixture
def app() -> Any:
    meters = Meters()
    lanes = [(HERE, Lane(meters))]
    return SimpleNamespace(
        meters=meters,
        ready=True,
        held=lanes,
        lanes=SimpleNamespace(items=lambda: lanes),
        consumer=SimpleNamespace(lag=lambda _tp: 42),
    )


def samples(app) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(WorkerCollector(app))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def labels(**values: str) -> frozenset[tuple[str, str]]:
    return frozenset(values.items())


def test_batches_are_counted_by_what_became_of_their_records(app):
    changes = Counted(applied=5, duplicates=2, redelivered=1, late=1, watermark=90_000)
    changes.dead = [Dead(None, "empty"), Dead(None, "empty"), Dead(None, "bad_json")]
    meter = app.held[0][1].meter
    meter.batch(changes, 0.02)
    meter.skipped(Batch(HERE, [], 0, 7, 0, lost=4))
    found = samples(app)
    assert found["crm_kpi_events_total", labels(outcome="applied")] == 5
    assert found["crm_kpi_events_total", labels(outcome="dead")] == 3
    assert found["crm_kpi_dead_letters_total", labels(reason="empty")] == 2
    assert found["crm_kpi_late_events_total", labels()] == 1
    assert found["crm_kpi_skipped_offsets_total", labels()] == 3
    assert found["crm_kpi_lost_records_total", labels()] == 4
    assert found["crm_kpi_batch_seconds_bucket", labels(le="0.01")] == 0
    assert found["crm_kpi_batch_seconds_bucket", labels(le="0.025")] == 1
    assert found["crm_kpi_batch_seconds_count", labels()] == 1
    assert found["crm_kpi_watermark_timestamp_seconds", labels(topic="events", partition="3")] == 90


def test_a_slow_batch_lands_in_the_last_bucket(app):
    app.held[0][1].meter.batch(Counted(), 60)
    found = samples(app)
    assert found["crm_kpi_batch_seconds_bucket", labels(le="5.0")] == 0
    assert found["crm_kpi_batch_seconds_bucket", labels(le="+Inf")] == 1


def test_lag_and_state_are_told_per_partition(app):
    found = samples(app)
    here = {"topic": "events", "partition": "3"}
    assert found["crm_kpi_lag_events", labels(**here)] == 42
    assert found["crm_kpi_state_keys", labels(table="journeys", **here)] == 1
    assert found["crm_kpi_state_bytes", labels(table="journeys", **here)] == 6


def test_a_partition_given_up_has_no_series(app):
    app.held[0][1].meter.batch(Counted(watermark=1_000), 0.1)
    app.held.clear()
    assert not [name for name, found in samples(app) if dict(found).get("partition")]


def test_what_is_not_known_yet_has_no_series(app):
    app.consumer.lag = lambda _tp: None
    names = {name for name, _ in samples(app)}
    assert "crm_kpi_lag_events" not in names
    assert "crm_kpi_recovery_seconds" not in names
    assert "crm_kpi_last_commit_timestamp_seconds" not in names


def test_a_taken_port_is_told_before_faust_ends_in_a_traceback():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            UserError, match=rf"the worker cannot listen on 127\.0\.0\.1:{port}: Address already in use"
        ):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", 0)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_told(host):
    with pytest.raises(UserError) as refused:
        require_free(host, 6066)
    assert "CRM_PULSE_WORKER_HOST" in refused.value.hint
