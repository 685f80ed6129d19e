"""The read side of one kind of pane: which panes each window covers now, and what moves."""

from collections.abc import Iterator, Sequence

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
        covering = [window for window, span in enumerate(self.spans) if index in span]
        if not covering:
            return
        if track.kind.subtractable:
            change = track.change(old, new)
            for window in covering:
                track.shift(window, change)
        else:
            for window in covering:
                track.sums[window] = None

    def advance(self, now: int) -> list[Track]:
        """Slide to `now` (ms); return the tracks from which every pane has gone."""
        current = now // self._size
        if current == self._current:
            return []
        self._current = current
        for place, window in enumerate(self.windows):
            before, after = self.spans[place], window.span(now)
            self._move(place, self._held(before.start, min(before.stop, after.start)), leaving=True)
            self._move(place, self._held(max(before.stop, after.start), after.stop), leaving=False)
            self.spans[place] = after
        self.first = min(span.start for span in self.spans)
        return list(self._forget())

    def _move(self, window: int, indices: list[int], *, leaving: bool) -> None:
        """Take panes out of a window, or bring them in."""
        for index in indices:
            for track in self._panes[index]:
                if not track.kind.subtractable:
                    track.sums[window] = None
                    continue
                held = track.merged(range(index, index + 1), self._partitions)
                if held is None:
                    continue
                if leaving:
                    held, pane = track.kind(), held
                    held.subtract(pane)
                track.shift(window, held)

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
