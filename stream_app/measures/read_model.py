"""The read side: the cells of all partitions, merged, with a running sum for every window.

It takes the entries that CellStore.drain returns, in any interleaving of partitions and
as often as they come: values are absolute. Nothing here looks at a clock; `advance`
says what time it is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from stream_app.measures import keys, stamp
from stream_app.measures.accounting import Accounting
from stream_app.measures.aggregate import Aggregate
from stream_app.measures.clock import OpenClock
from stream_app.measures.clock_list import ClockList
from stream_app.measures.index import SeriesIndex
from stream_app.measures.label_view import LabelView
from stream_app.measures.labels import OTHER
from stream_app.measures.measure import ALL_TIME, Measure
from stream_app.measures.shelf import Shelf
from stream_app.measures.track import Track
from stream_app.measures.window import Window
from stream_app.measures.window_sums import WindowSums

_CELL, _STOCK, _CLOCK, _LABEL = (ord(family) for family in (keys.CELL, keys.STOCK, keys.CLOCK, keys.LABEL))


class ReadModel:
    """Answer what windows, stocks and clocks hold now; what it hands out is not to be changed.

    A measure is given as its declaration or its name; `by` and `value` are "" for the total.
    """

    def __init__(self, windows: Sequence[Window], measures: Mapping[str, Measure]) -> None:
        self.now = -1
        self.windows = tuple(windows)
        self._measures = measures
        self._sums = WindowSums(windows, measures)
        self._shelves: SeriesIndex[Shelf] = SeriesIndex()
        self._labels: dict[str, LabelView] = {}
        self._clocks = ClockList()
        self._accounting: dict[int, tuple[bytes, Accounting]] = {}

    def update(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take in an entry of a partition, None where it was deleted; an outdated one is ignored."""
        family = key[2]
        if family == _CELL:
            self._sums.update(partition, key, value)
        elif family == _CLOCK:
            self._clocks.update(partition, key, value)
        elif family == _STOCK:
            self._update_stock(partition, key, value)
        elif family == _LABEL:
            self._labels.setdefault(keys.name(key), LabelView()).update(partition, value)
        elif key == keys.ACCOUNTING:
            self._update_accounting(partition, value)

    def _update_stock(self, partition: int, key: bytes, value: bytes | None) -> None:
        start, index = keys.split(key)
        path = keys.path(start)
        if path.measure not in self._measures:
            return
        shelf = self._shelves.get(path)
        if shelf is None:
            shelf = Shelf()
            self._shelves.add(path, shelf)
        shelf.update(index, partition, value)
        if not shelf.values:
            self._shelves.discard(path)

    def _update_accounting(self, partition: int, value: bytes | None) -> None:
        known = self._accounting.get(partition)
        if value is None:
            self._accounting.pop(partition, None)
        elif known is None or not stamp.is_older(value, known[0]):
            self._accounting[partition] = value, Accounting.read(value)

    def advance(self, now: int) -> None:
        """Move to `now` (ms); time does not run back, so an earlier `now` changes nothing."""
        if now > self.now:
            self.now = now
            self._sums.advance(now)

    def get(
        self,
        measure: Measure | str,
        window: Window,
        dims: tuple[str, ...] = (),
        by: str = "",
        value: str = "",
    ) -> Aggregate | None:
        """Return what a window holds now, None if nothing."""
        tracks = self._tracks(measure, window, dims, by, value)
        return _merged([self._sums.total(track, window) for track in tracks])

    def panes(
        self,
        measure: Measure | str,
        window: Window,
        dims: tuple[str, ...] = (),
        by: str = "",
        value: str = "",
    ) -> list[tuple[int, Aggregate]]:
        """Return (start in ms, content) of each pane in a window that holds anything."""
        tracks = self._tracks(measure, window, dims, by, value)
        found = (
            (index, _merged([self._sums.pane(track, index) for track in tracks])) for index in self._sums.span(window)
        )
        return [(index * window.pane.size, held) for index, held in found if held is not None]

    def stock(
        self,
        measure: Measure | str,
        dims: tuple[str, ...] = (),
        by: str = "",
        value: str = "",
    ) -> dict[int, int]:
        """Return bucket start (ms; 0 in a stock without buckets) -> count, zeros left out."""
        declared = self._measures[_name(measure)]
        size = 0 if declared.grain == ALL_TIME else declared.grain
        counts: dict[int, int] = {}
        for word in self._behind(declared.name, dims, by, value):
            path = keys.Path(keys.STOCK, declared.name, dims, by, word, declared.bucket)
            shelf = self._shelves.get(path)
            for index, count in shelf.counts.items() if shelf else ():
                counts[index * size] = counts.get(index * size, 0) + count
        return {start: count for start, count in counts.items() if count}

    def values(self, measure: Measure | str, by: str, dims: tuple[str, ...] = ()) -> list[str]:
        """Return the values of a label that have data, sorted; those beyond the cap are "other"."""
        view = self._labels.get(by)
        stored = self._stored(_name(measure), dims, by)
        return sorted({OTHER if view and view.hides(word) else word for word in stored})

    def dims(self, measure: Measure | str) -> list[tuple[str, ...]]:
        """Return the dims under which a measure has data, sorted."""
        name = _name(measure)
        return sorted(self._sums.index.dims(name) | self._shelves.dims(name))

    def clocks(self, name: str) -> Collection[OpenClock]:
        """Return the open clocks of one name: a live view, to be read before the next update."""
        return self._clocks.named(name)

    def clock_names(self) -> list[str]:
        """Return the names that have an open clock."""
        return self._clocks.names()

    def accounting(self) -> Accounting:
        """Return what became of the records of all partitions; the watermark is the highest."""
        total = Accounting()
        for _, one in self._accounting.values():
            total = total.plus(one)
        return total

    def partitions(self) -> dict[int, Accounting]:
        """Return the accounting of each partition."""
        return {partition: one for partition, (_, one) in sorted(self._accounting.items())}

    @property
    def watermark(self) -> int:
        """Return the highest event time of all partitions, in ms; -1 before the first."""
        return max((one.watermark for _, one in self._accounting.values()), default=-1)

    def sizes(self) -> dict[str, int]:
        """Return how many entries of each sort are held, for the reader's own gauges."""
        tracks = self._sums.index.all()
        return {
            "series": len(self._sums.index) + len(self._shelves),
            "cells": sum(len(track.values) for track in tracks),
            "buckets": sum(len(shelf.values) for shelf in self._shelves.all()),
            "clocks": len(self._clocks),
        }

    def _tracks(
        self, measure: Measure | str, window: Window, dims: tuple[str, ...], by: str, value: str
    ) -> list[Track]:
        name, code = _name(measure), window.pane.code
        words = self._behind(name, dims, by, value)
        paths = [keys.Path(keys.CELL, name, dims, by, word, code) for word in words]
        return [track for path in paths if (track := self._sums.index.get(path)) is not None]

    def _behind(self, name: str, dims: tuple[str, ...], by: str, value: str) -> list[str]:
        """Return the stored values that are shown as `value`."""
        view = self._labels.get(by)
        if view is None or view.shown is None:
            return [value]
        if value != OTHER:
            return [] if view.hides(value) else [value]
        return [OTHER, *(word for word in self._stored(name, dims, by) if view.hides(word))]

    def _stored(self, name: str, dims: tuple[str, ...], by: str) -> set[str]:
        return {
            *self._sums.index.values(name, dims, by),
            *self._shelves.values(name, dims, by),
        }


def _name(measure: Measure | str) -> str:
    return measure if isinstance(measure, str) else measure.name


def _merged(parts: Iterable[Aggregate | None]) -> Aggregate | None:
    """Return the parts together; a single one as it is, without a copy."""
    held = [part for part in parts if part is not None]
    if len(held) < 2:
        return held[0] if held else None
    total = held[0].copy()
    for part in held[1:]:
        total.merge(part)
    return None if total.is_zero() else total
