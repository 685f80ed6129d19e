"""A batch of contributions, merged by minute and label set, on its way into the cells."""

from typing import Any

from stream_app.measures import stamp
from stream_app.measures.aggregate import Aggregate
from stream_app.measures.cell import Cell, Series
from stream_app.measures.cells import Cells, Spots
from stream_app.measures.fans import LabelSet

Batch = dict[tuple[str, int, tuple[str, ...], LabelSet, int], list[Any]]
"""Measure, grain of time, dims, labels, weight -> [last offset, series, *values].

A list, because appending to it is all that most contributions do.
"""


def spread(batch: Batch, cells: Cells, changed: list[Cell]) -> int:
    """Merge a batch into the cells, note which changed, and return its highest offset."""
    # First by series: most label sets of a minute share their total and many labels. Counts and sums: 1.5 to 2 us
    # for each cell of a batch, encoding included, 3 us where every cell is new; histograms by their bins.
    high = stamp.NEVER
    touched: list[tuple[Series, int, int]] = []
    for (_, grain, _, _, weight), (offset, fan, *values) in batch.items():
        if offset > high:
            high = offset
        digested = fan[0].kind.digest(values) if fan else values
        for series in fan:
            merged = series.batch.get((grain, weight))
            if merged is None:
                merged = series.batch[grain, weight] = [offset]
                touched.append((series, grain, weight))
            elif offset > merged[0]:
                merged[0] = offset
            merged += digested
    known: dict[int, Spots] = {}
    for series, grain, weight in touched:
        offset, *digested = series.batch.pop((grain, weight))
        aggregate = series.kind()
        aggregate.absorb(digested, weight)
        spots: Spots | None = ((0, grain),) if series.stock else known.get(grain)
        if spots is None:
            spots = known[grain] = cells.spots(grain)
        _merge(series, aggregate, spots, offset, cells, changed)
    return high


def _merge(series: Series, aggregate: Aggregate, spots: Spots, offset: int, cells: Cells, changed: list[Cell]) -> None:
    for lane, index in spots:
        cell = series.lanes[lane].get(index)
        if cell is None:
            cell = cells.create(series, lane, index, aggregate.copy())
        else:
            cell.aggregate.merge(aggregate)
        if offset > cell.stamp:
            cell.stamp = offset
        if not cell.changed:
            cell.changed = True
            changed.append(cell)
