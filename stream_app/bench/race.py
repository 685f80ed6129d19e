"""The race: the same topic on the same broker, one contestant after the other, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stream_app.bench import stages
from stream_app.bench.traffic import Event, events
from stream_app.engine.clients import confluent
from stream_app.engine.embedded import EmbeddedBroker, die_with_parent, free_port
from stream_app.engine.topics import admin, apply, layout, plan, read
from stream_app.errors import UserError
from stream_app.settings import PREFIX, Settings, load

Tell = Callable[[str], None]
PATIENCE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Lap:
    """What one contestant needed.

    Attributes:
        name: Who, and what work.
        records: How many events.
        cpu_seconds: User and system time of the process, from the first record to the last durable one.
        wall_seconds: The same by the clock; None for a stage without a broker.
        peak_bytes: Most memory of the process; None for a stage.
    """

    name: str
    records: int
    cpu_seconds: float
    wall_seconds: float | None = None
    peak_bytes: int | None = None

    @property
    def per_core(self) -> float:
        """Return events per second of CPU time: what one core does."""
        return self.records / self.cpu_seconds


WORKER = "worker, whole catalogue"
SAME_WORK = "plain Faust, same work"
LESS_WORK = "plain Faust, lead response only"


def run(count: int, plain: int, tell: Tell) -> list[Lap]:
    """Time the stages, the worker and plain Faust; *plain* events are enough for the slow ones."""
    tell(f"making {count:,} events")
    traffic = events(count)
    tell("decode")
    laps = [Lap("decode", count, stages.decode_seconds(traffic))]
    tell("fold")
    laps.append(Lap("decode and fold, whole catalogue", count, stages.fold_seconds(traffic)))
    with tempfile.TemporaryDirectory(prefix="crm-pulse-bench-") as folder:
        for name, module, words, records in (
            (WORKER, "whole_worker", (), count),
            (LESS_WORK, "plain_faust", ("response",), plain * 4),
            (SAME_WORK, "plain_faust", ("catalogue",), plain),
        ):
            tell(f"{name}: {records:,} events")
            laps.append(_lap(name, module, words, traffic[:records], Path(folder)))
    return laps


def _lap(name: str, module: str, words: Sequence[str], traffic: Sequence[Event], folder: Path) -> Lap:
    """Load a broker of its own with the events, then let the contestant read them."""
    log, report = folder / "log.txt", folder / f"{len(list(folder.iterdir()))}.json"
    broker = EmbeddedBroker(log=folder / "broker.log")
    broker.start()
    try:
        settings = load(
            brokers=broker.address, one_record_batches=True, app_id="bench", session_timeout=6, worker_port=free_port()
        )
        _fill(settings, traffic)
        values = settings.model_dump(exclude_defaults=True)
        environment = {**os.environ, **{f"{PREFIX}{key.upper()}": str(value) for key, value in values.items()}}
        command = [sys.executable, "-m", f"stream_app.bench.{module}", *words, str(len(traffic)), str(report)]
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,  # noqa: PLW1509  no thread of ours runs yet
            )
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if not report.exists():
            raise UserError(f"{name} did not finish", log.read_text(errors="replace")[-1500:])
        return Lap(name, **json.loads(report.read_text()))
    finally:
        broker.stop()


def _fill(settings: Settings, traffic: Sequence[Event]) -> None:
    from confluent_kafka import Producer

    wanted = layout(settings)
    with admin(settings) as client:
        apply(client, plan(wanted, read(client, wanted)))
    producer = Producer({**confluent(settings), "partitioner": "murmur2_random", "batch.num.messages": 1})
    for number, event in enumerate(traffic):
        while True:
            try:
                producer.produce(settings.relationships_topic, event.value, event.key, timestamp=event.timestamp)
                break
            except BufferError:
                producer.poll(0.1)
        if number % 1_000 == 0:
            producer.poll(0)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while producer.flush(1):
        if time.monotonic() > deadline:
            raise UserError(
                "the embedded broker does not take the events", "Look at the machine's load, then try again."
            )
