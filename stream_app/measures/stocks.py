"""The stocks of all partitions on the read side: shelves of buckets, found by their path."""

from collections.abc import Iterable, Mapping

from stream_app.measures import keys
from stream_app.measures.index import SeriesIndex
from stream_app.measures.measure import ALL_TIME, Measure
from stream_app.measures.reads import Series, Versions
from stream_app.measures.shelf import Shelf


class Stocks:
    """Answer how much stands in a stock; which stored values are meant by a label is the caller's to say."""

    def __init__(self, measures: Mapping[str, Measure], versions: Versions) -> None:
        self._measures = measures
        self.index: SeriesIndex[Shelf] = SeriesIndex()
        self._touch = versions.touch
        self._routes: dict[bytes, tuple[keys.Path, Series, Shelf]] = {}

    def update(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take in an entry, None where it was deleted."""
        # The path is decoded once for all buckets of a series: that is half of the cost of an entry.
        start, index = keys.split(key)
        route = self._routes.get(start)
        if route is None:
            path = keys.path(start)
            if value is None or path.measure not in self._measures:
                return
            shelf = Shelf()
            self.index.add(path, shelf)
            series = path.measure, path.label, path.value
            self._routes[start] = path, series, shelf
        else:
            path, series, shelf = route
        shelf.update(index, partition, value)
        if not shelf.values:
            self.index.discard(path)
            del self._routes[start]
        self._touch(series)

    def counts(self, measure: Measure, dims: tuple[str, ...], by: str, words: Iterable[str]) -> dict[int, int]:
        """Return bucket start (ms; 0 in a stock without buckets) -> count, zeros left out."""
        size = 0 if measure.grain == ALL_TIME else measure.grain
        counts: dict[int, int] = {}
        for shelf in self._shelves(measure, dims, by, words):
            for index, count in shelf.counts.items():
                counts[index * size] = counts.get(index * size, 0) + count
        return {start: count for start, count in counts.items() if count}

    def standing(
        self, measure: Measure, dims: tuple[str, ...], by: str, words: Iterable[str], first: int | None
    ) -> int:
        """Return how much stands in the buckets from *first* on, in all of them without one."""
        shelves = self._shelves(measure, dims, by, words)
        return sum(shelf.total if first is None else shelf.since(first) for shelf in shelves)

    def _shelves(self, measure: Measure, dims: tuple[str, ...], by: str, words: Iterable[str]) -> list[Shelf]:
        paths = [keys.Path(keys.STOCK, measure.name, dims, by, word, measure.bucket) for word in words]
        return [shelf for path in paths if (shelf := self.index.get(path)) is not None]
