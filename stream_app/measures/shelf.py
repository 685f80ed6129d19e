"""The read side of one stock series: its buckets, merged over the partitions."""

from stream_app.measures import stamp
from stream_app.measures.stock import Stock


class Shelf:
    """Stored values by (index, partition), and what each bucket holds in all partitions."""

    __slots__ = ("counts", "values")

    def __init__(self) -> None:
        self.values: dict[tuple[int, int], bytes] = {}
        self.counts: dict[int, int] = {}

    def update(self, index: int, partition: int, value: bytes | None) -> None:
        """Take in a bucket, None where it was deleted; an outdated one is ignored."""
        old = self.values.get((index, partition))
        count = self.counts.get(index, 0)
        if old is not None:
            if value is not None and stamp.is_older(value, old):
                return
            count -= Stock.unpack(old[stamp.SIZE :]).count
        if value is None:
            self.values.pop((index, partition), None)
        else:
            count += Stock.unpack(value[stamp.SIZE :]).count
            self.values[index, partition] = value
        if count:
            self.counts[index] = count
        else:
            self.counts.pop(index, None)
