"""Topics as they should be, as they are, and the steps between the two."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from stream_app.engine.clients import kafka_python, no_broker
from stream_app.engine.manifest import COPY
from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kafka.admin import KafkaAdminClient

    from stream_app.settings import Settings

_CONNECT_MS = 5_000
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_MIB = 1024 * 1024

_TABLES = ("cells", "journeys")

Role = Literal["source", "state", "dead letters", "control"]
Action = Literal["create", "configure", "keep", "refuse"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be."""

    name: str
    role: Role
    partitions: int
    replication: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as the broker has it; ``config`` is None where the broker does not tell."""

    partitions: int
    config: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What has to be done to one topic, and why."""

    topic: Topic
    action: Action
    config: Mapping[str, str] = field(default_factory=dict)
    """Settings to change."""
    note: str = ""


def _config(role: Role, replication: int) -> dict[str, str]:
    """Return the topic settings of a role.

    Sources keep everything, because a new state version reads history again, and are timed by the
    broker: a producer whose clock is years ahead would take the watermark with it, and all panes would
    leave. State is compacted soon and in small segments, so that recovery reads little more than the
    live entries; the lag keeps the better of two records long enough for recovery to find it. Dead
    letters hold a record of the largest size with its headers.
    """
    common = {"min.insync.replicas": "2"} if replication >= 3 else {}
    match role:
        case "source":
            return common | {
                "cleanup.policy": "delete",
                "retention.ms": "-1",
                "retention.bytes": "-1",
                "message.timestamp.type": "LogAppendTime",
                "max.message.bytes": str(4 * _MIB),
            }
        case "state":
            return common | {
                "cleanup.policy": "compact",
                "segment.ms": str(10 * 60_000),
                "segment.bytes": str(64 * _MIB),
                "min.cleanable.dirty.ratio": "0.1",
                "min.compaction.lag.ms": str(_HOUR_MS),
                "max.compaction.lag.ms": str(_DAY_MS),
                "delete.retention.ms": str(_DAY_MS),
                "max.message.bytes": str(8 * _MIB),
            }
        case "control":
            return common | {"cleanup.policy": "compact", "max.message.bytes": str(_MIB)}
        case "dead letters":
            return common | {
                "cleanup.policy": "delete",
                "retention.ms": str(90 * _DAY_MS),
                "max.message.bytes": str(8 * _MIB),
            }


def layout(settings: Settings) -> tuple[Topic, ...]:
    """Return every topic of an installation."""
    names: tuple[tuple[str, Role], ...] = (
        *((source, "source") for source in settings.sources.values()),
        (settings.dead_letters_topic, "dead letters"),
        *((settings.state_topic(agent, table), "state") for agent in settings.sources for table in _TABLES),
        (settings.control_topic, "control"),
    )
    return tuple(
        Topic(
            name,
            role,
            1 if role == "control" else settings.partitions,
            settings.replication,
            _config(role, settings.replication),
        )
        for name, role in names
    )


def plan(wanted: Iterable[Topic], found: Mapping[str, Found]) -> tuple[Step, ...]:
    """Compare topics as they should be with those that exist."""
    return tuple(_step(topic, found.get(topic.name)) for topic in wanted)


def _step(topic: Topic, found: Found | None) -> Step:
    if found is None:
        return Step(topic, "create", topic.config)
    if found.partitions != topic.partitions:
        return Step(
            topic, "refuse", note=f"it has {found.partitions} partitions and the settings say {topic.partitions}"
        )
    if found.config is None:
        return Step(topic, "keep", note="this broker does not report topic settings")
    differing = {name: value for name, value in topic.config.items() if found.config.get(name) != value}
    if not differing:
        return Step(topic, "keep")
    changes = ", ".join(f"{name} {found.config.get(name)} -> {value}" for name, value in differing.items())
    return Step(topic, "configure", differing, changes)


def refuse_changed_partitions(steps: Sequence[Step]) -> None:
    """Raise UserError when a step would have to change the partition count of a topic."""
    refused = [step for step in steps if step.action == "refuse"]
    if refused:
        raise UserError(
            "\n".join(f"Topic {step.topic.name}: {step.note}." for step in refused),
            "The partition of a key decides where its state lives, so the count of a topic never changes. "
            "Set CRM_PULSE_PARTITIONS to what the topics have, or choose new topic names and a new "
            "CRM_PULSE_STATE_VERSION and import the history again.",
        )


def _await_broker(settings: Settings) -> None:
    """Wait until a bootstrap server accepts connections.

    Asked with a plain socket, because an admin client that cannot connect leaves its sockets open.
    """
    deadline = time.monotonic() + _CONNECT_MS / 1000
    while True:
        for server in settings.bootstrap:
            host, _, port = server.rpartition(":")
            try:
                socket.create_connection((host.strip("[]"), int(port)), timeout=1).close()
            except (OSError, ValueError):
                continue
            return
        if time.monotonic() > deadline:
            raise no_broker(settings)
        time.sleep(0.2)


@contextmanager
def admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    """Connect an admin client for the length of the block; raises UserError when no broker answers."""
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    _await_broker(settings)
    try:
        client = KafkaAdminClient(**kafka_python(settings), bootstrap_timeout_ms=_CONNECT_MS)
    except KafkaError as error:
        raise UserError(
            f"What listens at {settings.brokers} does not answer as a Kafka broker: {error}",
            "Do CRM_PULSE_SECURITY_PROTOCOL and the credentials fit it?",
        ) from error
    try:
        yield client
    finally:
        client.close()


def read(client: KafkaAdminClient, wanted: Iterable[Topic]) -> dict[str, Found]:
    """Return those of the wanted topics that exist."""
    from kafka.admin import ConfigResource

    names = {topic.name for topic in wanted}
    # All topics are listed and filtered here: asking for a name can create it on some brokers.
    counts = {
        about["name"]: len(about["partitions"])
        for about in client.describe_topics()
        if about["name"] in names and not about["error_code"]
    }
    if not counts:
        return {}
    resources = [ConfigResource("TOPIC", name) for name in counts]
    configs: dict[str, dict[str, Any]] = client.describe_configs(resources, config_filter="all").get("topic", {})
    return {
        name: Found(
            count,
            {key: str(entry["value"]) for key, entry in configs[name].items()} if configs.get(name) else None,
        )
        for name, count in counts.items()
    }


def apply(client: KafkaAdminClient, steps: Sequence[Step]) -> None:
    """Carry out the steps; a second time there is nothing left to do. Refused steps raise UserError first."""
    from kafka.admin import ConfigResource

    refuse_changed_partitions(steps)
    new = {
        step.topic.name: {
            "num_partitions": step.topic.partitions,
            "replication_factor": step.topic.replication,
            "configs": dict(step.config),
        }
        for step in steps
        if step.action == "create"
    }
    if new:
        client.create_topics(new, timeout_ms=30_000)
        client.wait_for_topics(list(new), timeout_ms=30_000)
    changed = [
        ConfigResource("TOPIC", step.topic.name, dict(step.config)) for step in steps if step.action == "configure"
    ]
    if changed:
        client.alter_configs(changed)


def check(settings: Settings) -> None:
    """Raise UserError unless every topic exists and source and state topics have equal partition counts."""
    wanted = layout(settings)
    with admin(settings) as client:
        found = read(client, wanted)
    missing = [topic.name for topic in wanted if topic.name not in found]
    if missing:
        raise UserError(
            f"Missing on {settings.brokers}: {', '.join(missing)}.", "Create the topics: crm-pulse topics apply"
        )
    for agent, source in settings.sources.items():
        count = found[source].partitions
        for name in (settings.state_topic(agent, table) for table in _TABLES):
            if found[name].partitions != count:
                raise UserError(
                    f"Topic {source} has {count} partitions and its state topic {name} has {found[name].partitions}.",
                    f"{COPY}.",
                )
