"""Starting and stopping a worker the ways a user would."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.engine.worker_process import WorkerProcess


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("stream_app", ("worker",)),
        ("faust", ("-A", "stream_app.app", "worker", "-l", "info")),
    ],
    ids=["crm-pulse worker", "faust -A stream_app.app worker"],
)
def test_both_commands_run_the_product_and_stop_in_order(embedded_kafka, installation, tmp_path, module, arguments):
    settings = installation(embedded_kafka.address)
    values = settings.model_dump(exclude_defaults=True, exclude={"brokers"})
    process = WorkerProcess(
        tmp_path / "worker.log", brokers=settings.brokers, module=module, arguments=arguments, **values
    )
    try:
        process.start()
        assert process.health() == {"status": "ready", "partitions": 12}
        assert process.metric("crm_kpi_worker_ready") == 1
        assert process.terminate() == 0
    finally:
        process.close()


@pytest.mark.parametrize("after", [0.5, 1.0, 1.5, 2.5])
def test_a_worker_that_is_stopped_while_it_starts_stops(embedded_kafka, installation, worker, after):
    process = worker(installation(embedded_kafka.address)).start(wait=False)
    time.sleep(after)
    process.signal(signal.SIGTERM)
    assert process.wait(15) in {0, -signal.SIGTERM}, "before Python has its handlers the signal itself ends it"


def test_ctrl_c_stops_in_order(embedded_kafka, installation, worker):
    process = worker(installation(embedded_kafka.address)).start()
    process.signal(signal.SIGINT)
    assert process.wait(15) == 0


def test_a_missing_broker_is_named_without_a_traceback():
    done = subprocess.run(
        [sys.executable, "-m", "stream_app", "worker"],
        env={"CRM_PULSE_BROKERS": "127.0.0.1:1", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "no Kafka broker answers at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_importing_the_app_module_builds_nothing():
    code = "import sys, stream_app.app; assert 'faust' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
