"""`crm-pulse simulate` as it is typed."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # its stubs forget it
from typer.testing import CliRunner

from stream_app import cli
from stream_app.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
START = ("--start", "2026-03-02T00:00:00Z")


def run(*words: str) -> dict[str, object]:
    done = CliRunner().invoke(cli.app, ["simulate", *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_a_file_is_written_at_once_and_the_same_every_time(tmp_path):
    for name in ("a", "b"):
        summary = run("--events", "500", "--seed", "7", "--to", str(tmp_path / name), *START)
        assert summary["events"] == 500
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_duration_and_history_are_spans_of_the_traffic(tmp_path):
    run("--duration", "1h", "--history", "1d", "--rate", "1", "--to", str(tmp_path / "a"), "--residents", "0", *START)
    times = sorted(json.loads(line)["time"] for line in (tmp_path / "a").read_text().splitlines())

    assert times[0] >= "2026-03-02T00:00:00"
    assert "2026-03-03T00:50:00" < times[-1] <= "2026-03-03T01:00:00"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["--to", "x"], "grow for ever", id="a file without an end"),
        pytest.param(["--duration", "soon"], "--duration 'soon'", id="no duration"),
        pytest.param(["--events", "1", "--start", "now"], "--start 'now'", id="no time"),
        pytest.param(["--events", "1", "--start", "2026-03-02T00:00:00"], "has no zone", id="no zone"),
    ],
)
def test_wrong_words_are_errors(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as stopped:
        CliRunner().invoke(cli.app, ["simulate", *words], catch_exceptions=False)

    assert message in stopped.value.message


def test_live_traffic_goes_at_its_pace_until_it_is_told_to_stop(embedded_kafka):
    admin = AdminClient({"bootstrap.servers": embedded_kafka.address})
    topics = [NewTopic(f"crm.{family}", 4, 1) for family in ("relationships", "users", "campaigns")]
    for made in admin.create_topics(topics).values():
        made.result()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "stream_app", "simulate", "--rate", "40", "--residents", "20", "--json"),
            *("--short-lives", "--rhythm", "never"),
        ],
        cwd=ROOT,
        env={"CRM_PULSE_BROKERS": embedded_kafka.address, "CRM_PULSE_ONE_RECORD_BATCHES": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(6)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    summary = json.loads(out)

    assert process.returncode == 0
    assert 10 < summary["live"] < 600
    assert summary["events"] == summary["live"] + summary["history"]
