"""Writes that the broker refuses, bugs in the fold, and wrong settings: the worker ends and says why."""

from __future__ import annotations

import contextlib
import time

import pytest
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from stream_app.engine import topics
from stream_app.engine.failstop import EXIT_FAIL_STOP
from stream_app.engine.manifest import KEY as MANIFEST
from tests.engine.log import committed, drained, latest, read, write
from tests.faults.kafka.at_rest import check, counted

pytestmark = pytest.mark.kafka

LITERAL = ACLResourcePatternType.LITERAL


def limit_records(settings, topic, size):
    with topics.admin(settings) as client:
        client.alter_configs([ConfigResource("TOPIC", topic, {"max.message.bytes": str(size)})])


class TooLarge:
    """The broker takes no record of more than a few bytes."""

    def begin(self, settings, topic):
        limit_records(settings, topic, 20)

    def end(self, settings, topic):
        limit_records(settings, topic, 1 << 20)


class NotAllowed:
    """An ACL forbids to write to the topic."""

    def begin(self, settings, topic):
        deny = ACLOperation.WRITE, ACLPermissionType.DENY
        rule = ACL("User:ANONYMOUS", "*", *deny, ResourcePattern(ResourceType.TOPIC, topic))
        with topics.admin(settings) as client:
            client.create_acls([rule])

    def end(self, settings, topic):
        every = ACLOperation.ANY, ACLPermissionType.ANY
        rule = ACLFilter(None, None, *every, ResourcePatternFilter(ResourceType.TOPIC, topic, LITERAL))
        with topics.admin(settings) as client:
            client.delete_acls([rule])


@pytest.mark.parametrize(
    ("refusal", "topic"),
    [
        pytest.param(TooLarge(), "cells_topic", id="cells too large"),
        pytest.param(TooLarge(), "journeys_topic", id="journeys too large", marks=pytest.mark.long),
        pytest.param(TooLarge(), "dead_letters_topic", id="dead letters too large", marks=pytest.mark.long),
        pytest.param(NotAllowed(), "cells_topic", id="cells not allowed", marks=pytest.mark.long),
    ],
)
def test_a_write_that_the_broker_refuses_ends_the_worker(broker, installation, worker, refusal, topic):
    """(faults 15, 24) Exit 70, nothing committed, the log names the topic; when it is mended all is folded once."""
    settings = installation(broker.address, partitions=1)
    process = worker(settings).start()
    refusal.begin(settings, getattr(settings, topic))
    write(settings, [(b"a", b"1"), (b"b", b"poison")])
    assert process.wait(60) == EXIT_FAIL_STOP
    assert "must not be lost" in process.tail()
    assert getattr(settings, topic) in process.tail()
    assert committed(settings) == {0: 0}
    refusal.end(settings, getattr(settings, topic))
    again = worker(settings, "again").start()
    drained(settings, 2)
    assert again.terminate() == 0
    assert counted(settings) == ({b"a": 1}, 1)
    letters = read(settings, settings.dead_letters_topic)
    assert {letter.value() for letter in letters} == {b"poison"}


def answers(process):
    """Follow a process to its end; return what /healthz and /metrics said meanwhile."""
    said, pages = set(), 0
    while process.exit_code is None:
        said.add(process.health().get("status"))
        with contextlib.suppress(OSError):
            pages += "crm_kpi_rebalances_total" in process.metrics()
        time.sleep(0.02)
    return said - {None}, pages


def entries(settings) -> int:
    """Return how many records the state topics hold beside manifests: each start writes those of a term of its own."""
    found = [*read(settings, settings.journeys_topic), *read(settings, settings.cells_topic)]
    return sum(message.key() != MANIFEST for message in found)


def test_a_bug_in_the_fold_ends_every_worker_that_meets_it(broker, installation, worker, monkeypatch):
    """
    (faults 34, 35) A crash loop: exit 70 each time with the traceback, nothing of the batch committed or written.

    What is before the batch stays, /healthz and /metrics answer in every turn, and no turn of the loop is hot:
    each costs the start of a process. A corrected program folds on from there.
    """
    settings = installation(broker.address, partitions=1)
    good = [(b"a", b"1"), (b"b", b"2")]
    process = worker(settings).start()
    write(settings, good)
    drained(settings, 2)
    assert process.terminate() == 0
    before = entries(settings)
    more = [(b"a", b"3"), (b"c", b"bug"), (b"d", b"4")]
    write(settings, more)
    for _ in range(2):
        started = time.monotonic()
        process.start(wait=False)
        said, pages = answers(process)
        assert process.wait(60) == EXIT_FAIL_STOP
        assert time.monotonic() - started > 0.5
        assert said
        assert pages
    assert process.tail(100_000).count("ZeroDivisionError: a test asked for it") == 2
    assert "nothing of this batch was committed" in process.tail()
    assert committed(settings) == {0: 2}
    assert entries(settings) == before
    assert counted(settings) == ({b"a": 1, b"b": 1}, 2)
    monkeypatch.setenv("COUNTING_CORRECTED", "1")
    corrected = worker(settings, "corrected").start()
    check(settings, [corrected], worker, written=good + more)


def test_a_shard_that_hangs_is_ended_with_the_stacks_of_all_threads(broker, installation, worker, monkeypatch):
    """(fault 35) A fold that never returns is found by the watchdog: exit 70, and the log shows where it hangs."""
    settings = installation(broker.address, partitions=1, stall_timeout=5)
    monkeypatch.setenv("COUNTING_DELAY", "60")
    process = worker(settings).start()
    write(settings, [(b"a", b"1")])
    assert process.wait(30) == EXIT_FAIL_STOP
    assert "the event loop has been blocked" in process.tail()
    assert "in apply" in process.tail()
    assert latest(settings, settings.journeys_topic) == {}
    assert committed(settings) == {0: 0}


LOGIN = {"security_protocol": "SASL_PLAINTEXT", "sasl_username": "pulse"}


@pytest.mark.parametrize(
    ("door", "given", "told"),
    [
        pytest.param("nobody", {}, "no Kafka broker answers at", id="wrong broker"),
        pytest.param(
            "plain",
            LOGIN | {"sasl_mechanism": "PLAIN", "sasl_password": "right"},
            "credentials",
            id="needs no login",
            marks=pytest.mark.long,
        ),
        pytest.param("login", {}, "credentials", id="login missing", marks=pytest.mark.long),
        pytest.param(
            "login", LOGIN | {"sasl_mechanism": "PLAIN", "sasl_password": "wrong"}, "credentials", id="wrong password"
        ),
        pytest.param(
            "login",
            LOGIN | {"sasl_mechanism": "SCRAM-SHA-512", "sasl_password": "right"},
            "credentials",
            id="wrong mechanism",
            marks=pytest.mark.long,
        ),
        pytest.param("plain", {"state_version": 7}, "crm-pulse topics apply", id="no topics", marks=pytest.mark.long),
    ],
)
def test_a_wrong_setting_ends_the_worker_with_a_sentence(broker, installation, worker, door, given, told):
    """(fault 46) It ends soon, not with status 0, and the last words say what is wrong and what to do."""
    settings = installation(broker.address)
    address = {"nobody": "127.0.0.1:1", "plain": broker.address, "login": f"127.0.0.1:{broker.login_port}"}[door]
    process = worker(settings, **given)
    process.environment = {**process.environment, "CRM_PULSE_BROKERS": address}
    process.start(wait=False)
    assert process.wait(60) not in {0, -9}
    assert told in process.tail()
    assert committed(settings) == dict.fromkeys(range(4), 0)


@pytest.mark.long
def test_the_right_login_is_let_in(broker, installation, worker):
    """(fault 46) What the wrong settings are wrong against."""
    settings = installation(broker.address)
    right = LOGIN | {"sasl_mechanism": "PLAIN", "sasl_password": "right"}
    process = worker(settings, **right)
    process.environment = {**process.environment, "CRM_PULSE_BROKERS": f"127.0.0.1:{broker.login_port}"}
    write(settings, [(b"a", b"1")])
    process.start()
    drained(settings, 1)
    assert process.terminate() == 0


@pytest.mark.long
def test_of_two_workers_with_one_name_the_older_one_ends(broker, installation, worker):
    """(fault 46) Exit 70 and a sentence that names the setting; the other one has everything."""
    settings = installation(broker.address, session_timeout=20)
    first = worker(settings, "first", instance_id="same").start()
    second = worker(settings, "second", instance_id="same").start(wait=False)
    assert first.wait(60) == EXIT_FAIL_STOP
    assert "CRM_PULSE_INSTANCE_ID" in first.tail()
    second.wait_ready()
    log = [(b"a", b"1"), (b"b", b"2")]
    write(settings, log)
    check(settings, [second], worker, written=log, gone=[first], explained=["CRM_PULSE_INSTANCE_ID"])
