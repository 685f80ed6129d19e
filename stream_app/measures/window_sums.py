"""The read side of everything in panes: routes cells to their series, slides the windows."""

from collections.abc import Mapping, Sequence

from stream_app.measures import keys, stamp
from stream_app.measures.aggregate import Aggregate
from stream_app.measures.index import SeriesIndex
from stream_app.measures.lane import Lane
from stream_app.measures.measure import Measure
from stream_app.measures.reads import Versions
from stream_app.measures.track import Track
from stream_app.measures.window import PANES, Window


class WindowSums:
    """The cells of all partitions, with a running sum for every series and window."""

    def __init__(self, windows: Sequence[Window], measures: Mapping[str, Measure], versions: Versions) -> None:
        self.index: SeriesIndex[Track] = SeriesIndex()
        self.partitions: list[int] = []
        self.lanes = {
            pane.code: Lane(members, self.partitions)
            for pane in PANES
            if (members := [window for window in windows if window.pane == pane])
        }
        self._touch = versions.touch
        self._now = -1
        self._measures = measures
        self._routes: dict[bytes, tuple[Lane, Track]] = {}

    def update(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take in a cell, None where it was deleted; an outdated one is ignored."""
        # 2.5 us for a count in two windows; a histogram costs 0.1 us more for each of its bins.
        start, index = keys.split(key)
        route = self._routes.get(start)
        if route is None:
            route = None if value is None else self._open(start, index)
            if route is None:
                return
        lane, track = route
        if index < lane.first:
            return
        old = track.get(index, partition)
        if old is None:
            if value is None:
                return
            if partition not in self.partitions:
                self.partitions.append(partition)
        elif value is not None and stamp.is_older(value, old):
            return
        track.put(index, partition, value)
        lane.update(track, index, old, value)
        self._touch(track.series)
        if not track.values:
            self._close(track)

    def _open(self, start: bytes, index: int) -> tuple[Lane, Track] | None:
        """Begin a series; None for a measure or pane that this reader does not know, or one long gone."""
        path = keys.path(start)
        lane, measure = self.lanes.get(path.pane), self._measures.get(path.measure)
        if lane is None or measure is None or index < lane.first:
            return None
        track = Track(path, measure, len(lane.windows))
        self.index.add(path, track)
        route = self._routes[start] = lane, track
        return route

    def _close(self, track: Track) -> None:
        """Forget a series without panes, so that what vanished is not shown as 0."""
        if self.index.get(track.path) is track:
            self.index.discard(track.path)
            del self._routes[keys.prefix(track.path)]

    def advance(self, now: int) -> None:
        """Slide every window to `now` (ms)."""
        self._now = now
        for lane in self.lanes.values():
            moved, emptied = lane.advance(now)
            for track in emptied:
                self._close(track)
            for series in {track.series for track in moved}:
                self._touch(series)

    def total(self, track: Track, window: Window) -> Aggregate | None:
        """Return what a series holds in a window."""
        lane = self.lanes[window.pane.code]
        place = lane.place.get(window)
        if place is None:  # no running window: its panes are added up, and remembered until they change
            return track.part(window.span(self._now), self.partitions)
        return track.total(place, lane.spans[place], self.partitions)

    def part(self, track: Track, indices: range) -> Aggregate | None:
        """Return what a series holds in some panes that lie side by side."""
        return track.part(indices, self.partitions)

    def span(self, window: Window) -> range:
        """Return the panes that a window covers now."""
        lane = self.lanes[window.pane.code]
        place = lane.place.get(window)
        return window.span(self._now) if place is None else lane.spans[place]

    def reaches(self, window: Window) -> bool:
        """Tell whether every pane of a window is kept."""
        lane = self.lanes.get(window.pane.code)
        return lane is not None and lane.first <= window.span(self._now).start
