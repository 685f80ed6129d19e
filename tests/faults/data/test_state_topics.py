"""State topics that lost something: the worker refuses to count from them and names the way out (29 to 31)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Consumer, TopicPartition
from kafka import TopicPartition as Place
from kafka.admin import ConfigResource
from kafka.errors import BrokerResponseError

from stream_app.engine import topics
from stream_app.engine.failstop import EXIT_FAIL_STOP
from tests.engine.log import drained, per_key, read, write
from tests.engine.test_exactly_once import counted, events

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream_app.settings import Settings
    from tests.engine.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka


def ends(settings: Settings, *names: str) -> dict[tuple[str, int], int]:
    """Return the end of every partition of topics."""
    consumer = Consumer({"bootstrap.servers": settings.brokers, "group.id": "tests.ends"})
    found = {
        (name, number): consumer.get_watermark_offsets(TopicPartition(name, number), timeout=10)[1]
        for name in names
        for number in consumer.list_topics(name, timeout=10).topics[name].partitions
    }
    consumer.close()
    return found


def delete_up_to(settings: Settings, topic: str, share: float, partitions: list[int]) -> None:
    """Delete the first *share* of some partitions with DeleteRecords.

    Kafka refuses that for a compacted topic; somebody must have changed its cleanup policy first.
    """
    upto = {Place(topic, n): round(end * share) for (_, n), end in ends(settings, topic).items() if n in partitions}
    with topics.admin(settings) as client:
        with pytest.raises(BrokerResponseError):
            client.delete_records(upto)
        client.alter_configs([ConfigResource("TOPIC", topic, {"cleanup.policy": "delete"})])
        deadline = time.monotonic() + 20
        while True:
            try:
                client.delete_records(upto)
            except BrokerResponseError:  # the broker has not applied the change yet
                assert time.monotonic() < deadline
            else:
                break
        client.alter_configs([ConfigResource("TOPIC", topic, {"cleanup.policy": "compact"})])


def make_again(settings: Settings, topic: str) -> None:
    """Delete a topic and make it again, empty, as `crm-pulse topics apply` would."""
    wanted = topics.layout(settings)
    with topics.admin(settings) as client:
        client.delete_topics([topic])
        while topic in topics.read(client, wanted):
            time.sleep(0.1)
        topics.apply(client, topics.plan(wanted, topics.read(client, wanted)))


def more_partitions(settings: Settings, topic: str, count: int) -> None:
    """Give a topic more partitions."""
    with topics.admin(settings) as client:
        client.create_partitions({topic: count})


def refused(process: WorkerProcess, *words: str) -> None:
    """Start a worker and check that it ends by itself, was never ready, and says all these words."""
    before = len(process.tail(10_000_000))
    process.start(wait=False)
    while process.exit_code is None:
        assert process.health().get("status") != "ready", process.tail()
        time.sleep(0.1)
    assert process.exit_code == EXIT_FAIL_STOP
    said = process.tail(10_000_000)[before:]
    assert [word for word in words if word not in said] == [], said


@pytest.fixture
def counted_and_stopped(kafka, installation, worker) -> Callable[[], tuple[Settings, WorkerProcess]]:
    """Make an installation that has counted 400 events and been stopped in order."""

    def make() -> tuple[Settings, WorkerProcess]:
        settings = installation(kafka.address, partitions=2)
        write(settings, events(400, 50))
        process = worker(settings).start()
        drained(settings, 400)
        assert process.terminate() == 0
        return settings, process

    return make


quick = ()
slow = pytest.mark.long
"""The quick selection has one of a kind."""


@pytest.mark.parametrize(
    ("role", "share", "partitions"),
    [
        pytest.param("cells_topic", 0.5, [0, 1], id="cells, their first half", marks=slow),
        pytest.param("journeys_topic", 0.5, [0, 1], id="journeys, their first half", marks=quick),
        pytest.param("cells_topic", 1.0, [1], id="cells, one partition whole", marks=slow),
        pytest.param("journeys_topic", 1.0, [1], id="journeys, one partition whole", marks=slow),
    ],
)
def test_state_whose_records_were_deleted_is_refused(counted_and_stopped, role, share, partitions):
    """
    (fault 29) DeleteRecords on a state topic, its head or a whole partition: refused with status 70.

    The worker is never ready, names topic, partition and `crm-pulse rebuild`, and writes nothing.
    """
    settings, process = counted_and_stopped()
    name = getattr(settings, role)
    delete_up_to(settings, name, share, partitions)
    before = ends(settings, settings.cells_topic, settings.journeys_topic)
    refused(process, f"{name}/{partitions[0]}", "crm-pulse rebuild")
    assert ends(settings, settings.cells_topic, settings.journeys_topic) == before


@pytest.mark.parametrize(
    "roles",
    [
        pytest.param(["cells_topic"], id="cells", marks=slow),  # quick in tests/rebuild/test_damage.py
        pytest.param(["journeys_topic"], id="journeys", marks=slow),
        pytest.param(["cells_topic", "journeys_topic"], id="both", marks=slow),
    ],
)
def test_a_state_topic_that_was_made_again_is_refused(counted_and_stopped, roles):
    """
    (fault 29) State topics deleted and made again, empty: refused as above, for events were counted into them.
    """
    settings, process = counted_and_stopped()
    for role in roles:
        make_again(settings, getattr(settings, role))
    refused(process, getattr(settings, roles[0]), "crm-pulse rebuild")
    assert not any(read(settings, getattr(settings, role)) for role in roles)


@pytest.mark.parametrize("grown", [pytest.param(3, id="shorter", marks=slow), pytest.param(900, id="grown past")])
def test_a_source_topic_that_was_made_again_is_refused(counted_and_stopped, grown):
    """
    (fault 30) The source topic deleted and made again, so that other events have the old offsets: refused by its id.

    Also when it has already grown past what the state knows, so that its ends tell nothing.
    """
    settings, process = counted_and_stopped()
    make_again(settings, settings.relationships_topic)
    write(settings, events(grown, 50))
    before = ends(settings, settings.cells_topic, settings.journeys_topic)
    refused(process, settings.relationships_topic, "deleted and made again", "crm-pulse rebuild")
    assert ends(settings, settings.cells_topic, settings.journeys_topic) == before


@pytest.mark.long
@pytest.mark.parametrize("role", ["relationships_topic", "cells_topic", "journeys_topic"])
def test_a_topic_that_is_made_again_under_a_running_worker_ends_it(kafka, installation, worker, role):
    """
    (faults 29, 30) A topic deleted and made again while the worker runs: it ends, and the next start refuses.

    What it counted before is not mixed with what came after.
    """
    settings = installation(kafka.address, partitions=2)
    write(settings, events(400, 50))
    process = worker(settings).start()
    drained(settings, 400)
    make_again(settings, getattr(settings, role))
    assert process.wait(90) == EXIT_FAIL_STOP
    refused(process, getattr(settings, role), "crm-pulse rebuild")


@pytest.mark.parametrize(
    "roles",
    [
        pytest.param(["relationships_topic"], id="source"),
        pytest.param(["cells_topic"], id="cells", marks=slow),
        pytest.param(["journeys_topic"], id="journeys", marks=slow),
        pytest.param(["relationships_topic", "cells_topic", "journeys_topic"], id="all at once", marks=slow),
    ],
)
def test_a_changed_number_of_partitions_is_refused_at_start(counted_and_stopped, roles):
    """
    (fault 31) More partitions on the source, on a state topic, or on all at once: the worker does not start.

    It says that partitions are the matter, also where all have as many and so look right together.
    """
    settings, process = counted_and_stopped()
    for role in roles:
        more_partitions(settings, getattr(settings, role), 3)
    refused(process, settings.relationships_topic, "partitions")


@pytest.mark.long
@pytest.mark.parametrize("role", ["relationships_topic", "cells_topic", "journeys_topic"])
def test_a_changed_number_of_partitions_ends_a_running_worker(kafka, installation, worker, role):
    """
    (fault 31) More partitions while the worker runs: it ends within a minute, and does not start again.

    Keys move to other partitions than their state.
    """
    settings = installation(kafka.address, partitions=2)
    write(settings, events(400, 50))
    process = worker(settings).start()
    drained(settings, 400)
    more_partitions(settings, getattr(settings, role), 3)
    assert process.wait(60) == EXIT_FAIL_STOP
    refused(process, settings.relationships_topic, "partitions")


@pytest.mark.long
def test_state_that_nothing_happened_to_is_taken(counted_and_stopped):
    """
    (fault 29) The other side: an untouched state is not refused, and nothing is counted again.
    """
    settings, process = counted_and_stopped()
    process.start()
    write(settings, events(100, 50))
    drained(settings, 500)
    assert process.terminate() == 0
    assert counted(settings) == (per_key([*events(400, 50), *events(100, 50)]), 500)
