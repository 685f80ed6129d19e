"""What is set inside aiokafka: each test fails when its function does nothing."""

from __future__ import annotations

import asyncio
import contextlib
from types import SimpleNamespace

import aiokafka
import pytest
from aiokafka.consumer import fetcher
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance, GroupCoordinator
from aiokafka.errors import CommitFailedError
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.protocol.group import HeartbeatRequest, SyncGroupRequest

from stream_app.engine import patches
from stream_app.errors import UserError
from tests.engine.log import write


def test_a_fetch_keeps_its_bytes(monkeypatch):
    monkeypatch.setattr(fetcher, "MemoryRecords", fetcher.MemoryRecords)
    patches.keep_fetched_bytes()
    records = fetcher.MemoryRecords(b"some bytes")
    assert records.data == b"some bytes"
    assert not records.has_next()


@pytest.mark.parametrize("confirmed", [True, False])
async def test_only_confirmed_heartbeats_are_heard(confirmed):
    class Silent(GroupCoordinator):  # type: ignore[misc]  # aiokafka has no types
        def __init__(self):
            """Leave out the connection."""
            self.generation = 4

        async def _do_heartbeat(self):
            self.generation = 5
            return confirmed

    heard: list[tuple[float, int]] = []
    coordinator = Silent()
    moments = iter([7.0, 99.0])
    patches.hear_heartbeats(coordinator, lambda *sent: heard.append(sent), now=lambda: next(moments))
    assert await coordinator._do_heartbeat() is confirmed
    assert heard == [(7.0, 4)] * confirmed, "an answer proves the session at the time of the question"


@pytest.mark.parametrize(
    ("request_", "error", "heard"),
    [
        (SyncGroupRequest("g", 5, "me", None, []), 0, [(7.0, 5)]),
        (SyncGroupRequest("g", 5, "me", None, []), 27, []),
        (HeartbeatRequest("g", 5, "me"), 0, []),
    ],
    ids=["given", "refused", "asked for something else"],
)
async def test_only_assignments_that_were_given_are_heard(request_, error, heard):
    class Silent(GroupCoordinator):  # type: ignore[misc]  # aiokafka has no types
        def __init__(self):
            """Leave out the connection."""
            self.generation = 5

        async def _send_req(self, request):
            return SimpleNamespace(error_code=error, of=request)

    found: list[tuple[float, int]] = []
    coordinator = Silent()
    moments = iter([7.0, 99.0])
    patches.hear_assignments(coordinator, lambda *sent: found.append(sent), now=lambda: next(moments))
    assert (await coordinator._send_req(request_)).of is request_
    assert found == heard, "a session begins with the question"


@pytest.mark.parametrize("joined", [5, 4], ids=["own generation", "another's"])
async def test_a_commit_is_sent_in_the_generation_of_its_partitions_only(joined):
    class Sending(GroupCoordinator):  # type: ignore[misc]  # aiokafka has no types
        def __init__(self):
            """Leave out the connection."""
            self.generation = 5

        async def _do_commit_offsets(self, assignment, offsets):
            sent.append((assignment, offsets))

    sent: list[tuple[object, object]] = []
    coordinator = Sending()
    patches.fence_commits(coordinator, lambda: joined)
    with contextlib.nullcontext() if joined == 5 else pytest.raises(CommitFailedError):
        await coordinator._do_commit_offsets("here", {"there": 7})
    assert sent == [("here", {"there": 7})] * (joined == 5)


def test_who_is_expelled_hears_of_it_before_joining_again():
    class Forgetful(GroupCoordinator):  # type: ignore[misc]  # aiokafka has no types
        def __init__(self):
            """Leave out the connection."""

        def reset_generation(self):
            heard.append("forgotten")

    heard: list[str] = []
    coordinator = Forgetful()
    patches.hear_expulsion(coordinator, lambda: heard.append("expelled"))
    coordinator.reset_generation()
    assert heard == ["expelled", "forgotten"]


async def test_a_batch_waits_for_a_leader_longer_than_for_an_answer():
    leaderless = SimpleNamespace(leader_for_partition=lambda _: -1)
    accumulator = MessageAccumulator(leaderless, 1_000, 0, batch_ttl=0.0)
    patches.wait_for_leaders(SimpleNamespace(_message_accumulator=accumulator))
    batch = accumulator._append_batch(accumulator.create_builder(), aiokafka.TopicPartition("cells", 0))
    await asyncio.sleep(0.01)
    accumulator.drain_by_nodes(set())
    assert not batch.future.done()


def test_heartbeats_are_still_sent_by_the_method_that_is_listened_to():
    assert "self._do_heartbeat()" in source(GroupCoordinator._heartbeat_routine)


def test_assignments_are_still_asked_for_by_the_method_that_is_listened_to():
    assert "self._coordinator._send_req(request)" in source(CoordinatorGroupRebalance._send_sync_group_request)


def test_commits_are_still_sent_by_the_method_that_is_fenced():
    assert "self._do_commit_offsets(assignment, offsets)" in source(GroupCoordinator.commit_offsets)


def source(function) -> str:
    import inspect

    return inspect.getsource(function)


async def test_an_empty_fetch_comes_back_after_the_set_time(embedded_kafka, installation):
    settings = installation(embedded_kafka.address)
    write(settings, [(b"a", b"1")])
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=settings.brokers, fetch_max_wait_ms=1_500)
    patches.wait_for_records(consumer, 50)
    await consumer.start()
    try:
        assert consumer._fetcher._fetch_max_wait_ms == 50
        await asyncio.sleep(0.1)  # its tasks must have begun, or stopping it fails
    finally:
        await consumer.stop()


def test_the_installed_versions_are_those_that_it_was_made_for():
    patches.check_versions()


@pytest.mark.parametrize(
    ("package", "found"), [("faust-streaming", "0.15.4"), ("faust-streaming", "0.15.30"), ("aiokafka", "0.15.0")]
)
def test_another_version_is_refused_with_what_to_install(package, found):
    installed = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"} | {package: found}
    with pytest.raises(UserError, match=f"{package} {found} is installed") as refused:
        patches.check_versions(installed.__getitem__)
    assert f"pip install '{package}==" in refused.value.hint
