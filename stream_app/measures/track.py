"""The read side of one series in one kind of pane: its cells by partition, its window sums."""

from stream_app.measures import stamp
from stream_app.measures.aggregate import AGGREGATES, Aggregate
from stream_app.measures.keys import Path
from stream_app.measures.measure import Measure

_PARTITION_BITS = 16


class Track:
    """Stored values by (index, partition), and the running sum of each window that covers them.

    What cannot be subtracted (a distinct) has no running sum: None then means "not known",
    and the sum is made when it is read. The values stay packed: what leaves a window is
    decoded when it leaves, which costs less than holding every cell as an object does.
    """

    __slots__ = ("kind", "path", "sums", "values")

    def __init__(self, path: Path, measure: Measure, windows: int) -> None:
        self.path = path
        self.kind = AGGREGATES[measure.kind]
        self.values: dict[int, bytes] = {}
        self.sums: list[Aggregate | None] = [None] * windows

    def get(self, index: int, partition: int) -> bytes | None:
        """Return the stored value of a pane."""
        return self.values.get(index << _PARTITION_BITS | partition)

    def put(self, index: int, partition: int, value: bytes | None) -> None:
        """Store the value of a pane, None to delete it."""
        if value is None:
            self.values.pop(index << _PARTITION_BITS | partition, None)
        else:
            self.values[index << _PARTITION_BITS | partition] = value

    def decode(self, value: bytes) -> Aggregate:
        """Read a stored value."""
        return self.kind.unpack(value[stamp.SIZE :])

    def shift(self, window: int, change: Aggregate) -> None:
        """Add a change to a window's sum."""
        total = self.sums[window]
        if total is None:
            total = self.sums[window] = self.kind()
        total.merge(change)
        if total.is_zero():
            self.sums[window] = None

    def change(self, old: bytes | None, new: bytes | None) -> Aggregate:
        """Return the new value less the old one."""
        difference = self.kind() if new is None else self.decode(new)
        if old is not None:
            difference.subtract(self.decode(old))
        return difference

    def total(self, window: int, span: range, partitions: list[int]) -> Aggregate | None:
        """Return a window's sum, None if it holds nothing."""
        if self.sums[window] is None and not self.kind.subtractable:
            self.sums[window] = self.merged(span, partitions)
        return self.sums[window]

    def merged(self, indices: range, partitions: list[int]) -> Aggregate | None:
        """Return the panes of `indices` together, None if they hold nothing."""
        total: Aggregate | None = None
        for index in indices:
            for partition in partitions:
                value = self.get(index, partition)
                if value is None:
                    continue
                if total is None:
                    total = self.decode(value)
                else:
                    total.merge(self.decode(value))
        return None if total is None or total.is_zero() else total
