"""The read side of one stock series: its buckets, merged over the partitions."""

from bisect import bisect_left
from itertools import accumulate

from stream_app.measures import stamp
from stream_app.measures.stock import Stock


class Shelf:
    """Stored values by (index, partition), and what each bucket holds in all partitions."""

    __slots__ = ("_from", "_starts", "counts", "total", "values")

    def __init__(self) -> None:
        self.values: dict[tuple[int, int], bytes] = {}
        self.counts: dict[int, int] = {}
        self.total = 0
        self._starts: list[int] | None = None
        self._from: list[int] = []

    def update(self, index: int, partition: int, value: bytes | None) -> None:
        """Take in a bucket, None where it was deleted; an outdated one is ignored."""
        old = self.values.get((index, partition))
        before = count = self.counts.get(index, 0)
        if old is not None:
            if value is not None and stamp.is_older(value, old):
                return
            count -= Stock.unpack(old[stamp.SIZE :]).count
        if value is None:
            self.values.pop((index, partition), None)
        else:
            count += Stock.unpack(value[stamp.SIZE :]).count
            self.values[index, partition] = value
        self.total += count - before
        self._starts = None
        if count:
            self.counts[index] = count
        else:
            self.counts.pop(index, None)

    def since(self, index: int) -> int:
        """Return what the buckets from `index` on hold."""
        if self._starts is None:
            self._starts = sorted(self.counts)
            counts = [self.counts[start] for start in reversed(self._starts)]
            self._from = [*reversed([*accumulate(counts, initial=0)])]
        return self._from[bisect_left(self._starts, index)]
