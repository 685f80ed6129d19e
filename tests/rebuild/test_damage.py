"""Damage done to the topics of a stopped worker, on a real Kafka: it refuses to start, and so does the board."""

from __future__ import annotations

from functools import partial

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType

from stream_app.board.live import LiveModel
from stream_app.board.reader import Reader
from stream_app.board.soundness import judge
from stream_app.commands.doctor import state
from stream_app.engine.manifest import KEY as MANIFEST
from stream_app.errors import UserError
from stream_app.measures.read_model import ReadModel
from tests.board.boards import KPIS, MEASURES, NOW, WINDOWS
from tests.board.test_reader import until
from tests.engine.log import drained, make_topics, producer, read, write

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


def delete_head(settings, topic, *, until_end=False):
    """Delete the first records of partition 0, as an operator may who changes the cleanup policy."""
    admin = AdminClient({"bootstrap.servers": settings.brokers})
    entry = ConfigEntry("cleanup.policy", "compact,delete", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    admin.incremental_alter_configs([resource])[resource].result(30)
    end = len([one for one in read(settings, topic) if one.partition() == 0])
    place = TopicPartition(topic, 0, end if until_end else end // 2)
    admin.delete_records([place])[place].result(30)


def recreate(settings, topic):
    admin = AdminClient({"bootstrap.servers": settings.brokers})
    admin.delete_topics([topic])[topic].result(30)
    until(lambda: topic not in admin.list_topics(timeout=5).topics)
    make_topics(settings)


def grown_again(settings):
    recreate(settings, settings.relationships_topic)
    write(settings, [(b"%d" % (n % 9), b"") for n in range(900)])


def an_entry_vanishes(settings):
    """Stands for what no rule of Kafka allows: an entry deleted that the worker did not delete."""
    found = [one for one in read(settings, settings.journeys_topic) if one.partition() == 0]
    key = next(one.key() for one in found if one.key() != MANIFEST)
    manifest = [one for one in found if one.key() == MANIFEST][-1]
    out = producer(settings)
    out.produce(settings.journeys_topic, None, key, 0)
    # Twice: graves between the last two manifests are given to the partition's favour.
    for _ in range(2):
        out.produce(settings.journeys_topic, manifest.value(), manifest.key(), 0)
    out.flush(10)


DAMAGE = {
    "the head of the cells is deleted": (lambda s: delete_head(s, s.cells_topic), "cells/0 begins at offset", True),
    "the head of the journeys is deleted": (
        lambda s: delete_head(s, s.journeys_topic), "journeys/0 begins at offset", False),
    "one partition of the cells is emptied": (
        lambda s: delete_head(s, s.cells_topic, until_end=True), "cells/0 begins at offset", True),
    "the cells topic is made again": (
        lambda s: recreate(s, s.cells_topic), "is empty, and events up to offset", True),
    "the journeys topic is made again": (
        lambda s: recreate(s, s.journeys_topic), "is empty, and events up to offset", False),
    "both state topics are made again": (
        lambda s: (recreate(s, s.cells_topic), recreate(s, s.journeys_topic)), "is empty, and events up to", True),
    "the source topic is made again and has grown": (grown_again, "was deleted and made again", True),
    "an entry vanishes": (an_entry_vanishes, "journeys/0 lacks at least 1 of", False),
}  # fmt: skip


QUICK = {"the cells topic is made again", "an entry vanishes"}


@pytest.mark.parametrize(
    "damage", [pytest.param(one, marks=() if one in QUICK else pytest.mark.long) for one in DAMAGE]
)
def test_damaged_state_is_refused_by_worker_and_board(kafka, installation, worker, damage):
    """(faults 29, 30) What was done to the topics is named, with the way out; a board that reads it shows nothing."""
    harm, says, seen_by_board = DAMAGE[damage]
    settings = installation(kafka.address, partitions=2)
    write(settings, [(b"%d" % (n % 9), b"") for n in range(600)])
    process = worker(settings, "first").start()
    drained(settings, 600)
    assert process.terminate() == 0
    harm(settings)
    again = worker(settings, "second").start(wait=False)
    assert again.wait(60) == 70, again.tail()
    (line,) = [line for line in again.tail().splitlines() if "worker stops now" in line]
    assert says in line
    assert "crm-pulse rebuild" in line
    assert "Traceback" not in again.tail()
    with pytest.raises(UserError, match=says):
        state(settings)
    model = LiveModel(lambda: ReadModel(WINDOWS, MEASURES), {one.name: one for one in KPIS}, wall=lambda: NOW)
    reader = Reader(
        {"bootstrap.servers": settings.brokers, "log_level": 0}, [settings.cells_topic], model, partial(judge, settings)
    )
    reader.start()
    try:
        until(lambda: model.progress.damage or model.progress.ready)
        assert bool(model.progress.damage) == seen_by_board, model.progress
        assert model.progress.ready != seen_by_board
        if seen_by_board:
            assert "crm-pulse rebuild" in model.progress.reasons[0]
    finally:
        reader.stop()
