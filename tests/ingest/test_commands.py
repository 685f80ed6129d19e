"""`crm-pulse import` as it is typed: files, standard output, Kafka, dry runs, summaries."""

import json
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # its stubs forget it
from kafka.partitioner.default import murmur2
from typer.testing import CliRunner

from stream_app import cli
from stream_app.errors import UserError
from stream_app.settings import Settings
from tests.ingest.writing import LEADS, mapping_file

ROWS = "id,at,what\nb,2026-03-02T09:00:00Z,web\na,2026-03-01T09:00:00Z,phone\nc,soon,web\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export = tmp_path / "leads.csv"
    export.write_text(ROWS)
    return [str(mapping_file(tmp_path, LEADS)), str(export)]


def run(*words: str):
    done = CliRunner().invoke(cli.app, ["import", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def test_events_go_to_a_file_in_order_of_time_and_again_the_same(files, tmp_path):
    done = run(*files, "--to", "once.jsonl", "--json")
    run(*files, "--to", "twice.jsonl")

    assert json.loads(done.stdout) == {
        "mapping": "crm", "rows": {"rows": 3}, "rows_used": {"rows": 2}, "events": {"lead.created": 2}, "repeated": 0,
        "rejected": {"bad_time": 1}, "rejects_file": "crm.rejects.csv", "to": "once.jsonl",
    }  # fmt: skip
    once = (tmp_path / "once.jsonl").read_bytes()
    assert [json.loads(line)["subject"] for line in once.splitlines()] == ["a", "b"]
    assert (tmp_path / "twice.jsonl").read_bytes() == once


def test_events_alone_go_to_standard_output(files):
    done = run(*files, "--to", "-")

    assert [json.loads(line)["subject"] for line in done.stdout.splitlines()] == ["a", "b"]
    assert "left out: bad_time" in done.stderr


def test_a_summary_for_people_names_the_row_that_was_left_out(files):
    done = run(*files, "--to", "out.jsonl", "--rejects", "why.csv")

    assert "crm: 2 events to out.jsonl" in done.stdout
    assert "leads.csv:4: at: bad_time: 'soon' fits none of: iso" in done.stdout
    assert "Rows left out are in why.csv" in done.stdout


def test_a_dry_run_shows_the_first_events_and_writes_nothing(files, tmp_path):
    done = run(*files, "--dry-run", "--show", "1", "--to", "out.jsonl")

    assert '"subject": "a"' in done.stdout
    assert '"subject": "b"' not in done.stdout
    assert not (tmp_path / "out.jsonl").exists()


def test_events_reach_kafka_with_their_keys_where_java_clients_would_put_them(files, embedded_kafka, monkeypatch):
    monkeypatch.setenv("CRM_PULSE_BROKERS", embedded_kafka.address)
    monkeypatch.setenv("CRM_PULSE_ONE_RECORD_BATCHES", "true")
    admin = AdminClient({"bootstrap.servers": embedded_kafka.address})
    for made in admin.create_topics([NewTopic(f"crm.{name}", 4, 1) for name in Settings().sources]).values():
        made.result()

    with Path(files[1]).open("a") as export:
        export.writelines(f"lead-{number},2026-03-03T09:00:00Z,web\n" for number in range(20))

    assert json.loads(run(*files, "--json").stdout)["to"] == "kafka"

    consumer = Consumer({"bootstrap.servers": embedded_kafka.address, "group.id": "look"})
    consumer.assign([TopicPartition("crm.relationships", partition, 0) for partition in range(4)])
    messages = [message for _ in range(22) if (message := consumer.poll(20)) is not None]
    consumer.close()
    keys = [message.key() or b"" for message in messages]
    assert sorted(keys) == sorted([b"a", b"b", *(f"lead-{number}".encode() for number in range(20))])
    assert [message.partition() for message in messages] == [(murmur2(key) & 0x7FFFFFFF) % 4 for key in keys]
    assert len({message.partition() for message in messages}) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"CRM_PULSE_BROKERS": "127.0.0.1:1"}, "no Kafka broker answers at 127.0.0.1:1", id="no broker"),
        pytest.param({"CRM_PULSE_PARTITIONS": "many"}, "CRM_PULSE_PARTITIONS", id="wrong settings"),
    ],
)
def test_what_is_wrong_around_it_is_said_before_anything_is_sent(files, monkeypatch, change, message):
    monkeypatch.setattr("stream_app.ingest.sinks.CONNECT_SECONDS", 1.0)
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError) as stopped:
        CliRunner().invoke(cli.app, ["import", *files], catch_exceptions=False)

    assert message in stopped.value.message


def test_a_missing_export_and_a_folder_that_cannot_be_written_are_errors(files):
    with pytest.raises(UserError, match="there is no file"):
        CliRunner().invoke(cli.app, ["import", files[0], "none.csv", "--to", "x"], catch_exceptions=False)
    with pytest.raises(UserError, match="cannot write"):
        CliRunner().invoke(cli.app, ["import", *files, "--to", "none/x.jsonl"], catch_exceptions=False)
