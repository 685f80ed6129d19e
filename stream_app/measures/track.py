"""The read side of one series in one kind of pane: its cells by partition, its window sums."""

from stream_app.measures import stamp
from stream_app.measures.aggregate import AGGREGATES, Aggregate
from stream_app.measures.keys import Path
from stream_app.measures.measure import Measure
from stream_app.measures.reads import Series

_PARTITION_BITS = 16
_REMEMBERED = 16
"""Parts that are remembered of a series: a few per window, more only when time moves and nothing else does."""


class Track:
    """Stored values by (index, partition), and the running sum of each window that covers them.

    What cannot be subtracted (a distinct) has no running sum: None then means "not known",
    and the sum is made when it is read. The values stay packed: what leaves a window is
    decoded when it leaves, which costs less than holding every cell as an object does.
    """

    __slots__ = ("_made", "kind", "path", "series", "sums", "values")

    def __init__(self, path: Path, measure: Measure, windows: int) -> None:
        self.path = path
        self.series: Series = path.measure, path.label, path.value
        self.kind = AGGREGATES[measure.kind]
        self.values: dict[int, bytes] = {}
        self.sums: list[Aggregate | None] = [None] * windows
        self._made: dict[range, Aggregate | None] | None = None

    def get(self, index: int, partition: int) -> bytes | None:
        """Return the stored value of a pane."""
        return self.values.get(index << _PARTITION_BITS | partition)

    def put(self, index: int, partition: int, value: bytes | None) -> None:
        """Store the value of a pane, None to delete it."""
        self._made = None
        if value is None:
            self.values.pop(index << _PARTITION_BITS | partition, None)
        else:
            self.values[index << _PARTITION_BITS | partition] = value

    def decode(self, value: bytes) -> Aggregate:
        """Read a stored value."""
        return self.kind.unpack(value[stamp.SIZE :])

    def move(self, window: int, change: Aggregate | None, *, leaving: bool = False) -> None:
        """Add a change to a window's sum, or take it out; None says only that the sum is another one now."""
        self._made = None
        if change is None:
            if not self.kind.subtractable:
                self.sums[window] = None
            return
        total = self.sums[window]
        if total is None:
            total = self.sums[window] = self.kind()
        if leaving:
            total.subtract(change)
        else:
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

    def part(self, indices: range, partitions: list[int]) -> Aggregate | None:
        """Return what `merged` does, remembered until the series changes."""
        made = self._made = self._made or {}
        if indices not in made:
            if len(made) >= _REMEMBERED:
                made.clear()
            made[indices] = self.merged(indices, partitions)
        return made[indices]

    def merged(self, indices: range, partitions: list[int]) -> Aggregate | None:
        """Return the panes of `indices` together, None if they hold nothing."""
        total: Aggregate | None = None
        for value in self._stored(indices, partitions):
            if total is None:
                total = self.decode(value)
            else:
                total.merge(self.decode(value))
        return None if total is None or total.is_zero() else total

    def _stored(self, indices: range, partitions: list[int]) -> list[bytes]:
        """Return the values in the panes of `indices`, at the cost of the fewer: places, or values."""
        values = self.values
        if len(values) < len(indices) * len(partitions):
            start, stop = indices.start << _PARTITION_BITS, indices.stop << _PARTITION_BITS
            return [value for place, value in values.items() if start <= place < stop]
        places = [index << _PARTITION_BITS | partition for index in indices for partition in partitions]
        return [values[place] for place in places if place in values]
