"""The write side's objects: a series, and its cells in panes."""

from stream_app.measures import keys, stamp
from stream_app.measures.aggregate import AGGREGATES, Aggregate
from stream_app.measures.labels import LabelRegistry
from stream_app.measures.measure import Kind, Measure

Identity = tuple[str, tuple[str, ...], str, str]
"""Measure, dims, label and value; the last two are "" in the total."""


class Cell:
    """One stored value: an aggregate with the stamp of the record that last changed it.

    `base` is the stamp as of the last load or drain. A replayed contribution is compared
    with it and not with `stamp`, so that all contributions of one record count.
    """

    __slots__ = ("aggregate", "base", "changed", "index", "key", "lane", "series", "stamp")

    def __init__(self, series: "Series", lane: int, index: int, key: bytes) -> None:
        self.series: Series | None = series
        self.lane = lane
        self.index = index
        self.key = key
        self.aggregate: Aggregate = series.kind()
        self.stamp = self.base = stamp.NEVER
        self.changed = False


class Series:
    """All cells of one measure under one set of labels, by kind of pane (lane) and index."""

    __slots__ = ("identity", "kind", "lanes", "registry", "size", "starts", "value")

    def __init__(
        self,
        measure: Measure,
        identity: Identity,
        codes: tuple[str, ...],
        registry: LabelRegistry | None,
    ) -> None:
        name, dims, label, value = identity
        family = self.family(measure)
        self.identity = identity
        self.kind = AGGREGATES[measure.kind]
        self.value = value
        self.registry = registry
        self.starts = [keys.prefix(keys.Path(family, name, dims, label, value, code)) for code in codes]
        self.lanes: list[dict[int, Cell]] = [{} for _ in codes]
        self.size = 0

    @staticmethod
    def family(measure: Measure) -> str:
        """Return the first letter of the keys of a measure's cells."""
        return keys.STOCK if measure.kind is Kind.STOCK else keys.CELL

    @staticmethod
    def codes(measure: Measure, panes: tuple[str, ...]) -> tuple[str, ...]:
        """Return the lanes of a measure: the kinds of pane in use, or a stock's one bucket."""
        return (measure.bucket,) if measure.kind is Kind.STOCK else panes

    def create(self, lane: int, index: int) -> Cell:
        """Return a new, empty cell at `index`."""
        cell = Cell(self, lane, index, keys.cell(self.starts[lane], index))
        self.lanes[lane][index] = cell
        self.size += 1
        if self.registry is not None:
            self.registry.hold(self.value, 1)
        return cell

    def discard(self, cell: Cell) -> None:
        """Forget a cell."""
        del self.lanes[cell.lane][cell.index]
        cell.series = None
        self.size -= 1
        if self.registry is not None:
            self.registry.hold(self.value, -1)
