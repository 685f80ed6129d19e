"""One moment of the board: every KPI's samples and every open clock, all as of one `now`."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from stream_app.board.directory import NOBODY, Directory
from stream_app.board.pieces import Piece, Pieces
from stream_app.board.progress import Progress
from stream_app.kpis.kpi import Kpi, Sample
from stream_app.measures.accounting import Accounting
from stream_app.measures.clock import OpenClock
from stream_app.measures.read_model import ReadModel

OLD_DATA_MS: Final = 600_000
"""Age of the newest event from which on figures are old data."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What one KPI gave: its samples or, when it raised, the reason and no samples at all.

    Attributes:
        kpi: The declaration.
        samples: Everything it emitted.
        excluded: By window, how many items were left out for which reason.
        seconds: What it took to compute.
        error: "" or the exception in one line.
        pieces: The samples as they were computed; those that were kept are the very same objects as before.
    """

    kpi: Kpi
    samples: tuple[Sample, ...] = ()
    excluded: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the board serves, consistent in itself; the lists behind the gauges are part of it.

    Attributes:
        at: The `now` of the figures in ms; 0 in a replay that has seen no event.
        watermark: The highest event time seen, in ms; None before the first event.
        progress: How far the state was read when the snapshot was taken.
        windows: Names of the rolling windows, shortest first.
        collected: By KPI name; empty while the board is not ready, for partial sums are lies.
        clocks: By clock name, every open clock.
        accounting: By source number, the fates of the source records; empty while not ready.
        sizes: Entries in the model, by sort.
        seconds: What it took to compute.
        made_at: When it was finished, on the monotonic clock, in seconds.
        directory: What people are called and where they are found.
    """

    at: int
    watermark: int | None
    progress: Progress
    windows: tuple[str, ...] = ()
    collected: Mapping[str, Collected] = field(default_factory=dict)
    clocks: Mapping[str, tuple[OpenClock, ...]] = field(default_factory=dict)
    accounting: Mapping[int, Accounting] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    made_at: float = field(default_factory=time.monotonic)
    directory: Directory = NOBODY

    @property
    def ready(self) -> bool:
        """Tell whether the figures are whole."""
        return self.progress.ready

    @property
    def fresh(self) -> bool:
        """Tell whether the newest event is so young that figures speak of now."""
        return self.watermark is not None and self.is_young(self.watermark)

    def is_young(self, watermark: int) -> bool:
        """Tell whether the newest event of a part, of *watermark* ms, is no old data."""
        return self.at - watermark <= OLD_DATA_MS


def collect(kpi: Kpi, view: ReadModel, pieces: Pieces | None = None) -> Collected:
    """Compute one KPI; whatever it raises becomes a value, so that it never hides the others."""
    started = time.perf_counter()
    if pieces is None:
        pieces = Pieces(view, {})
    try:
        samples = pieces.compute(kpi)
        excluded = kpi.excluded(view)
    except Exception as error:  # noqa: BLE001 the catalogue is open: any failure of one KPI stays its own
        return Collected(
            kpi, seconds=time.perf_counter() - started, error=f"{type(error).__name__}: {error}".strip(": ")
        )
    return Collected(kpi, samples, excluded, time.perf_counter() - started, pieces=tuple(pieces.made))
