"""doctor: every check is a finding, and none hides another."""

from __future__ import annotations

import json

import typer
from typer.testing import CliRunner

from stream_app.commands.doctor import doctor, examine
from tests.engine.log import write

NOBODY = {"worker_port": 1, "board_port": 1}


def verdicts(settings) -> dict[str, str]:
    return {finding.check: finding.verdict for finding in examine(settings)}


def test_a_healthy_installation_without_its_roles_only_warns(embedded_kafka, installation):
    settings = installation(embedded_kafka.address, **NOBODY)
    assert verdicts(settings) == {
        "python": "ok",
        "packages": "ok",
        "topics": "ok",
        "policies": "ok",
        "state": "ok",
        "lag": "warn",
        "worker": "warn",
        "board": "warn",
    }


def test_missing_topics_fail_with_the_command_that_makes_them(embedded_kafka, installation):
    settings = installation(embedded_kafka.address, **NOBODY).model_copy(update={"state_version": 9})
    failed = [finding for finding in examine(settings) if finding.verdict == "fail"]
    assert [finding.check for finding in failed] == ["topics"]
    assert "crm-pulse topics apply" in failed[0].fix


def test_lag_is_told_and_the_worker_answers(kafka, installation, worker):
    settings = installation(kafka.address, board_port=1)
    process = worker(settings).start()
    write(settings, [(b"a", b"1")] * 5)
    seen = settings.model_copy(update={"worker_port": process.port})
    for _ in range(100):
        found = {finding.check: finding for finding in examine(seen)}
        if found["lag"].found.startswith("0 records behind"):
            break
    assert found["lag"].found == "0 records behind, over 12 partitions of 3 topics"
    assert found["worker"].verdict == "ok"


def test_a_failure_is_the_exit_status():
    app = typer.Typer()
    app.command()(doctor)
    done = CliRunner().invoke(app, ["--json"], env={"CRM_PULSE_BROKERS": "127.0.0.1:1"})
    assert done.exit_code == 1
    assert {row["check"]: row["verdict"] for row in json.loads(done.stdout)}["topics"] == "fail"
