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

    __slots__ = ("aggregate", "base", "changed", "index", "key", "lane", "live", "series", "stamp")

    def __init__(self, series: "Series", lane: int, index: int, aggregate: Aggregate) -> None:
        self.series = series
        self.lane = lane
        self.index = index
        self.key = keys.cell(series.starts[lane], index)
        self.aggregate = aggregate
        self.stamp = self.base = stamp.NEVER
        self.changed = False
        self.live = True


class Series:
    """All cells of one measure under one set of labels, by kind of pane (lane) and index."""

    __slots__ = ("identity", "kind", "lanes", "registry", "size", "starts", "stock")

    def __init__(
        self,
        measure: Measure,
        identity: Identity,
        panes: tuple[str, ...],
        registry: LabelRegistry | None,
    ) -> None:
        name, dims, label, value = identity
        self.identity = identity
        self.kind = AGGREGATES[measure.kind]
        self.stock = measure.kind is Kind.STOCK
        self.registry = registry
        family = keys.STOCK if self.stock else keys.CELL
        codes = (measure.bucket,) if self.stock else panes
        self.starts = [keys.prefix(keys.Path(family, name, dims, label, value, code)) for code in codes]
        self.lanes: list[dict[int, Cell]] = [{} for _ in codes]
        self.size = 0

    def create(self, lane: int, index: int, aggregate: Aggregate) -> Cell:
        """Return a new cell at `index`."""
        cell = self.lanes[lane][index] = Cell(self, lane, index, aggregate)
        self.size += 1
        if self.registry is not None:
            self.registry.hold(self.identity[-1], 1)
        return cell

    def discard(self, cell: Cell) -> None:
        """Forget a cell."""
        del self.lanes[cell.lane][cell.index]
        cell.live = False
        self.size -= 1
        if self.registry is not None:
            self.registry.hold(self.identity[-1], -1)
