"""The write side: all cells of one source partition, counted exactly once.

Every entry carries the offset of the record that last changed it. What a replay brings
again, at or below that stamp, is skipped entry by entry, so after a crash that left any
prefix of the entries that `drain` returned, replaying the partition from any offset at
or before the first record whose journey is not durable gives the same cells.

The rules that this needs, each with the failure that it prevents:

* Entries are drained in the order accounting (with the watermark), label registries,
  cells, clocks, tombstones. A pane is so never deleted before the watermark that keeps
  it from coming back in part, and no cell is written under a name that the recovered
  registry does not know.
* A cell that became zero, and a clock that closed, stay stored with their stamp until
  `durable` says that no record at or below it can be replayed. Two relationships may
  have cancelled each other in a cell of which only one journey survived the crash.
* A contribution to a pane that is out of retention is ignored, first time or replayed.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stream_app.measures import keys, stamp
from stream_app.measures.accounting import Accounting
from stream_app.measures.aggregate import AGGREGATES
from stream_app.measures.cell import Cell, Identity, Series
from stream_app.measures.clock_book import ClockBook, Entry
from stream_app.measures.formats import UnreadableStateError
from stream_app.measures.graves import Graves
from stream_app.measures.labels import LabelRegistry
from stream_app.measures.measure import Kind, Measure
from stream_app.measures.window import MINUTE, Window, retentions

_OFFSET, _MEASURE, _FAN, _VALUES = range(4)
"""Places in a batch entry: a list, because appending to it is the whole hot path."""


class CellStore:
    """Fold contributions into cells and hand out the changed ones, stamped and encoded.

    Drains happen between records, never between two contributions of one record.
    """

    def __init__(
        self,
        measures: Mapping[str, Measure],
        windows: Iterable[Window],
        lateness_ms: int,
        label_cap: int,
    ) -> None:
        self._measures = measures
        self._label_cap = label_cap
        self._retentions = retentions(windows, lateness_ms)
        self._codes = tuple(kept.pane.code for kept in self._retentions)
        self._lane_of = {code: lane for lane, code in enumerate(self._codes)}
        self._minutes = tuple(kept.pane.size // MINUTE.size for kept in self._retentions)
        self._oldest = [kept.oldest(stamp.NEVER) for kept in self._retentions]
        self._panes: list[dict[int, list[Cell]]] = [{} for _ in self._retentions]
        self._series: dict[Identity, Series] = {}
        self._labels: dict[str, LabelRegistry] = {}
        self._clocks = ClockBook()
        self._accounting = Accounting()
        self._accounting_stamp = stamp.NEVER
        self._accounting_changed = False
        self._batch: dict[tuple[str, int, tuple[str, ...], tuple[str | None, ...], int], list[Any]] = {}
        self._changed: list[Cell] = []
        self._zero: Graves[Cell] = Graves()
        self._gone: list[bytes] = []
        self._again: set[bytes] = set()
        self._replay_until = stamp.NEVER
        self._loaded_until = stamp.NEVER
        self._durable = stamp.NEVER

    @property
    def watermark(self) -> int:
        """Return the highest event time seen in the partition, in ms; -1 before the first."""
        return self._accounting.watermark

    @property
    def accounted(self) -> int:
        """Return the offset up to which records are accounted for."""
        return self._accounting_stamp

    def load(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the recovered entries, of a fresh store only; UnreadableStateError if foreign."""
        ranked = sorted(items.items(), key=lambda item: item[1][: stamp.SIZE])
        if not ranked:
            return
        self._replay_until = self._loaded_until = stamp.stamp_of(ranked[-1][1])
        if keys.ACCOUNTING in items:
            value = items[keys.ACCOUNTING]
            self._accounting = Accounting.read(value)
            self._accounting_stamp = stamp.stamp_of(value)
            self._raise_watermark(self._accounting.watermark)
        for key, value in ranked:
            family = keys.family(key)
            if family == keys.LABEL:
                self._registry(keys.name(key)).load(value)
            elif family in {keys.CELL, keys.STOCK}:
                self._load_cell(key, value)
        self._clocks.load([item for item in ranked if keys.family(item[0]) == keys.CLOCK])

    def _load_cell(self, key: bytes, value: bytes) -> None:
        start, index = keys.split(key)
        family, name, dims, label, word, code = keys.path(start)
        lane = self._lane_of.get(code) if family == keys.CELL else 0
        if lane is None or (family == keys.CELL and index < self._oldest[lane]):
            self._gone.append(key)
            return
        measure = self._measures.get(name)
        if measure is None:
            return  # declared by another version: left as it is, for that version to come back to
        if family != Series.family(measure) or code not in Series.codes(measure, self._codes):
            raise UnreadableStateError(
                f"measure {name!r} is stored as {start.decode()!r}, but declared as {measure.kind} in "
                f"buckets of {measure.bucket!r}: raise the state version to rebuild from the source topic"
            )
        cell = self._create((name, dims, label, word), measure, lane, index)
        cell.aggregate = cell.aggregate.unpack(stamp.payload_of(value))
        cell.stamp = cell.base = stamp.stamp_of(value)
        if cell.aggregate.is_zero():
            self._zero.dig(cell.stamp, [cell])

    def contribute(
        self,
        measure: Measure,
        at: int,
        value: Any,
        dims: tuple[str, ...],
        labels: tuple[str | None, ...],
        offset: int,
        weight: int = 1,
    ) -> None:
        """Add `value`, with weight -1 take it back, at event time `at` (ms) for the record at `offset`.

        It lands in the total and in one cell per label of `measure.by` whose place in
        `labels` is not None, in every kind of pane that is still in retention.
        """
        if offset <= self._replay_until:
            self._replay(measure, at, value, dims, labels, offset, weight)
            return
        # Merged per batch, minute and label set, and spread over the cells by drain.
        key = (measure.name, at // measure.grain, dims, labels, weight)
        entry = self._batch.get(key)
        if entry is None:
            entry = self._batch[key] = [offset, measure, self._fan(measure, at, dims, labels, offset)]
        entry[_OFFSET] = offset
        entry.append(value)

    def _fan(
        self,
        measure: Measure,
        at: int,
        dims: tuple[str, ...],
        labels: tuple[str | None, ...],
        offset: int,
    ) -> list[Identity]:
        """Return the series that a contribution lands in, none if all its panes are gone."""
        if len(dims) != len(measure.dims):
            raise ValueError(f"measure {measure.name!r} has dims {measure.dims}, got {dims}")
        if measure.kind is not Kind.STOCK and not self._spots(at // MINUTE.size):
            return []
        name = measure.name
        fan = [(name, dims, "", "")]
        for label, value in zip(measure.by, labels, strict=True):
            if value:
                fan.append((name, dims, label, self._registry(label).resolve(value, offset)))
        return fan

    def _spots(self, minute: int) -> list[tuple[int, int]]:
        """Return (lane, index) of the panes in retention that a minute lies in."""
        return [
            (lane, index)
            for lane, minutes in enumerate(self._minutes)
            if (index := minute // minutes) >= self._oldest[lane]
        ]

    def _replay(
        self,
        measure: Measure,
        at: int,
        value: Any,
        dims: tuple[str, ...],
        labels: tuple[str | None, ...],
        offset: int,
        weight: int,
    ) -> None:
        """Add to each cell that has not seen `offset`."""
        spots = self._places(measure, at // measure.grain)
        for identity in self._fan(measure, at, dims, labels, offset):
            for lane, index in spots:
                cell = self._cell(identity, measure, lane, index)
                if offset > cell.base:
                    cell.aggregate.add(value, weight)
                    self._touch(cell, offset)

    def _places(self, measure: Measure, grain: int) -> list[tuple[int, int]]:
        return [(0, grain)] if measure.kind is Kind.STOCK else self._spots(grain)

    def _cell(self, identity: Identity, measure: Measure, lane: int, index: int) -> Cell:
        series = self._series.get(identity)
        cell = series.lanes[lane].get(index) if series is not None else None
        return self._create(identity, measure, lane, index) if cell is None else cell

    def _create(self, identity: Identity, measure: Measure, lane: int, index: int) -> Cell:
        series = self._series.get(identity)
        if series is None:
            registry = self._registry(identity[2]) if identity[2] else None
            codes = Series.codes(measure, self._codes)
            series = self._series[identity] = Series(measure, identity, codes, registry)
        cell = series.create(lane, index)
        if measure.kind is not Kind.STOCK:
            self._panes[lane].setdefault(index, []).append(cell)
        return cell

    def _registry(self, label: str) -> LabelRegistry:
        registry = self._labels.get(label)
        if registry is None:
            registry = self._labels[label] = LabelRegistry(label, self._label_cap)
        return registry

    def _touch(self, cell: Cell, offset: int) -> None:
        cell.stamp = max(cell.stamp, offset)
        if not cell.changed:
            cell.changed = True
            self._changed.append(cell)

    def clock(self, key: str, packed: bytes | None, offset: int) -> None:
        """Set the open clock `key` to OpenClock.pack() of it, or close it with None."""
        self._clocks.put(key, packed, offset, replayed=offset <= self._replay_until)

    def account(
        self,
        applied: int,
        duplicates: int,
        dead: int,
        late: int,
        redelivered: int,
        watermark: int,
        offset: int,
    ) -> None:
        """Account for a run of records that ends at `offset`, with the highest event time in it.

        The fates count only where `offset` is beyond `accounted`, so a run must lie on
        one side of it: a replayed batch that crosses it is two runs. Redeliveries always
        count, the watermark always rises.
        """
        now = Accounting(0, 0, 0, 0, redelivered, watermark)
        if offset > self._accounting_stamp:
            now = Accounting(applied, duplicates, dead, late, redelivered, watermark)
            self._accounting_stamp = offset
        elif not redelivered and watermark <= self.watermark:
            return
        self._accounting = self._accounting.plus(now)
        self._accounting_changed = True
        self._raise_watermark(self.watermark)

    def durable(self, offset: int) -> None:
        """Learn that the journeys of all records up to `offset` are durable.

        Cells that are zero and clocks that are closed since then leave with the next
        drain. An older offset is always safe, and better where a worker that lost the
        partition may still be writing: until the tombstone, the stamp keeps its late
        write out. After recovery, call it with the committed offset - 1.
        """
        self._durable = max(self._durable, offset)

    def expire(self, watermark: int) -> None:
        """Raise the watermark (ms) where no record does, in an idle partition."""
        if watermark > self.watermark and self._accounting_stamp != stamp.NEVER:
            self._accounting = self._accounting.plus(Accounting(watermark=watermark))
            self._accounting_changed = True
            self._raise_watermark(watermark)

    def _raise_watermark(self, watermark: int) -> None:
        """Drop the panes that fall out of retention."""
        for lane, kept in enumerate(self._retentions):
            oldest = kept.oldest(watermark)
            if oldest <= self._oldest[lane]:
                continue
            self._oldest[lane] = oldest
            panes = self._panes[lane]
            for index in [index for index in panes if index < oldest]:
                for cell in panes.pop(index):
                    self._drop(cell)

    def _drop(self, cell: Cell) -> None:
        series = cell.series
        if series is None:
            return
        series.discard(cell)
        if not series.size:
            del self._series[series.identity]
        if cell.base != stamp.NEVER:
            self._gone.append(cell.key)

    def reassert(self, stored: Iterable[bytes]) -> None:
        """Drain the entries of these keys again: somebody else wrote to them."""
        self._again.update(stored)

    def drain(self) -> list[Entry]:
        """Return the entries that changed since the last drain, in the order to write them."""
        self._spread()
        cells = self._encode_cells()
        clocks = self._clocks.drain()
        self._bury()
        out = [*self._encode_accounting(), *self._encode_labels(), *cells, *clocks]
        if self._again:
            out += self._encode_again({key for key, _ in out})
        out += [(key, None) for key in self._gone]
        self._gone = []
        return out

    def _spread(self) -> None:
        """Merge the batch into the cells."""
        high = self._replay_until
        for (_, grain, _, _, weight), entry in self._batch.items():
            offset, measure, fan = entry[:_VALUES]
            high = max(high, offset)
            spots = self._places(measure, grain) if fan else ()
            if not spots:
                continue
            batch = AGGREGATES[measure.kind]()
            batch.extend(entry[_VALUES:], weight)
            for identity in fan:
                series = self._series.get(identity)
                for lane, index in spots:
                    cell = series.lanes[lane].get(index) if series is not None else None
                    if cell is None:
                        cell = self._create(identity, measure, lane, index)
                        series = cell.series
                    cell.aggregate.merge(batch)
                    if offset > cell.stamp:
                        cell.stamp = offset
                    if not cell.changed:
                        cell.changed = True
                        self._changed.append(cell)
        self._batch = {}
        self._replay_until = max(high, self._accounting_stamp)

    def _encode_cells(self) -> list[Entry]:
        out: list[Entry] = []
        zero: list[Cell] = []
        head = stamp.head
        for cell in self._changed:
            cell.changed = False
            if cell.series is None:
                continue
            cell.base = cell.stamp
            aggregate = cell.aggregate
            if aggregate.is_zero():
                zero.append(cell)
            out.append((cell.key, head(cell.stamp) + aggregate.pack()))
        self._zero.dig(self._replay_until, zero)
        self._changed = []
        return out

    def _bury(self) -> None:
        for cell in self._zero.release(self._durable):
            if cell.base <= self._durable and cell.aggregate.is_zero():
                self._drop(cell)
        self._gone.extend(self._clocks.bury(self._durable))

    def _encode_accounting(self) -> list[Entry]:
        if not self._accounting_changed or self._accounting_stamp == stamp.NEVER:
            return []
        self._accounting_changed = False
        return [(keys.ACCOUNTING, stamp.pack(self._accounting_stamp, self._accounting.pack()))]

    def _encode_labels(self) -> list[Entry]:
        """Encode the registries; cells that left may have freed a place.

        Not while a replay may still bring back cells that the crash lost.
        """
        if self._gone and self._durable >= self._loaded_until:
            for registry in self._labels.values():
                registry.evict(self._replay_until)
        return [(registry.key, registry.drain()) for registry in self._labels.values() if registry.changed]

    def _encode_again(self, drained: set[bytes]) -> list[Entry]:
        ours = dict(self.entries())
        again = [(key, ours.get(key)) for key in self._again if key not in drained]
        self._again = set()
        return again

    def entries(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every entry as last drained: what a recovery should find."""
        if self._accounting_stamp != stamp.NEVER:
            yield keys.ACCOUNTING, stamp.pack(self._accounting_stamp, self._accounting.pack())
        for registry in self._labels.values():
            if registry.stamp != stamp.NEVER:
                yield registry.key, registry.encode()
        for series in self._series.values():
            for lane in series.lanes:
                for cell in lane.values():
                    yield cell.key, stamp.pack(cell.stamp, cell.aggregate.pack())
        yield from self._clocks.items()
