"""The whole product on one broker: workers and a board as real processes, events in, gauges out."""

from __future__ import annotations

import itertools
import json
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from prometheus_client.parser import text_string_to_metric_families

from stream_app.engine.embedded import free_port
from stream_app.kpis import Sample, catalogue
from stream_app.policies import load as load_policies
from stream_app.settings import load
from tests.engine import log
from tests.engine.worker_process import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

FORWARD = b'"crm.relationship.absorbed.v1"'
"""In what workers send to each other by the source topic."""
_numbers = itertools.count(1)

Event = tuple[bytes | None, bytes | None]
"""Key and value of one record."""


class System:
    """An installation of its own: topics, workers, and a board that replays by event time unless told otherwise."""

    def __init__(self, folder: Path, brokers: str, **settings: object) -> None:
        """Create the topics; keyword arguments are settings."""
        number = next(_numbers)
        self.folder = folder
        self.more = settings
        self.settings = load(
            brokers=brokers,
            app_id=f"e2e-{number}",
            relationships_topic=f"e2e-{number}.relationships",
            dead_letters_topic=f"e2e-{number}.dead-letters",
            log_format="console",
            **{
                "users_topic": f"e2e-{number}.users",
                "campaigns_topic": f"e2e-{number}.campaigns",
                "clock": "watermark",
                "session_timeout": 6,
                "commit_interval": 0.5,
                **settings,
            },
        )
        log.make_topics(self.settings)
        self._processes: list[WorkerProcess] = []
        self.board_port = free_port()

    def _process(
        self, name: str, *arguments: str, through: str | None = None, module: str = "stream_app", **more: object
    ) -> WorkerProcess:
        values = self.settings.model_dump(exclude_defaults=True, exclude={"brokers"}) | more
        process = WorkerProcess(
            self.folder / f"{name}.log",
            brokers=through or self.settings.brokers,
            module=module,
            arguments=arguments,
            **values,
        )
        self._processes.append(process)
        return process

    def worker(
        self, name: str = "worker", *, through: str | None = None, module: str = "stream_app", **more: object
    ) -> WorkerProcess:
        """A worker, not started yet, with settings of its own; ``through`` is the broker's address if a proxy's."""
        return self._process(name, "worker", through=through, module=module, **more)

    def board(self, *, through: str | None = None, module: str = "stream_app") -> WorkerProcess:
        """A board, started and caught up."""
        process = self._process("board", "board", through=through, module=module, board_port=self.board_port)
        process.start(wait=False)
        self._until(self.ready, 60, f"the board is not ready:\n{process.tail()}")
        return process

    def another_board(self) -> WorkerProcess:
        """A board beside the first, with a port of its own, started and not waited for."""
        process = self._process("another-board", "board")
        process.environment = {**process.environment, "CRM_PULSE_BOARD_PORT": str(process.port)}
        return process.start(wait=False)

    def _until(self, holds: Callable[[], bool], seconds: float, complaint: str) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, complaint
            time.sleep(0.2)

    def get(self, path: str) -> str:
        """Return what the board answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.board_port}{path}", timeout=20) as answer:
            return str(answer.read(), "utf-8")

    def ready(self) -> bool:
        """Tell whether the board says that it has caught up."""
        try:
            self.get("/readyz")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def write(self, events: Iterable[Event], rate: float | None = None) -> None:
        """Produce events to the source topic."""
        log.write(self.settings, events, rate=rate)

    def drained(self, expected: int, seconds: float, workers: Iterable[WorkerProcess]) -> None:
        """Wait until all records are committed; fail at once when one of *workers* has ended."""
        running = list(workers)

        def alive() -> None:
            for process in running:
                assert process.exit_code is None, process.tail()

        log.drained(self.settings, expected, seconds, alive)

    def told(self, seconds: float = 60) -> list[Event]:
        """Wait until all is folded; return what others than workers have written into the source of relationships."""
        log.quiet(self.settings, seconds)
        read = log.read(self.settings, self.settings.relationships_topic)
        return [(one.key(), one.value()) for one in read if FORWARD not in (one.value() or b"")]

    def gauges(self) -> list[Sample]:
        """Return what /metrics says, as samples of the catalogue."""
        kpis = catalogue(load_policies(self.settings.policies)).values()  # money KPIs are named after the currency
        parts = {kpi.metric(part): (kpi.name, part) for kpi in kpis for part in kpi.compute.parts}
        found = []
        for family in text_string_to_metric_families(self.get("/metrics")):
            known = parts.get(family.name)
            if known is None:
                continue
            for line in family.samples:
                labels = dict(line.labels)
                window = labels.pop("window", None)
                found.append(Sample(*known, window, labels, line.value, 0))
        return found

    def settled_gauges(self, records: int, seconds: float = 30) -> list[Sample]:
        """Return the gauges once the board has seen the fate of so many records, forwards not counted."""
        self._until(
            lambda: self.fates() == records, seconds, f"the board knows {self.accounting()} of {records} records"
        )
        time.sleep(1.2)  # a snapshot is at most a second old
        return self.gauges()

    def accounting(self) -> dict[str, int]:
        """Return the books of the board: records by fate."""
        prefix = "crm_kpi_records_"
        return {
            family.name.removeprefix(prefix): int(sum(line.value for line in family.samples))
            for family in text_string_to_metric_families(self.get("/metrics"))
            if family.name.startswith(prefix)
        }

    def fates(self) -> int:
        """Return how many records have met a fate: applied, duplicate or dead."""
        books = self.accounting()
        return sum(books.get(fate, 0) for fate in ("applied", "duplicate", "dead"))

    def api(self, path: str) -> dict[str, Any]:
        """Return a JSON answer of the board."""
        answer: dict[str, Any] = json.loads(self.get(path))
        return answer

    def close(self) -> None:
        """End every process."""
        for process in self._processes:
            process.close()
