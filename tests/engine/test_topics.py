"""Topics: the plan, and carrying it out on both brokers."""

from __future__ import annotations

import json
import time

import pytest
from typer.testing import CliRunner

from stream_app.commands.topics import app as command
from stream_app.engine import topics
from stream_app.engine.topics import Found, Topic, plan
from stream_app.errors import UserError
from stream_app.settings import Settings

TOPIC = Topic("t", "state", 4, 1, {"cleanup.policy": "compact", "segment.ms": "600000"})
GOOD = {"cleanup.policy": "compact", "segment.ms": "600000", "retention.ms": "-1"}

CASES = {
    "missing": (None, "create", dict(TOPIC.config)),
    "as it should be": (Found(4, GOOD), "keep", {}),
    "another setting": (Found(4, GOOD | {"segment.ms": "1"}), "configure", {"segment.ms": "600000"}),
    "settings not reported": (Found(4, None), "keep", {}),
    "more partitions": (Found(8, GOOD), "refuse", {}),
    "fewer partitions": (Found(1, {}), "refuse", {}),
}


@pytest.mark.parametrize(("found", "action", "config"), CASES.values(), ids=CASES)
def test_what_is_to_be_done(found, action, config):
    (step,) = plan([TOPIC], {} if found is None else {"t": found})
    assert (step.action, dict(step.config)) == (action, config)


def test_the_layout_gives_every_role_room_for_its_records():
    sizes = {topic.role: int(topic.config["max.message.bytes"]) for topic in topics.layout(Settings())}
    assert sizes == {"source": 4 * 2**20, "dead letters": 8 * 2**20, "state": 8 * 2**20, "control": 2**20}
    assert sizes["dead letters"] > sizes["source"]


def test_three_copies_need_two_to_acknowledge():
    for copies, needed in ((1, None), (3, "2")):
        for topic in topics.layout(Settings(replication=copies)):
            assert topic.config.get("min.insync.replicas") == needed


def test_a_second_apply_changes_nothing(kafka, installation):
    settings = installation(kafka.address)  # applies once
    wanted = topics.layout(settings)
    with topics.admin(settings) as client:
        assert {step.action for step in plan(wanted, topics.read(client, wanted))} == {"keep"}
    topics.check(settings)


def test_a_changed_setting_is_put_right(kafka, installation):
    from kafka.admin import ConfigResource

    settings = installation(kafka.address)
    wanted = topics.layout(settings)
    with topics.admin(settings) as client:
        client.alter_configs([ConfigResource("TOPIC", settings.cells_topic, {"cleanup.policy": "delete"})])
        steps = planned(client, wanted, {settings.cells_topic: "configure"})
        topics.apply(client, steps)
        planned(client, wanted, {})


def planned(client, wanted, expected):
    """Return the plan once it is the expected one: a broker takes a moment to see its own changes."""
    deadline = time.monotonic() + 10
    while True:
        steps = plan(wanted, topics.read(client, wanted))
        found = {step.topic.name: step.action for step in steps if step.action != "keep"}
        if found == expected or time.monotonic() > deadline:
            assert found == expected
            return steps
        time.sleep(0.1)


def environment(settings: Settings, **more: str) -> dict[str, str]:
    values = settings.model_dump(exclude_defaults=True) | more
    return {f"CRM_PULSE_{name.upper()}": str(value) for name, value in values.items()}


def test_the_commands_on_the_embedded_broker(embedded_kafka, installation):
    settings = installation(embedded_kafka.address)
    done = CliRunner().invoke(command, ["plan", "--json"], env=environment(settings))
    assert done.exit_code == 0
    assert {row["action"] for row in json.loads(done.stdout)} == {"keep"}
    done = CliRunner().invoke(command, ["apply"], env=environment(settings))
    assert done.exit_code == 0
    assert settings.journeys_topic[:20] in done.stdout


def test_a_changed_partition_count_is_refused_before_anything_is_done(embedded_kafka, installation):
    settings = installation(embedded_kafka.address)
    other = environment(settings, partitions="8", campaigns_topic="not-there-yet")
    done = CliRunner().invoke(command, ["apply"], env=other)
    assert isinstance(done.exception, UserError)
    assert "it has 4 partitions and the settings say 8" in done.exception.message
    with topics.admin(settings) as client:
        assert "not-there-yet" not in client.list_topics()


def test_a_worker_is_refused_when_state_and_source_differ_in_partitions(embedded_kafka, installation):
    settings = installation(embedded_kafka.address)
    more = settings.model_copy(update={"partitions": 8, "state_version": 2})
    with topics.admin(settings) as client:
        wanted = [topic for topic in topics.layout(more) if topic.role == "state"]
        topics.apply(client, plan(wanted, {}))
    with pytest.raises(UserError, match=r"has 4 partitions and its state topic .* has 8"):
        topics.check(settings.model_copy(update={"state_version": 2}))


def test_a_broker_that_does_not_answer_is_named():
    with pytest.raises(UserError, match=r"no Kafka broker answers at 127\.0\.0\.1:1"):
        topics.check(Settings(brokers="127.0.0.1:1"))
