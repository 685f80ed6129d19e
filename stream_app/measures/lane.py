"""The read side of one kind of pane: which panes each window covers now, and what moves."""

from collections.abc import Iterable, Iterator, Sequence

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
        change = track.change(old, new) if track.kind.subtractable else None
        for window in covering:
            track.move(window, change)

    def advance(self, now: int) -> tuple[set[Track], list[Track]]:
        """Slide to `now` (ms); return the tracks that moved, and those from which every pane has gone."""
        current = now // self._size
        moved: set[Track] = set()
        if current == self._current:
            return moved, []
        self._current = current
        # By pane: which windows it leaves and which it enters, so that each cell is decoded once.
        leaving: dict[int, list[int]] = {}
        entering: dict[int, list[int]] = {}
        for place, window in enumerate(self.windows):
            before, after = self.spans[place], window.span(now)
            for index in self._held(before.start, min(before.stop, after.start)):
                leaving.setdefault(index, []).append(place)
            for index in self._held(max(before.stop, after.start), after.stop):
                entering.setdefault(index, []).append(place)
            self.spans[place] = after
        for index in leaving.keys() | entering.keys():
            tracks = self._panes[index]
            moved |= tracks
            self._move(index, tracks, leaving.get(index, ()), entering.get(index, ()))
        self.first = min(span.start for span in self.spans)
        return moved, list(self._forget())

    def _move(self, index: int, tracks: Iterable[Track], leaving: Iterable[int], entering: Iterable[int]) -> None:
        """Take a pane out of some windows and bring it into others."""
        for track in tracks:
            held = track.merged(range(index, index + 1), self._partitions) if track.kind.subtractable else None
            for window in leaving:
                track.move(window, held, leaving=True)
            for window in entering:
                track.move(window, held, leaving=False)

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
