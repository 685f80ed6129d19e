"""Brokers for tests: the embedded one, and a real Apache Kafka from Maven Central coordinates.

The root conftest loads this module as a plugin. CRM_PULSE_TEST_BROKERS names a running Kafka to use instead.
A machine without Java or Maven skips the Kafka tests and says why; with CI=true it fails instead.
Processes are ended by their own pid, and die with the test run.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from xml.sax.saxutils import escape

import pytest

from stream_app.engine.embedded import EmbeddedBroker, die_with_parent, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KAFKA = "org.apache.kafka:kafka_2.13:4.1.1"
LOGGING = "org.slf4j:slf4j-simple:1.7.36"
START_SECONDS = 60.0


def unavailable(reason: str) -> NoReturn:
    """Skip the test with the reason; fail it where CI=true, so that CI never passes by skipping."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{reason} (CI=true: this must not be skipped)")
    pytest.skip(reason)


def cache_folder() -> Path:
    """Return the folder where downloaded test parts are kept between runs."""
    named = os.environ.get("CRM_PULSE_TEST_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "crm-pulse"


def _pom() -> str:
    dependencies = "".join(
        "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>".format(
            *(escape(part) for part in coordinate.split(":"))
        )
        for coordinate in (KAFKA, LOGGING)
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>crm-pulse</groupId><artifactId>test-kafka</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )


def kafka_jars() -> Path:
    """Return the folder with Kafka's jars, resolving them with Maven the first time (about 100 MB)."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            unavailable(f"a real Apache Kafka needs {tool}, which is not installed")
    jars = cache_folder() / KAFKA.rsplit(":", 1)[1]
    if (jars / "complete").exists():
        return jars
    with tempfile.TemporaryDirectory() as build:
        Path(build, "pom.xml").write_text(_pom(), encoding="utf-8")
        fresh = Path(build, "jars")
        result = subprocess.run(
            [
                *("mvn", "-B", "-q", "-f", f"{build}/pom.xml", "dependency:copy-dependencies"),
                *("-DincludeScope=runtime", f"-DoutputDirectory={fresh}"),
            ],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if result.returncode != 0:
            unavailable(f"Maven could not resolve {KAFKA}: {result.stdout[-500:]}")
        (fresh / "complete").touch()
        jars.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(jars, ignore_errors=True)
        shutil.copytree(fresh, jars)
    return jars


@dataclass(frozen=True)
class Door:
    """A listener of a broker: the port it listens on, and the port that it tells its clients."""

    inner: int
    outer: int


class KafkaBroker:
    """One Apache Kafka node (broker and controller) on loopback that can crash and come back."""

    def __init__(self, folder: Path, doors: int = 0, users: Mapping[str, str] | None = None, **properties: str) -> None:
        """Prepare a node with its data and log under ``folder``; properties override the defaults.

        Each of the ``doors`` is a listener of its own that tells clients to come through another port, where a
        proxy may stand: a client that bootstraps there stays behind the proxy.
        With ``users`` (name to password) there is also a listener that asks for them (SASL, mechanism PLAIN).
        """
        self.folder = folder
        self.port = free_port()
        self.doors = [Door(free_port(), free_port()) for _ in range(doors)]
        self._jars = kafka_jars()
        controller = free_port()
        names = [f"DOOR{number}" for number in range(doors)]
        inner = "".join(f",{name}://127.0.0.1:{door.inner}" for name, door in zip(names, self.doors, strict=True))
        outer = "".join(f",{name}://127.0.0.1:{door.outer}" for name, door in zip(names, self.doors, strict=True))
        protocols = "".join(f",{name}:PLAINTEXT" for name in names)
        self.login_port = free_port()
        if users:
            inner += f",LOGIN://127.0.0.1:{self.login_port}"
            outer += f",LOGIN://127.0.0.1:{self.login_port}"
            protocols += ",LOGIN:SASL_PLAINTEXT"
            known = " ".join(f'user_{name}="{password}"' for name, password in users.items())
            properties = {
                "sasl.enabled.mechanisms": "PLAIN",
                "listener.name.login.plain.sasl.jaas.config": (
                    f"org.apache.kafka.common.security.plain.PlainLoginModule required {known};"
                ),
                **properties,
            }
        self._properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}{inner}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}{outer}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": f"CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT{protocols}",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
            "log.dirs": str(folder / "data"),
            "num.partitions": "4",
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "1000",
            "log.retention.check.interval.ms": "1000",
            "log.cleaner.backoff.ms": "500",
            "auto.create.topics.enable": "false",
            **properties,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Bootstrap address, ``127.0.0.1:port``."""
        return f"127.0.0.1:{self.port}"

    def _java(self, *arguments: str) -> list[str]:
        memory = ("-Xmx384m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
        return ["java", *memory, "-cp", f"{self._jars}/*", *arguments]

    def start(self) -> None:
        """Start the node (formatting its storage the first time) and wait until it answers."""
        config = self.folder / "server.properties"
        if not config.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            config.write_text("".join(f"{k}={v}\n" for k, v in self._properties.items()), encoding="utf-8")
            tool = self._java("kafka.tools.StorageTool")
            uuid = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True, check=True).stdout.strip()
            subprocess.run(
                [*tool, "format", "--standalone", "-t", uuid, "-c", str(config)], capture_output=True, check=True
            )
        with (self.folder / "kafka.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(config)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._await_answer()

    def _await_answer(self) -> None:
        from confluent_kafka.admin import AdminClient

        deadline = time.monotonic() + START_SECONDS
        client = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                if client.list_topics(timeout=1).brokers:
                    return
            except Exception:  # noqa: BLE001 - not up yet, whatever the reason
                continue
        log = (self.folder / "kafka.log").read_text(errors="replace")
        self.stop()
        pytest.fail(f"Apache Kafka did not start:\n{log[-3000:]}")

    def crash(self) -> None:
        """Kill the node at once (kill -9); ``start`` brings it back with the same data and port."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stop the node's process (SIGSTOP): connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen node go on (SIGCONT)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def restore(self) -> None:
        """Make it run, whatever was done to it."""
        if self._process is None or self._process.poll() is not None:
            self.start()
        else:
            self.thaw()

    def stop(self) -> None:
        """Stop the node in order, by force after 15 seconds."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def embedded_kafka(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """An embedded broker of its own for one test."""
    broker = EmbeddedBroker(log=tmp_path / "embedded.log")
    broker.start()
    yield broker
    broker.stop()


@dataclass(frozen=True)
class GivenBroker:
    """A Kafka that somebody else runs, named by CRM_PULSE_TEST_BROKERS."""

    address: str


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker | GivenBroker]:
    """One real Apache Kafka for the whole run: tests name their own topics and groups."""
    given = os.environ.get("CRM_PULSE_TEST_BROKERS")
    if given:
        yield GivenBroker(given)
        return
    broker = KafkaBroker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A real Apache Kafka of its own for one test that crashes or restarts it."""
    broker = KafkaBroker(tmp_path / "kafka")
    broker.start()
    yield broker
    broker.stop()
