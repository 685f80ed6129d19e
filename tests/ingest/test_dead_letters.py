"""`crm-pulse dead-letters` on a broker: list, filter, show, mend and send back."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # its stubs forget it
from faust.types.tuples import TP
from typer.testing import CliRunner

from schemas import encode
from stream_app import cli
from stream_app.engine.dead_letters import letter
from stream_app.errors import UserError

AT = 1_772_409_600_000
SOURCE = "crm.relationships"
GOOD = encode("crm.lead.created.v1", {"channel": "web"}, id="e1", source="/t", time=AT, subject="lead-1")
NO_CHANNEL = GOOD.replace(b'"channel":"web"', b"").replace(b'"e1"', b'"e2"')
CUT = GOOD[:50]

# (offset, reason, field, key, value, headers, minutes after AT)
LETTERS: tuple[tuple[int, str, str, bytes | None, bytes, list[tuple[str, bytes]], int], ...] = (
    (10, "missing_field", "data.channel", b"lead-1", NO_CHANNEL, [("trace", b"abc")], 0),
    (11, "bad_json", "", b"lead-2", CUT, [], 10),
    (12, "unknown_type", "type", b"lead-1", GOOD, [], 20),
    (11, "bad_json", "", b"lead-2", CUT, [], 10),  # a worker that started again refuses it once more
    (13, "no_key", "", None, GOOD.replace(b'"subject":"lead-1",', b""), [], 30),
)


@pytest.fixture
def broker(embedded_kafka, monkeypatch):
    monkeypatch.setenv("CRM_PULSE_BROKERS", embedded_kafka.address)
    monkeypatch.setenv("CRM_PULSE_ONE_RECORD_BATCHES", "true")
    admin = AdminClient({"bootstrap.servers": embedded_kafka.address})
    topics = [SOURCE, "crm.users", "crm.campaigns", "crm.dead-letters"]
    for made in admin.create_topics([NewTopic(topic, 4, 1) for topic in topics]).values():
        made.result()
    producer = Producer({"bootstrap.servers": embedded_kafka.address, "batch.num.messages": 1})
    for offset, reason, field, key, value, headers, minutes in LETTERS:
        record = SimpleNamespace(offset=offset, key=key, value=value, headers=headers)
        dead: Any = SimpleNamespace(record=record, reason=reason, field=field, message=f"says {reason}")
        sent: Any = letter(dead, TP(SOURCE, 2), AT + minutes * 60_000)
        producer.produce("crm.dead-letters", sent[1], sent[0], headers=sent[2], partition=offset % 4)
    assert producer.flush(20) == 0
    return embedded_kafka.address


def run(*words: str):
    done = CliRunner().invoke(cli.app, ["dead-letters", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def listed(*words: str) -> list[str]:
    return [row["id"].rsplit("/", 1)[1] for row in json.loads(run("list", "--json", *words))["letters"]]


def arrived(address: str) -> list[tuple[bytes | None, bytes | None, dict[str, Any]]]:
    """Return the records of the source topic."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "look", "enable.partition.eof": True})
    consumer.assign([TopicPartition(SOURCE, partition, 0) for partition in range(4)])
    found, ends = [], 0
    while ends < 4:
        message = consumer.poll(10)
        assert message is not None
        if message.error():
            ends += 1
        else:
            found.append((message.key(), message.value(), dict(message.headers() or ())))
    consumer.close()
    return found


@pytest.mark.usefixtures("broker")
def test_letters_are_listed_filtered_and_shown():
    assert listed() == ["10", "11", "12", "13"]
    assert listed("--limit", "1") == ["13"]
    assert listed("--reason", "bad_json", "--reason", "no_key") == ["11", "13"]
    assert listed("--source", SOURCE) == ["10", "11", "12", "13"]
    assert listed("--source", f"{SOURCE}/2/1") == []
    assert listed("--source", f"{SOURCE}/2/12") == ["12"]
    assert listed("--since", "2026-03-02T00:10:00Z", "--until", "2026-03-02T00:20:00Z") == ["11"]
    assert listed("--since", "1h") == []
    assert "4 dead letters" in run("list")

    shown = run("show", f"{SOURCE}/2/10")
    for words in ("missing_field", "data.channel", "--set data.channel=VALUE", "trace = abc", '"specversion": "1.0"'):
        assert words in shown
    about = json.loads(run("show", f"{SOURCE}/2/11", "--json"))
    assert (about["reason"], about["key"], about["value"]) == ("bad_json", "lead-2", CUT.decode())


def test_a_redrive_sends_the_original_back_mended_and_marked(broker):
    plan = json.loads(run("redrive", "--all", "--set", "data.channel=phone", "--dry-run", "--json"))
    assert (plan["would_send"], plan["sent"], plan["kept"]) == (2, 0, 2)
    assert arrived(broker) == []

    done = json.loads(run("redrive", f"{SOURCE}/2/10", "--set", "data.channel=phone", "--json"))
    assert done["letters"] == [{"id": f"{SOURCE}/2/10", "outcome": "sent", "why": ""}]
    ((key, value, headers),) = arrived(broker)
    assert key == b"lead-1"
    assert json.loads(value or b"")["data"] == {"channel": "phone"}
    assert json.loads(value or b"")["id"] == "e2"
    assert headers == {"trace": b"abc", "redriven-from": f"{SOURCE}/2/10".encode()}


def test_a_redrive_without_changes_sends_the_same_bytes(broker):
    run("redrive", "--reason", "unknown_type")

    assert [(key, value) for key, value, _ in arrived(broker)] == [(b"lead-1", GOOD)]


def test_what_would_be_refused_again_is_kept_unless_forced(broker, tmp_path):
    kept = json.loads(run("redrive", "--reason", "bad_json", "--reason", "no_key", "--json"))
    assert (kept["sent"], kept["kept"]) == (0, 2)
    assert arrived(broker) == []

    run("redrive", "--reason", "bad_json", "--force")
    run("redrive", f"{SOURCE}/2/13", "--key", "lead-1")
    whole = tmp_path / "whole.json"
    whole.write_bytes(GOOD.replace(b"lead-1", b"lead-2"))
    run("redrive", f"{SOURCE}/2/11", "--value", str(whole))
    assert {(key, value) for key, value, _ in arrived(broker)} == {
        (b"lead-2", CUT), (b"lead-1", LETTERS[4][4]), (b"lead-2", GOOD.replace(b"lead-1", b"lead-2")),
    }  # fmt: skip


def test_an_unknown_id_sends_nothing_at_all(broker):
    with pytest.raises(UserError, match="there is no dead letter elsewhere/0/1; nothing was sent"):
        run("redrive", f"{SOURCE}/2/10", "elsewhere/0/1", "--set", "data.channel=phone")
    assert arrived(broker) == []


@pytest.mark.usefixtures("broker")
def test_a_narrow_terminal_shows_ids_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert f"{SOURCE}/2/10" in run("list")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["redrive"], "redrive what", id="everything only when asked for"),
        pytest.param(["list", "--reason", "nonsense"], "no reason 'nonsense'", id="unknown reason"),
        pytest.param(["list", "--since", "yesterday"], "is no time", id="no time"),
        pytest.param(["redrive", "--all", "--set", "channel"], "no assignment", id="no assignment"),
        pytest.param(["redrive", "--all", "--value", "x.json"], "exactly one", id="one value for all"),
    ],
)
def test_wrong_words_are_errors_with_a_fix(words, message):
    with pytest.raises(UserError) as stopped:
        CliRunner().invoke(cli.app, ["dead-letters", *words], catch_exceptions=False)

    assert message in stopped.value.message + stopped.value.hint.lower()


def test_a_broker_that_is_not_there_is_an_error_with_its_address(monkeypatch):
    monkeypatch.setattr("stream_app.ingest.letters.CONNECT_SECONDS", 1.0)
    monkeypatch.setenv("CRM_PULSE_BROKERS", "127.0.0.1:1")
    with pytest.raises(UserError, match=r"no Kafka broker answers at 127\.0\.0\.1:1"):
        CliRunner().invoke(cli.app, ["dead-letters", "list"], catch_exceptions=False)


def test_a_missing_topic_is_an_error_that_says_what_to_run(embedded_kafka, monkeypatch):
    monkeypatch.setenv("CRM_PULSE_BROKERS", embedded_kafka.address)
    monkeypatch.setenv("CRM_PULSE_DEAD_LETTERS_TOPIC", "crm.elsewhere")
    with pytest.raises(UserError) as stopped:
        CliRunner().invoke(cli.app, ["dead-letters", "list"], catch_exceptions=False)

    assert "has no topic crm.elsewhere" in stopped.value.message
    assert "topics apply" in stopped.value.hint
