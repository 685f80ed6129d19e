"""The roster: who races, how each is started, how one sees that it is done, and what it cannot do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import jars, kafka, readers
from benchmarks.course import Course
from benchmarks.expected import Place, Window

PEERS_PYTHON = "BENCH_PEERS_PYTHON"
JAVA_PROGRAM = Path(__file__).parent / "peers" / "kafka_streams" / "LeadResponse.java"
JAVA_PARTS = (
    f"org.apache.kafka:kafka-streams:{kafka.VERSION}",
    "com.fasterxml.jackson.core:jackson-databind:2.18.2",
    "org.slf4j:slf4j-simple:1.7.36",
)


class CannotRaceError(Exception):
    """A contestant lacks something on this machine; the message says what."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One that races.

    Attributes:
        name: Its name in tables and results.
        command: Returns the command line; raises CannotRaceError.
        windows: Reads its results back from Kafka; None if it has none.
        ends: Whether it ends at the end of the topic; else it is done when its group has committed everything.
        python: Whether it counts as a Python peer.
        product: Whether it is the product.
        remark: What to know about its row: what it cannot do, what was chosen for it.
        policies: Policies of the product, as TOML.
        topics: Ends of the names of topics that must be there before it starts.
    """

    name: str
    command: Callable[[], list[str]]
    windows: Callable[[Course, str], dict[Place, Window]] | None
    ends: bool = False
    python: bool = False
    product: bool = False
    remark: str = ""
    policies: str = ""
    topics: tuple[str, ...] = ()


def _own(module: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, "-m", f"benchmarks.peers.{module}"]


def _peer(module: str, package: str) -> Callable[[], list[str]]:
    def command() -> list[str]:
        python = os.environ.get(PEERS_PYTHON)
        if not python:
            raise CannotRaceError(
                f"not measured: {PEERS_PYTHON} does not name a Python with the peers (make bench does)"
            )
        probe = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is None)"
        if subprocess.run([python, "-c", probe], check=False).returncode:
            raise CannotRaceError(f"not measured: {package} is not installed for this Python")
        return [python, "-m", f"benchmarks.peers.{module}"]

    return command


def _java() -> list[str]:
    try:
        folder = jars.resolve(f"streams-{kafka.VERSION}", JAVA_PARTS)
        classes = jars.compiled(JAVA_PROGRAM, folder)
    except jars.NoJavaError as error:
        raise CannotRaceError(f"not measured: {error}") from error
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return ["java", "-Xmx1g", quiet, "-cp", f"{classes}:{folder}/*", "LeadResponse"]


LIMIT = Contestant(
    "librdkafka + msgspec, decode only",
    _own("limit"),
    None,
    ends=True,
    remark="the limit: nothing is folded, nothing kept",
)
FAUST = Contestant(
    "plain Faust", _own("plain_faust"), readers.faust, python=True,
    topics=("-leads-changelog", "-windows-changelog"),  # Faust makes them too, and now and then looks too soon
    remark="one changelog record per change; offsets are committed without waiting for it; retries count twice",
)  # fmt: skip
QUIX = Contestant(
    "Quix Streams", _peer("quix", "quixstreams"), readers.quix, python=True,
    remark="state belongs to the message's key: windows by channel need a repartition topic; retries count twice",
)  # fmt: skip
BYTEWAX = Contestant(
    "Bytewax", _peer("bytewax_flow", "bytewax"), readers.output, ends=True, python=True,
    remark="state in SQLite on the local disk (1 s snapshots), not in Kafka; no consumer group; retries count twice",
)  # fmt: skip
PATHWAY = Contestant(
    "Pathway", _peer("pathway_flow", "pathway"), readers.rows, ends=True, python=True,
    remark=(
        "persists its input, not its state, on the local disk; first lead of a key only; p90 exact, from kept waits; "
        "measured from the start of its engine; licence BSL 1.1"
    ),
)  # fmt: skip
CRM_PULSE = Contestant(
    "crm-pulse, response", _own("crm_pulse"), readers.crm_pulse, product=True,
    remark=(
        "all ten KPIs of the area: business time, promises, three breakdowns, panes of minute, hour and day; "
        "late events and retries are sorted out"
    ),
    policies='[catalogue]\nareas = ["response"]\n',
)  # fmt: skip
WHOLE = Contestant(
    "crm-pulse, whole catalogue", _own("crm_pulse"), readers.crm_pulse, product=True,
    remark="every KPI there is, as in production",
)  # fmt: skip
KAFKA_STREAMS = Contestant(
    "Kafka Streams (JVM)", _java, readers.kafka_streams,
    remark="for reference: Java, RocksDB and record caches; includes the warm-up of its compiler; retries count twice",
)  # fmt: skip

ROSTER = (CRM_PULSE, WHOLE, FAUST, QUIX, BYTEWAX, PATHWAY, KAFKA_STREAMS, LIMIT)
