"""The write side's collection of series and cells: found, created, expired and swept."""

from collections.abc import Iterator, Mapping, Sequence

from stream_app.measures import keys, stamp
from stream_app.measures.aggregate import Aggregate
from stream_app.measures.cell import Cell, Identity, Series
from stream_app.measures.formats import UnreadableStateError
from stream_app.measures.labels import LabelBook
from stream_app.measures.measure import Measure
from stream_app.measures.window import MINUTE, Retention

Spots = Sequence[tuple[int, int]]
"""(lane, index) of the cells of a series that one contribution lands in."""


class Cells:
    """The cells of one source partition; `gone` collects what to delete: stamp and key."""

    def __init__(self, retentions: tuple[Retention, ...], labels: LabelBook) -> None:
        self.gone: list[tuple[int, bytes]] = []
        self._retentions = retentions
        self._labels = labels
        self._codes = tuple(kept.pane.code for kept in retentions)
        self._minutes = tuple(kept.pane.size // MINUTE.size for kept in retentions)
        self._oldest = [kept.oldest(stamp.NEVER) for kept in retentions]
        self._panes: list[dict[int, list[Cell]]] = [{} for _ in retentions]
        self._series: dict[Identity, Series] = {}
        self._idle: list[Series] = []
        self._live = 0
        self._spots: dict[int, Spots] = {}  # by minute, until a pane leaves retention or the batch ends

    def __len__(self) -> int:
        return self._live

    def spots(self, minute: int) -> Spots:
        """Return the panes in retention that a minute lies in."""
        spots = self._spots.get(minute)
        if spots is None:
            spots = self._spots[minute] = [
                (lane, index)
                for lane, minutes in enumerate(self._minutes)
                if (index := minute // minutes) >= self._oldest[lane]
            ]
        return spots

    def series(self, measure: Measure, identity: Identity) -> Series:
        """Return the series of an identity."""
        series = self._series.get(identity)
        if series is None:
            label = identity[2]
            registry = self._labels[label] if label else None
            series = self._series[identity] = Series(measure, identity, self._codes, registry)
            self._idle.append(series)
        return series

    def cell(self, series: Series, lane: int, index: int) -> Cell:
        """Return a cell, a new one where there was none."""
        return series.lanes[lane].get(index) or self.create(series, lane, index, series.kind())

    def create(self, series: Series, lane: int, index: int, aggregate: Aggregate) -> Cell:
        """Return a new cell."""
        cell = series.create(lane, index, aggregate)
        self._live += 1
        if not series.stock:
            self._panes[lane].setdefault(index, []).append(cell)
        return cell

    def load(self, measures: Mapping[str, Measure], key: bytes, value: bytes) -> Cell | None:
        """Take over a recovered cell; UnreadableStateError if its measure has changed its kind.

        None if its pane has gone, or if another version declared its measure: then the
        entry stays as it is, for that version to come back to.
        """
        start, index = keys.split(key)
        family, name, dims, label, word, code = keys.path(start)
        lane = 0 if family == keys.STOCK else self._lane(code, index)
        if lane is None:
            self.gone.append((stamp.stamp_of(value), key))
            return None
        measure = measures.get(name)
        if measure is None:
            return None
        series = self.series(measure, (name, dims, label, word))
        if lane >= len(series.starts) or series.starts[lane] != start:
            raise UnreadableStateError(
                f"measure {name!r} is stored as {start.decode()}, but declared as a {measure.kind} with bucket "
                f"{measure.bucket!r}: raise the state version to rebuild from the source topic"
            )
        cell = self.create(series, lane, index, series.kind.unpack(stamp.payload_of(value)))
        cell.stamp = cell.base = stamp.stamp_of(value)
        return cell

    def _lane(self, code: str, index: int) -> int | None:
        """Return the lane of a pane, None if it is out of retention or no window is made of its kind."""
        if code not in self._codes:
            return None
        lane = self._codes.index(code)
        return lane if index >= self._oldest[lane] else None

    def expire(self, watermark: int) -> None:
        """Drop the panes that are out of retention at `watermark` (ms)."""
        for lane, kept in enumerate(self._retentions):
            oldest = kept.oldest(watermark)
            if oldest <= self._oldest[lane]:
                continue
            self._oldest[lane] = oldest
            self._spots.clear()
            panes = self._panes[lane]
            for index in [index for index in panes if index < oldest]:
                for cell in panes.pop(index):
                    self.drop(cell)

    def drop(self, cell: Cell) -> None:
        """Forget a cell, and delete it where it was ever stored."""
        if not cell.live:
            return
        cell.series.discard(cell)
        self._live -= 1
        if not cell.series.size:
            self._idle.append(cell.series)
        if cell.base != stamp.NEVER:
            self.gone.append((cell.base, cell.key))

    def sweep(self) -> bool:
        """Forget the series without cells; tell whether there were any."""
        empty = [series for series in self._idle if not series.size]
        for series in empty:
            self._series.pop(series.identity, None)
        self._idle = []
        self._spots.clear()
        return bool(empty)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every cell as it is stored."""
        for series in self._series.values():
            for lane in series.lanes:
                for cell in lane.values():
                    yield cell.key, stamp.pack(cell.stamp, cell.aggregate.pack())
