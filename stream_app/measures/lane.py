"""The read side of one kind of pane: which panes each window covers now, and what moves."""

from collections.abc import Iterator, Sequence

from stream_app.measures.aggregate import Aggregate
from stream_app.measures.track import Track
from stream_app.measures.window import Window


class Lane:
    """The windows that are made of one kind of pane, sliding together."""

    def __init__(self, windows: Sequence[Window], partitions: list[int]) -> None:
        self.windows = tuple(windows)
        self.place = {window: place for place, window in enumerate(windows)}
        self.spans = [range(0) for _ in windows]
        self.first = 0
        self._partitions = partitions
        self._panes: dict[int, set[Track]] = {}
        self._size = windows[0].pane.size
        self._current = -1

    def update(self, track: Track, index: int, old: bytes | None, new: bytes | None) -> None:
        """Bring a changed value into the sums of the windows that cover it."""
        if new is not None and old is None:
            self._panes.setdefault(index, set()).add(track)
        less = None if old is None else track.decode(old)
        more = None if new is None else track.decode(new)
        for window, span in enumerate(self.spans):
            if index in span:
                track.shift(window, more, less)

    def advance(self, now: int) -> list[Track]:
        """Slide to `now` (ms); return the tracks from which every pane has gone."""
        current = now // self._size
        if current == self._current:
            return []
        self._current = current
        for place, window in enumerate(self.windows):
            before, after = self.spans[place], window.span(now)
            for index in self._held(before.start, min(before.stop, after.start)):
                for track in self._panes[index]:
                    track.shift(place, None, self._pane(track, index))
            for index in self._held(max(before.stop, after.start), after.stop):
                for track in self._panes[index]:
                    track.shift(place, self._pane(track, index), None)
            self.spans[place] = after
        self.first = min(span.start for span in self.spans)
        return list(self._forget())

    def _pane(self, track: Track, index: int) -> Aggregate | None:
        if not track.kind.subtractable:
            return None
        return track.merged(range(index, index + 1), self._partitions)

    def _held(self, start: int, stop: int) -> list[int]:
        """Return the indices in [start, stop) that hold anything, at the cost of the fewer."""
        if stop - start < len(self._panes):
            return [index for index in range(start, stop) if index in self._panes]
        return [index for index in self._panes if start <= index < stop]

    def _forget(self) -> Iterator[Track]:
        """Drop the panes that no window can reach any more."""
        for index in [index for index in self._panes if index < self.first]:
            for track in self._panes.pop(index):
                for partition in self._partitions:
                    track.put(index, partition, None)
                if not track.values:
                    yield track
