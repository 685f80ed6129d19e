"""A full or read-only disk: all state is in Kafka, so the work goes on (28)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine import log
from tests.faults.data import invariants
from tests.faults.data.records import traffic
from tests.ingest.writing import LEADS, mapping_file

pytestmark = pytest.mark.kafka


@pytest.mark.long
def test_a_worker_and_a_board_need_no_disk(system, kafka, tmp_path, monkeypatch, faults_seed):
    """
    (fault 28) No byte can be added to any file, log files included: worker and board run, and recover after kill -9.

    The temporary folder is read-only, and nothing is written to it. Root may write to a read-only folder, but not
    past RLIMIT_FSIZE, so the limit is what makes the test.
    """
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    made = system(kafka.address)
    worker = made.worker(module="tests.faults.data.full_disk").start()
    lines = traffic(faults_seed, 600)
    made.write(lines[:300])
    made.drained(300, 30, [worker])
    worker.kill()
    worker.start()
    made.write(lines[300:])
    made.drained(600, 30, [worker])
    made.board(module="tests.faults.data.full_disk")
    invariants.check(made, workers=[worker], acknowledged=lines)
    assert list(folder.iterdir()) == []
    assert worker.terminate() == 0


@pytest.mark.long
def test_an_import_whose_rejects_cannot_be_written_says_so(system, kafka, tmp_path):
    """
    (fault 28) `crm-pulse import` on a full disk: another status than 0, the file and the cause, and no traceback.

    Rows that it could not keep are not silently gone.
    """
    made = system(kafka.address)
    leads = tmp_path / "leads.csv"
    leads.write_text("id,at,what\nada,2026-03-02T10:00:00Z,web\nbad,yesterday,web\n")
    mapping = mapping_file(tmp_path, LEADS)
    environment = {
        **os.environ,
        **{
            f"CRM_PULSE_{name.upper()}": str(value)
            for name, value in made.settings.model_dump(exclude_defaults=True).items()
        },
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.data.full_disk", "import", str(mapping), str(leads),
         "--rejects", str(tmp_path / "rejects.csv")],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0, done.stdout + done.stderr
    assert "rejects.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(log.read(made.settings, made.settings.relationships_topic)) <= 1
