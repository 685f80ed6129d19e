"""The read side: the cells of all partitions, merged, with a running sum for every window.

It takes the entries that CellStore.drain returns, in any interleaving of partitions and
as often as they come: values are absolute. Nothing here looks at a clock; `advance`
says what time it is.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from typing import Self

from stream_app.measures import keys
from stream_app.measures.accounting import Accounting
from stream_app.measures.aggregate import Aggregate, merged
from stream_app.measures.books import Books
from stream_app.measures.clock import OpenClock
from stream_app.measures.clock_group import ClockGroup
from stream_app.measures.clock_list import ClockList, Told
from stream_app.measures.label_view import LabelView
from stream_app.measures.labels import OTHER
from stream_app.measures.measure import Measure
from stream_app.measures.reads import EXACTLY_NOW, Memory, Reads, Rests, Versions
from stream_app.measures.stocks import Stocks
from stream_app.measures.track import Track
from stream_app.measures.window import Window
from stream_app.measures.window_sums import WindowSums

_CELL, _STOCK, _CLOCK, _LABEL = (ord(family) for family in (keys.CELL, keys.STOCK, keys.CLOCK, keys.LABEL))


class ReadModel:
    """Answer what windows, stocks and clocks hold now; what it hands out is not to be changed.

    A measure is given as its declaration or its name; `by` and `value` are "" for the total.
    """

    def __init__(self, windows: Sequence[Window], measures: Mapping[str, Measure]) -> None:
        self.windows = tuple(windows)
        self._now = -1
        self._measures = measures
        self.memory: Memory | None = None
        self._clocks = ClockList()
        self._versions = Versions(self._clocks.versions)
        self._sums = WindowSums(windows, measures, self._versions)
        self._stocks = Stocks(measures, self._versions)
        self._labels: dict[str, LabelView] = {}
        self._books = Books()
        self._reads = Reads()

    def recording(self) -> Reads:
        """Return where everything that is asked from here on is noted, until this is called again."""
        self._reads = Reads()
        return self._reads

    def remembering(self, memory: Memory | None) -> Self:
        """Return this model for one who computes only what `memory` does not hold, or everything with None."""
        other = copy(self)
        other.memory = memory
        return other

    def version(self, reads: Reads | Rests) -> int | None:
        """Return what the parts in `reads` are at: while it is equal, so is every answer. None if that is not known."""
        return self._versions.of(reads, self._now)

    @property
    def now(self) -> int:
        """Return the moment, in ms, that everything is answered for; -1 before the first."""
        self._reads.moments.add(EXACTLY_NOW)
        return self._now

    def over(self, *windows: Window) -> Self:
        """Return this model as it answers for other windows now; those that reach beyond what is kept are left out."""
        for window in windows:
            self._reads.moments.add((0, window.pane.size))
        other = self.remembering(None)
        other.windows = tuple(window for window in windows if self._sums.reaches(window))
        return other

    def update(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take in an entry of a partition, None where it was deleted; an outdated one is ignored."""
        family = key[2]
        if family == _CELL:
            self._sums.update(partition, key, value)
        elif family == _CLOCK:
            self._clocks.update(partition, key, value)
        elif family == _STOCK:
            self._stocks.update(partition, key, value)
        elif family == _LABEL:
            self._update_label(partition, keys.name(key), value)
        elif key == keys.ACCOUNTING:
            self._books.update(partition, value)

    def _update_label(self, partition: int, label: str, value: bytes | None) -> None:
        view = self._labels.setdefault(label, LabelView())
        before = view.shown
        view.update(partition, value)
        if view.shown != before:
            self._versions.labels[label] = self._versions.labels.get(label, 0) + 1

    def advance(self, now: int) -> None:
        """Move to `now` (ms); time does not run back, so an earlier `now` changes nothing."""
        if now > self._now:
            self._now = now
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
        # HOT: 35,000 times for a board of 20,000 series. Where no label is capped, there is one series to look up.
        view = self._labels.get(by)
        if view is None or view.shown is None:
            name = measure if isinstance(measure, str) else measure.name
            reads = self._reads
            reads.series.add((name, by, value))
            if by:
                reads.labels.add(by)
            track = self._sums.index.by_path.get((keys.CELL, name, dims, by, value, window.pane.code))
            return None if track is None else self._sums.total(track, window)
        tracks = self._tracks(measure, window, dims, by, value)
        return merged([self._sums.total(track, window) for track in tracks])

    def recent(
        self,
        measure: Measure | str,
        window: Window,
        age: int,
        dims: tuple[str, ...] = (),
        by: str = "",
        value: str = "",
    ) -> Aggregate | None:
        """Return what those panes of a window hold that reach into the last `age` ms, None if nothing."""
        size = window.pane.size
        self._reads.moments.add((age, size))
        first, span = (self._now - age) // size, self._sums.span(window)
        if first <= span.start:
            return self.get(measure, window, dims, by, value)
        part = range(first, span.stop)
        tracks = self._tracks(measure, window, dims, by, value)
        return merged([self._sums.part(track, part) for track in tracks])

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
            (index, merged([self._sums.part(track, range(index, index + 1)) for track in tracks]))
            for index in self._sums.span(window)
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
        return self._stocks.counts(declared, dims, by, self._behind(declared.name, dims, by, value))

    def standing(
        self,
        measure: Measure | str,
        dims: tuple[str, ...] = (),
        by: str = "",
        value: str = "",
        age: int | None = None,
    ) -> int:
        """Return how much a stock holds; with an age, in those buckets that reach into the last `age` ms."""
        declared = self._measures[_name(measure)]
        words = self._behind(declared.name, dims, by, value)
        first = None
        if age is not None:
            self._reads.moments.add((age, declared.grain))
            first = (self._now - age) // declared.grain
        return self._stocks.standing(declared, dims, by, words, first)

    def start(self, window: Window) -> int:
        """Return the event time (ms) at which a window begins now: the start of its oldest pane."""
        self._reads.moments.add((0, window.pane.size))
        return window.span(self._now).start * window.pane.size

    def values(self, measure: Measure | str, by: str, dims: tuple[str, ...] = ()) -> list[str]:
        """Return the values of a label that have data, sorted; those beyond the cap are "other"."""
        self._reads.labels.add(by)
        view = self._labels.get(by)
        stored = self._stored(_name(measure), dims, by)
        return sorted({OTHER if view and view.hides(word) else word for word in stored})

    def dims(self, measure: Measure | str) -> list[tuple[str, ...]]:
        """Return the dims under which a measure has data, sorted."""
        name = _name(measure)
        self._reads.measures.add(name)
        return sorted(self._sums.index.dims(name) | self._stocks.index.dims(name))

    def clocks(self, name: str) -> Collection[OpenClock]:
        """Return the open clocks of one name: a live view, to be read before the next update."""
        self._reads.clocks.add(name)
        return self._clocks.named(name)

    def clock_groups(self, name: str, label: str = "") -> Mapping[str, ClockGroup]:
        """Return the open clocks of one name by the value of a label; without a label, all of them under ""."""
        self._reads.clocks.add(name)
        return self._clocks.groups(name, label)

    def clock_names(self) -> list[str]:
        """Return the names that have an open clock."""
        self._reads.whole.append(True)
        return self._clocks.names()

    def tell_clocks(self, told: Told) -> Iterator[tuple[tuple[int, bytes], OpenClock]]:
        """Return every open clock, and tell *told* of each that changes from here on, as it changes."""
        self._clocks.told = told
        return self._clocks.everything()

    def accounting(self) -> Accounting:
        """Return what became of the records of all partitions; the watermark is the highest."""
        self._reads.whole.append(True)
        return self._books.total()

    def partitions(self) -> dict[int, Accounting]:
        """Return the accounting of each partition."""
        self._reads.whole.append(True)
        return self._books.by_partition()

    @property
    def watermark(self) -> int:
        """Return the highest event time of all partitions, in ms; -1 before the first."""
        self._reads.whole.append(True)
        return self._books.watermark

    def sizes(self) -> dict[str, int]:
        """Return how many entries of each sort are held, for the reader's own gauges."""
        self._reads.whole.append(True)
        tracks = self._sums.index.all()
        return {
            "series": len(self._sums.index) + len(self._stocks.index),
            "cells": sum(len(track.values) for track in tracks),
            "buckets": sum(len(shelf.values) for shelf in self._stocks.index.all()),
            "clocks": len(self._clocks),
            "capped_labels": sum(view.shown is not None for view in self._labels.values()),
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
        self._reads.series.add((name, by, value))
        if by:
            self._reads.labels.add(by)
        view = self._labels.get(by)
        if view is None or view.shown is None:
            return [value]
        if value != OTHER:
            return [] if view.hides(value) else [value]
        return [OTHER, *(word for word in self._stored(name, dims, by) if view.hides(word))]

    def _stored(self, name: str, dims: tuple[str, ...], by: str) -> set[str]:
        self._reads.measures.add(name)
        return {
            *self._sums.index.values(name, dims, by),
            *self._stocks.index.values(name, dims, by),
        }


def _name(measure: Measure | str) -> str:
    return measure if isinstance(measure, str) else measure.name
