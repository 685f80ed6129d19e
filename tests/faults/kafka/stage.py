"""The product under traffic on a broker that is being broken: workers that a supervisor restarts, a board, a writer."""

from __future__ import annotations

import re
import threading
import time
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from confluent_kafka import Producer

from stream_app.simulate import Options, generate
from tests.e2e.system import FORWARD
from tests.engine import log
from tests.faults.kafka.logs import unexplained
from tests.faults.owners import one_each
from tests.oracle.compare import differences
from tests.oracle.fold import accounting, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from confluent_kafka import KafkaError, Message

    from tests.e2e.system import Event, System
    from tests.engine.worker_process import WorkerProcess
    from tests.faults.kafka.proxy import Proxy

START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
EXIT_FAIL_STOP, EXIT_WRONG = 70, 2
_AWAY = re.compile("no Kafka broker answers|does not answer as a Kafka broker")
"""What a worker says that is started while its broker is away."""
_RESTART_SECONDS = 0.5
_DRAIN_SECONDS = 180.0


class Writer(threading.Thread):
    """Writes the simulator's traffic, with retries, late mail and broken records, until stopped; can be paused."""

    def __init__(self, system: System, seed: int, rate: float) -> None:
        super().__init__(name="writer", daemon=True)
        self.acknowledged: set[bytes] = set()
        """Values that the broker has taken: none of them may be missing."""
        self.problem: str | None = None
        self._system = system
        self._rate = rate
        options = Options(
            duplicates=0.02,
            late=0.03,
            broken=0.01,
            squeeze=0.52,
            rate=rate,
            residents=1_000,
            families=("relationships",),
        )
        self._events = generate(seed, START, options)
        self._wanted = threading.Event()
        self._idle = threading.Event()
        self._ended = threading.Event()
        self._producer: Producer = log.producer(system.settings)

    def run(self) -> None:
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            due = time.monotonic() + 0.1
            if not self._wanted.wait(0.1):
                continue
            self._idle.clear()
            for record in islice(self._events, max(1, int(self._rate / 10))):
                self._producer.produce(
                    self._system.settings.relationships_topic, record.value, record.key, on_delivery=self._delivered
                )
            self._producer.poll(0)
            if not self._wanted.is_set():
                self._idle.set()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        value = message.value()
        if error is not None:
            self.problem = str(error)
        elif value is not None:
            self.acknowledged.add(value)

    def go(self) -> None:
        """Write."""
        self._wanted.set()

    def pause(self) -> None:
        """Write no more until `go`, and wait until all is acknowledged."""
        self._wanted.clear()
        self._idle.wait(5)
        assert self._producer.flush(60) == 0, "the broker has not taken all records"
        assert self.problem is None, self.problem

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self._wanted.set()
        if self.is_alive():
            self.join(10)


class Worker:
    """A worker with a network of its own and a supervisor, which starts it again whenever it ends."""

    def __init__(self, process: WorkerProcess, proxy: Proxy, name: str, say: Callable[[str], None]) -> None:
        self.process = process
        self.proxy = proxy
        self.name = name
        self.wanted = False
        """Whether the supervisor starts it again."""
        self.exits: list[int] = []
        self._say = say
        self._starting = threading.Lock()

    def supervise(self) -> None:
        """Start it if it should run and does not."""
        with self._starting:
            self._supervise()

    def _supervise(self) -> None:
        code = self.process.exit_code
        if not self.wanted or (code is None and self._started):
            return
        if self._started and code is not None:
            self.exits.append(code)
            self._say(f"{self.name} ended with {code}: {self.reason()}")
            assert code == EXIT_FAIL_STOP or (code == EXIT_WRONG and _AWAY.search(self.reason())), self.process.tail()
            time.sleep(_RESTART_SECONDS)
        self._started = True
        self.process.start(wait=False)

    _started = False

    @property
    def ready(self) -> bool:
        """Whether it folds."""
        return self._started and self.process.health().get("status") == "ready"

    def stopped(self) -> None:
        """Note that somebody else ends it: from now on it is not started."""
        with self._starting:
            self.wanted = self._started = False

    def reason(self) -> str:
        """Return what its log says last about its end."""
        lines = [line for line in self.process.tail(20_000).splitlines() if line.strip()]
        telling = [line for line in lines if "worker stops now" in line or _AWAY.search(line)]
        return (telling or lines or ["nothing"])[-1][:400]


class Stage:
    """One installation with everything that runs in it."""

    def __init__(
        self, system: System, proxies: list[Proxy], seed: int, rate: float, say: Callable[[str], None]
    ) -> None:
        """Prepare workers before all doors but the last, which is the board's."""
        self.system = system
        self.say = say
        self.writer = Writer(system, seed, rate)
        self.workers = [
            Worker(system.worker(f"worker-{number}", through=proxy.address), proxy, f"worker-{number}", say)
            for number, proxy in enumerate(proxies[:-1])
        ]
        self.board_proxy = proxies[-1]
        self.board: WorkerProcess | None = None
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
        self._ended = threading.Event()
        self.problem: BaseException | None = None

    def start(self, workers: int) -> None:
        """Start so many workers, the board and the traffic."""
        for worker in self.workers[:workers]:
            worker.wanted = True
        self._supervisor.start()
        for worker in self.workers[:workers]:
            _until(lambda worker=worker: worker.ready, 180, f"{worker.name} does not start")  # type: ignore[misc]
        self.board = self.system.board(through=self.board_proxy.address)
        self.writer.start()
        self.writer.go()

    def _supervise(self) -> None:
        try:
            while not self._ended.wait(0.2):
                for worker in self.workers:
                    worker.supervise()
        except BaseException as error:  # noqa: BLE001 - told by the next check
            self.problem = error

    def running(self) -> list[Worker]:
        """Return the workers that should be there."""
        return [worker for worker in self.workers if worker.wanted]

    def check(self, what: str) -> None:
        """Pause the traffic, wait until all is folded, and compare everything with the independent fold."""
        started = time.monotonic()
        self.writer.pause()
        records = log.read(self.system.settings, self.system.settings.relationships_topic)
        missing = self.writer.acknowledged - {record.value() for record in records}
        assert not missing, f"I1: {len(missing)} acknowledged records are not in the topic"
        log.quiet(self.system.settings, _DRAIN_SECONDS, self._sound)
        drained = time.monotonic() - started
        self.compare([(record.key(), record.value()) for record in records])
        settings = self.system.settings
        running = [worker.process for worker in self.running()]
        one_each(running, settings.sources.values(), settings.partitions, seconds=60)
        self.say(f"{what}: {len(records)} records, every figure as the oracle's (drained in {drained:.1f} s)")
        self._sound()

    def _sound(self) -> None:
        if self.problem is not None:
            raise self.problem

    def compare(self, records: list[Event]) -> None:
        """Check I2, I3 and I4: the gauges and the books equal an independent fold of the topic."""
        records = [(key, value) for key, value in records if FORWARD not in (value or b"")]
        gauges = self.system.settled_gauges(len(records), 120)
        now = int(datetime.fromisoformat(self.system.api("/api/v1/kpis")["at"]).timestamp() * 1000)
        wrong = differences(numbers(records, now, arrived=True), gauges)
        assert wrong == [], f"I2, I4: {len(wrong)} figures differ, among them {wrong[:10]}"
        valid, duplicates, bad = accounting(records, arrived=True)
        books = self.system.accounting()
        assert (books["applied"], books["duplicate"], books["dead"]) == (valid, duplicates, bad), "I3"

    def restart_from_state(self) -> None:
        """Check I6: everything ends, and new processes have the same figures from the state topics alone."""
        for worker in self.running():
            worker.stopped()
            code = worker.process.terminate(60)
            assert code == 0, f"{worker.name} ended with {code}: {worker.reason()}"
        # Not before them: a process hears of the end of the thread that has started it as of its parent's.
        self._ended.set()
        self._supervisor.join(10)
        assert self.board is not None
        self.board.kill()
        self.board = self.system.board()
        settings = self.system.settings
        records: list[Event] = [
            (record.key(), record.value()) for record in log.read(settings, settings.relationships_topic)
        ]
        self.compare(records)
        fresh = self.system.worker("fresh").start()
        assert fresh.metric("crm_kpi_events_total") == 0, "I6: something was left to do"
        more: list[Event] = [(record.key, record.value) for record in islice(self.writer._events, 1_000)]
        self.system.write(more)
        self.system.drained(len(records) + len(more), 60, [fresh])
        self.compare(records + more)
        assert fresh.terminate() == 0, fresh.tail()
        self.say("I6: the same figures from the state topics alone, and folding goes on from them")

    def logs(self) -> list[str]:
        """Return what is severe in any log and explained by no fault: I7 demands that there is nothing."""
        logs = sorted(self.system.folder.glob("*.log"))
        return [f"{path.parent.name}/{path.name}: {line}" for path in logs for line in unexplained(path)]

    def close(self) -> None:
        """End supervisor and writer; the processes are the system's to end."""
        self._ended.set()
        self.writer.stop()


def _until(holds: Callable[[], bool], seconds: float, complaint: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.2)
