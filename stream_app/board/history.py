"""What the headline figures were since the board started: a short memory for the trends on wall and KPI pages."""

from collections import deque
from collections.abc import Iterable, Sequence

from stream_app.board.headline import Cut, variants
from stream_app.board.snapshot import Snapshot

STEP_MS = 15_000
"""Time between two points."""
POINTS = 960
"""Points kept of a figure: four hours."""

Labels = tuple[tuple[str, str], ...]
Line = tuple[str, str | None, Cut | None, Labels]
"""(KPI, window, cut, labels): one figure over time."""


class History:
    """Points of figures, one per `STEP_MS`; for one thread.

    The total of each KPI is followed from the start, a cut of it from when somebody first asks. Nothing is stored: a
    board that starts anew begins anew, and long memory is Prometheus' work. While the newest event is old data, or a
    partition counts what is, there are no points: what a worker catches up with is no change of the world. The line
    breaks there.
    """

    def __init__(self) -> None:
        self._times: deque[int] = deque(maxlen=POINTS)
        self._values: dict[Line, deque[float | None]] = {}
        self._broken = False
        self._counted: dict[int, int] = {}
        self._behind_at: int | None = None
        self._followed: dict[tuple[str | None, Cut | None], None] = {(None, None): None}

    def note(self, snapshot: Snapshot) -> None:
        """Take the figures of *snapshot* down, unless the last point is too young or they are of old data."""
        if not snapshot.ready:
            return
        if self._catching_up(snapshot) or not snapshot.fresh:
            self._broken = bool(self._times)
            return
        if self._times and snapshot.at - self._times[-1] < STEP_MS:
            return
        if self._broken:
            self._broken = False
            self._point(self._times[-1] + 1_000, {})
        self._point(snapshot.at, self._figures(snapshot))

    def _catching_up(self, snapshot: Snapshot) -> bool:
        """Tell whether a partition has counted events in the last step, and the newest of them is old data still."""
        for partition, account in snapshot.accounting.items():
            if self._counted.get(partition) != account.records:
                self._counted[partition] = account.records
                if not snapshot.is_young(account.watermark):
                    self._behind_at = snapshot.at
        return self._behind_at is not None and snapshot.at - self._behind_at < STEP_MS

    def _figures(self, snapshot: Snapshot) -> dict[Line, float]:
        return {
            (name, window, cut, tuple(sorted(sample.labels.items()))): sample.value
            for window, cut in self._followed
            for name, one in snapshot.collected.items()
            for sample in variants(one.kpi, one.samples, window, cut)
        }

    def _point(self, at: int, figures: dict[Line, float]) -> None:
        """Add a point to every line that has a figure, and a gap to the others."""
        gone = set(self._values)
        before = len(self._times)
        self._times.append(at)
        for line, value in figures.items():
            values = self._values.get(line)
            if values is None:
                values = self._values[line] = deque([None] * before, maxlen=POINTS)
            values.append(value)
            gone.discard(line)
        for line in gone:
            self._values[line].append(None)
            if all(value is None for value in self._values[line]):
                del self._values[line]

    def follow(self, window: str | None, cut: Cut | None) -> None:
        """Take down a window and cut too, from now on."""
        self._followed.setdefault((window, cut))

    def times(self) -> Sequence[int]:
        """Return the times of the points, ms."""
        return list(self._times)

    def line(
        self, kpi: str, window: str | None, cut: Cut | None, labels: Iterable[tuple[str, str]]
    ) -> list[float | None]:
        """Return the values of one figure, one per time; nothing for one that was never seen."""
        return list(self._values.get((kpi, window, cut, tuple(sorted(labels))), ()))
