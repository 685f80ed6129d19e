"""The one place where the reader's updates and the scrapes' questions meet.

Threading: two threads touch the model, the Kafka reader (`apply`, `restart`) and the snapshot thread
(`take`); one lock around the model serialises them. Batches are small, so neither waits long. What
leaves this class is frozen (`Snapshot`, `Progress`), so the event loop reads it without any lock.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import structlog

from stream_app.alerting.feed import Feed
from stream_app.board.collecting import Collecting
from stream_app.board.directory import NOBODY, Directory
from stream_app.board.progress import Progress
from stream_app.board.snapshot import Snapshot
from stream_app.kpis.kinds.waiting import Open
from stream_app.kpis.kpi import Kpi
from stream_app.measures.read_model import ReadModel

log = structlog.get_logger(__name__)

Entry = tuple[int, bytes, bytes | None]
"""(source number, key, stamped value or None for a tombstone)"""


def wall_ms() -> int:
    """Return the wall clock in ms since the epoch."""
    return time.time_ns() // 1_000_000


def clock_names(kpi: Kpi) -> list[str]:
    """Return the names of the open clocks that *kpi* speaks of."""
    counted = [name for name, _ in kpi.compute.clocks] if isinstance(kpi.compute, Open) else []
    return [*counted, kpi.clock] if kpi.clock else counted


class LiveModel:
    """A `ReadModel` that is fed by one thread and asked by another.

    Args:
        make: Builds an empty model; called again when reading must start over.
        kpis: The catalogue.
        clock: "live" takes now from *wall*, "watermark" (a replay) from the highest event time seen.
        wall: The wall clock in ms.
        directory: What people are called and where they are found.
        feed: Where changes of open clocks go to; None where nobody is told of them.
    """

    def __init__(
        self,
        make: Callable[[], ReadModel],
        kpis: Mapping[str, Kpi],
        clock: Literal["live", "watermark"] = "live",
        wall: Callable[[], int] = wall_ms,
        directory: Directory = NOBODY,
        feed: Feed | None = None,
    ) -> None:
        self._make = make
        self._kpis = kpis
        self._clock_names = list(dict.fromkeys(name for kpi in kpis.values() for name in clock_names(kpi)))
        self._wall = wall
        self._directory = directory
        self._feed = feed
        self._lock = threading.Lock()
        self._model = make()
        self._collecting = Collecting()
        self._now = 0
        self._failing: dict[str, str] = {}
        self.clock = clock
        self.progress = Progress()
        self._tell_clocks()

    def restart(self) -> None:
        """Forget everything: the state topics are read again from their beginning."""
        with self._lock:
            self._model = self._make()
            self._collecting = Collecting()
            self._now = 0
            self._tell_clocks()

    def adopt(self, other: "LiveModel") -> None:
        """Take the place of *other*, all at once; called by the one thread that feeds it."""
        with self._lock:
            self._model, self._collecting = other.contents()
            self.progress = other.progress
            self._tell_clocks()

    def _tell_clocks(self) -> None:
        """Let the feed follow the model that is served now."""
        if self._feed is not None:
            self._feed.anew(self._model.tell_clocks(self._feed))

    def contents(self) -> tuple[ReadModel, Collecting]:
        """Return what was read, for whoever takes the place of this one."""
        return self._model, self._collecting

    def apply(self, entries: Sequence[Entry]) -> int:
        """Merge a batch of state records and return how many of them the model refused."""
        rejected = 0
        with self._lock:
            update = self._model.update
            for source, key, value in entries:
                try:
                    update(source, key, value)
                except Exception as error:  # noqa: BLE001 one unreadable cell must not stop the other cells
                    rejected += 1
                    log.warning("state record refused", source=source, key=key[:200], error=repr(error))
        return rejected

    def take(self) -> Snapshot:
        """Compute every KPI now; while not ready, only the progress is told."""
        started = time.perf_counter()
        with self._lock:
            progress = self.progress  # inside: a restart says "not ready" before it empties the model
            watermark = self._model.watermark if self._model.watermark > 0 else None
            # Time never runs backwards, whatever NTP does to the wall clock: panes leave only once.
            self._now = max(self._now, self._wall() if self.clock == "live" else watermark or 0)
            if not progress.ready:
                return Snapshot(self._now, watermark, progress)
            self._model.advance(self._now)
            collected = {name: self._collecting.collect(kpi, self._model) for name, kpi in self._kpis.items()}
            names = dict.fromkeys([*self._clock_names, *sorted(self._model.clock_names())])
            clocks = {name: tuple(self._model.clocks(name)) for name in names}
            windows = tuple(w.name for w in sorted(self._model.windows, key=lambda w: w.size))
            accounting = self._model.partitions()
            sizes = self._model.sizes()
        self._report({name: one.error for name, one in collected.items() if one.error})
        seconds = time.perf_counter() - started
        return Snapshot(
            self._now,
            watermark,
            progress,
            windows,
            collected,
            clocks,
            accounting,
            sizes,
            seconds,
            directory=self._directory,
        )

    def _report(self, failing: dict[str, str]) -> None:
        """Log a KPI's failure when it begins and when it ends, not at each scrape."""
        for name, error in failing.items():
            if self._failing.get(name) != error:
                log.error("kpi failed", kpi=name, error=error)
        for name in self._failing.keys() - failing.keys():
            log.info("kpi computes again", kpi=name)
        self._failing = failing
