"""The product as an operator runs it: topics on a real Kafka, workers and a board as processes of their own."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from confluent_kafka import ConsumerGroupTopicPartitions, Producer
from confluent_kafka.admin import AdminClient
from kafka.admin import ConfigResource

from benchmarks import kafka, meter
from stream_app.engine.clients import confluent
from stream_app.engine.embedded import die_with_parent, free_port
from stream_app.engine.manifest import Manifest, TopicIds
from stream_app.engine.topics import admin, apply, layout, plan, read
from stream_app.errors import UserError
from stream_app.settings import PREFIX, Settings, load

PATIENCE_SECONDS = 120.0
COMPACTED_SECONDS = 6
"""The logs have kept their size for so long: the cleaner, which looks twice a second, is done."""
_SEALED = cast("tuple[bytes, bytes]", Manifest(1 << 60, 0, 1, "scale", "", TopicIds()).entry())
_SERIES = re.compile(r"^(\w+)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass
class Process:
    """One role, running.

    Attributes:
        port: Where it answers.
        started: When it was started, on the monotonic clock.
    """

    port: int
    popen: subprocess.Popen[bytes]
    log: Path
    started: float = field(default_factory=time.monotonic)

    def get(self, path: str = "/metrics", **headers: str) -> tuple[int, bytes]:
        """Ask it; return status and body. OSError while it does not listen."""
        self.require()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def metrics(self) -> dict[str, float]:
        """Return its metrics by name, added up over their labels; nothing while it does not listen."""
        try:
            text = self.get()[1].decode()
        except (OSError, http.client.HTTPException):
            return {}
        found: dict[str, float] = {}
        for name, value in _SERIES.findall(text):
            found[name] = found.get(name, 0.0) + float(value)
        return found

    @property
    def cpu(self) -> float:
        """CPU seconds so far."""
        reading = meter.read(self.popen.pid)
        return reading.cpu if reading else 0.0

    @property
    def rss(self) -> int:
        """Bytes of memory now."""
        status = Path(f"/proc/{self.popen.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def require(self) -> None:
        """Raise UserError if it has ended."""
        if self.popen.poll() is not None:
            text = self.log.read_text(errors="replace")
            raise UserError(f"{self.log.stem} ended with status {self.popen.returncode}", text[-1500:])

    def until(self, metric: str, at_least: float, patience: float = PATIENCE_SECONDS, pause: float = 0.05) -> float:
        """Wait until one of its metrics has grown so far and return the moment, on the monotonic clock."""
        deadline = time.monotonic() + patience
        while self.metrics().get(metric, -1.0) < at_least:
            if time.monotonic() > deadline:
                text = self.log.read_text(errors="replace")
                raise UserError(f"{self.log.stem}: {metric} did not reach {at_least:,.0f}", text[-1500:])
            time.sleep(pause)
        return time.monotonic()

    def freeze(self) -> None:
        """Stop it where it is, for less than a session's length."""
        self.popen.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.popen.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it in order."""
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(30)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()


class Installation:
    """Topics of one name on a broker, and the processes that were started over them."""

    def __init__(self, brokers: str, folder: Path, name: str, **settings: object) -> None:
        self.folder = folder
        self.settings: Settings = load(
            brokers=brokers, app_id=name, relationships_topic=f"{name}.relationships",
            users_topic=f"{name}.users", campaigns_topic=f"{name}.campaigns", dead_letters_topic=f"{name}.dead-letters",
            session_timeout=30, log_format="console", **settings,
        )  # fmt: skip
        wanted = layout(self.settings)
        with admin(self.settings) as client:
            apply(client, plan(wanted, read(client, wanted)))
        self.producer = Producer(
            {**confluent(self.settings), "partitioner": "murmur2_random", "linger.ms": 5, "acks": "all",
             "queue.buffering.max.messages": 500_000}
        )  # fmt: skip
        self._admin = AdminClient({"bootstrap.servers": brokers, "log_level": 2})
        self._running: list[Process] = []

    def start(self, role: str, **more: object) -> Process:
        """Start a worker or a board."""
        port = free_port()
        values = self.settings.model_dump(exclude_defaults=True) | more | {f"{role}_port": port}
        environment = {**os.environ, **{f"{PREFIX}{key.upper()}": str(value) for key, value in values.items()}}
        log = self.folder / f"{self.settings.app_id}-{role}-{len(self._running)}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", "stream_app", role], env=environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, preexec_fn=die_with_parent,  # noqa: PLW1509  it dies with us
            )  # fmt: skip
        process = Process(port, popen, log)
        self._running.append(process)
        return process

    def write(self, records: Iterable[tuple[bytes, bytes]], topic: str | None = None) -> int:
        """Produce records, wait until the broker has them, and return how many."""
        count, wanted = 0, topic or self.settings.relationships_topic
        for key, value in records:
            self.send(key, value, wanted)
            count += 1
        if self.producer.flush(PATIENCE_SECONDS):
            raise UserError("the broker does not take the records", "Look at the machine's load, then try again.")
        return count

    def write_cells(self, records: Iterable[tuple[bytes, bytes]]) -> int:
        """Write state records as a worker would leave them: with the manifest that says they are whole."""
        written = self.write(records, self.settings.cells_topic)
        return written + self.write([_SEALED], self.settings.cells_topic)

    def send(self, key: bytes, value: bytes, topic: str | None = None) -> None:
        """Hand one record to the producer, and wait while its queue is full."""
        while True:
            try:
                self.producer.produce(topic or self.settings.relationships_topic, value, key)
                break
            except BufferError:
                self.producer.poll(0.05)

    def committed(self) -> int:
        """Return how many records the workers have made durable and committed, by the broker's books."""
        group = self.settings.group
        asked = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
        return sum(max(0, part.offset) for part in asked[group].result(10).topic_partitions or ())

    def drained(self, written: int, *workers: Process, patience: float = PATIENCE_SECONDS) -> float:
        """Wait until so many records are committed and return the moment, on the monotonic clock."""
        deadline = time.monotonic() + patience
        while (done := self.committed()) < written:
            for worker in workers:
                worker.require()
            if time.monotonic() > deadline:
                raise UserError(f"{done:,} of {written:,} records are committed", workers[0].log.read_text()[-1500:])
            time.sleep(0.05)
        return time.monotonic()

    def compact(self) -> None:
        """Have the broker compact what lies in the state topics, but for their open segments, and wait for it."""
        hasty = {"segment.ms": "1000", "min.cleanable.dirty.ratio": "0.001", "min.compaction.lag.ms": "0",
                 "max.compaction.lag.ms": "1000", "delete.retention.ms": "100"}  # fmt: skip
        topics = (self.settings.cells_topic, self.settings.journeys_topic)
        with admin(self.settings) as client:
            client.alter_configs([ConfigResource("TOPIC", topic, hasty) for topic in topics])
        # A segment is closed by the next write, which the manifests of a new owner are.
        time.sleep(1.5)
        worker = self.start("worker")
        worker.until("crm_kpi_worker_ready", 1)
        worker.stop()
        calm, size = 0, -1
        deadline = time.monotonic() + PATIENCE_SECONDS
        while calm < COMPACTED_SECONDS and time.monotonic() < deadline:
            time.sleep(1)
            now = sum(
                path.stat().st_size for topic in topics for path in (self.folder / "kafka").rglob(f"{topic}-*/*.log")
            )
            calm, size = (calm + 1 if now == size else 0), now

    def close(self) -> None:
        """End what runs, and drop what was not sent yet."""
        self.producer.purge()
        self.producer.flush(5)
        for process in self._running:
            process.stop()


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """Run a Kafka for the length of the curves."""
    with kafka.running(folder / "kafka", compacting=True) as brokers:
        yield brokers
