"""The reader against real brokers: caught up, follows, survives their loss, notices a vanished log."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from stream_app.board.live import LiveModel
from stream_app.board.reader import Reader
from stream_app.measures.read_model import ReadModel
from tests.board.boards import KPIS, MEASURES, NOW, WINDOWS, Workers, clock

PARTITIONS = 4


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until *true* says so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


class State:
    """A cells topic and what a worker writes into it."""

    def __init__(self, address: str, topic: str, batch: int = 10_000) -> None:
        self.topic = topic
        self.workers = Workers(PARTITIONS)
        self._admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
        self._producer = Producer(
            {"bootstrap.servers": address, "batch.num.messages": batch, "linger.ms": 20, "log_level": 0}
        )

    def create(self) -> None:
        new = NewTopic(self.topic, PARTITIONS, 1, config={"cleanup.policy": "compact"})
        self._admin.create_topics([new])[self.topic].result(30)

    def delete(self) -> None:
        self._admin.delete_topics([self.topic])[self.topic].result(30)
        until(lambda: self.topic not in self._admin.list_topics(timeout=5).topics)

    def write(self) -> None:
        """Send what the workers have to say, and tombstones for closed clocks."""
        for partition, key, value in self.workers.records():
            self._producer.produce(self.topic, key=key, value=value, partition=partition)
        assert self._producer.flush(30) == 0


class Reading:
    """A live model fed by a reader."""

    def __init__(self, address: str, topic: str) -> None:
        self.live = LiveModel(lambda: ReadModel(WINDOWS, MEASURES), {one.name: one for one in KPIS}, wall=lambda: NOW)
        self.reader = Reader({"bootstrap.servers": address, "log_level": 0}, [topic], self.live)

    def __enter__(self) -> Self:
        self.reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.reader.stop()
        assert not self.reader.is_alive()

    def waiting(self) -> set[str]:
        return {one.relationship for one in self.live.take().clocks.get("lead_response", ())}


def crowd(n: int, prefix: str = "lead") -> list[str]:
    return [f"{prefix}-{'x' * (i % PARTITIONS)}{i}" for i in range(n)]


@pytest.fixture
def state(embedded_kafka) -> tuple[str, State]:
    return embedded_kafka.address, State(embedded_kafka.address, "cells")


def test_ready_only_when_every_partition_was_read_to_its_end_then_follows(state):
    address, topic = state
    with Reading(address, "cells") as reading:
        until(lambda: reading.live.progress.missing)
        assert "does not exist yet" in reading.live.progress.reasons[0]
        topic.create()
        people = crowd(3000)
        topic.workers.open(clock(who) for who in people)
        topic.write()
        until(lambda: reading.live.progress.ready and len(reading.waiting()) == 3000)
        topic.workers.close(*people[:1000])
        topic.workers.open([clock("newcomer")])
        topic.write()
        until(lambda: reading.waiting() == {*people[1000:], "newcomer"})
        until(lambda: all(p.lag == 0 for p in reading.live.progress.partitions))
        assert reading.live.progress.rejected == 0


def test_a_second_board_gives_the_same_figures(state):
    address, topic = state
    topic.create()
    topic.workers.open(clock(who) for who in crowd(500))
    topic.write()
    with Reading(address, "cells") as one, Reading(address, "cells") as other:
        until(lambda: one.live.progress.ready and other.live.progress.ready)
        assert one.waiting() == other.waiting() == set(crowd(500))


def test_empty_topics_are_read_to_their_end_too(state):
    address, topic = state
    topic.create()
    with Reading(address, "cells") as reading:
        until(lambda: reading.live.progress.ready)
        assert reading.waiting() == set()


def test_without_a_broker_it_says_so_and_waits():
    with Reading("127.0.0.1:1", "cells") as reading:
        until(lambda: reading.live.progress.trouble)
        assert not reading.live.progress.ready
        assert "broker" in reading.live.progress.reasons[0]


@pytest.mark.kafka
def test_a_recreated_topic_is_read_anew_and_the_old_figures_go(kafka):
    topic = State(kafka.address, "board-recreated")
    topic.create()
    topic.workers.open(clock(who) for who in crowd(50, "old"))
    topic.write()
    with Reading(kafka.address, topic.topic) as reading:
        until(lambda: reading.live.progress.ready and len(reading.waiting()) == 50)
        topic.delete()
        until(lambda: not reading.live.progress.ready)
        topic.workers = Workers(PARTITIONS)
        topic.create()
        topic.workers.open(clock(who) for who in crowd(20, "new"))
        topic.write()
        until(lambda: reading.live.progress.ready and reading.waiting() == set(crowd(20, "new")), 60)
        assert reading.live.progress.rebuilds >= 1


@pytest.mark.kafka
def test_a_broker_that_crashes_is_told_and_its_return_too(own_kafka):
    topic = State(own_kafka.address, "board-crash")
    topic.create()
    topic.workers.open(clock(who) for who in crowd(50))
    topic.write()
    with Reading(own_kafka.address, topic.topic) as reading:
        until(lambda: reading.live.progress.ready)
        own_kafka.crash()
        until(lambda: reading.live.progress.warnings)
        assert reading.waiting() == set(crowd(50))
        own_kafka.start()
        until(lambda: not reading.live.progress.warnings, 60)
        topic.workers.open([clock("newcomer")])
        topic.write()
        until(lambda: "newcomer" in reading.waiting(), 60)
        assert reading.live.progress.rebuilds == 0


def test_the_command_serves_and_stops_cleanly_on_sigterm(embedded_kafka, tmp_path: Path):
    import json
    import urllib.request

    log = (tmp_path / "board.log").open("w+")
    environment = {**os.environ, "CRM_PULSE_BROKERS": embedded_kafka.address, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "stream_app", "board", "--port", "0"], stderr=log, env=environment
    )
    try:
        until(lambda: process.poll() is not None or "board: http" in Path(log.name).read_text())
        url = Path(log.name).read_text().split("board: ")[1].split()[0]
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{url}/healthz") as answer:
            assert json.load(answer)["status"] == "ok"
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(15)
    assert status == 0, Path(log.name).read_text()
    assert "Traceback" not in Path(log.name).read_text()
    log.close()


def test_a_failure_that_nobody_thought_of_does_not_end_the_reader(state, monkeypatch):
    """
    It reads everything anew instead: figures that never move again look like a quiet day.
    """
    address, topic = state
    topic.create()
    read, failures = Reader._read, [RuntimeError("never seen before")]

    def failing(reader, consumer):
        if failures:
            raise failures.pop()
        read(reader, consumer)

    monkeypatch.setattr(Reader, "_read", failing)
    with Reading(address, "cells") as reading:
        until(lambda: reading.live.progress.ready)
        assert reading.live.progress.rebuilds == 1
        assert reading.reader.is_alive()


def test_state_that_is_judged_damaged_is_not_shown_until_it_is_whole(state, monkeypatch):
    """
    The judge is asked once all is read, and again until it has nothing to say.
    """
    monkeypatch.setattr("stream_app.board.reader.DAMAGED_SECONDS", 0.2)
    address, topic = state
    topic.create()
    topic.workers.open(clock(who) for who in crowd(8))
    topic.write()
    damage = ["cells[0] lacks 3 entries"]
    with Reading(address, "cells") as reading:
        reading.reader._judge = lambda _tallies: tuple(damage)
        until(lambda: reading.live.progress.damage)
        assert not reading.live.progress.ready
        assert reading.live.progress.reasons[0].startswith("cells[0] lacks 3 entries")
        assert reading.live.take().collected == {}
        damage.clear()
        until(lambda: reading.live.progress.ready)
        assert reading.live.progress.damage == ()
