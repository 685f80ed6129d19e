"""The read model against itself read anew: running sums are the sums, whatever came in whichever order."""

from dataclasses import dataclass
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from stream_app.measures import AGGREGATES, Aggregate, Kind, Measure, ReadModel, Window, keys, registry, stamp

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SIZES = {"m": MINUTE, "h": HOUR, "d": DAY}
START = 1_700_006_400_000
WINDOWS = tuple(map(Window.parse, ("2m", "5m", "3h", "24h", "8d", "10d")))
MEASURES = registry(
    Measure(f"m_{kind}", kind, "1", "?", by=("channel",)) for kind in (Kind.COUNT, Kind.HISTOGRAM, Kind.DISTINCT)
)


@dataclass(frozen=True)
class Put:
    """The cells of a partition at some time, relative to now, get a content (None: they are deleted)."""

    partition: int
    delta: int
    offset: int
    content: tuple[int, ...] | None


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    ms: int


DELTAS = st.sampled_from([0, 0, -MINUTE, -4 * MINUTE, -HOUR, -DAY, -3 * DAY, MINUTE, DAY])
PUTS = st.builds(
    Put,
    st.integers(0, 1),
    DELTAS,
    st.integers(0, 9),
    st.none() | st.lists(st.integers(-1, 3), max_size=4).map(tuple),
)
WAITS = st.sampled_from([0, MINUTE, 3 * MINUTE, HOUR, 4 * HOUR, DAY, 5 * DAY]).map(Wait)
STEPS = st.lists(PUTS | PUTS | WAITS, min_size=5, max_size=25)


def content(measure: str, put: Put) -> Aggregate:
    aggregate = AGGREGATES[MEASURES[measure].kind]()
    for value in put.content or ():
        aggregate.add(abs(value), -1 if value < 0 else 1)
    return aggregate


Cell = tuple[str, str, str, int, int]
"""Measure, value, pane, index, partition."""
Cells = dict[Cell, Put]


class Pair:
    """The model, and all cells beside it."""

    def __init__(self) -> None:
        self.model, self.cells = ReadModel(WINDOWS, MEASURES), Cells()
        self.log: list[tuple[int, bytes, bytes | None]] = []
        self.model.advance(START)

    def step(self, step: Put | Wait) -> None:
        if isinstance(step, Wait):
            self.model.advance(self.model.now + step.ms)
            return
        at = self.model.now + step.delta
        for measure, value, code in product(MEASURES, ("", "web"), SIZES):
            self.put(step, (measure, value, code, at // SIZES[code], step.partition))

    def put(self, put: Put, cell: Cell) -> None:
        measure, value, code, index, partition = cell
        start = keys.prefix(keys.Path("c", measure, (), "channel" if value else "", value, code))
        packed = None if put.content is None else stamp.pack(put.offset, content(measure, put).pack())
        self.log.append((partition, keys.cell(start, index), packed))
        self.model.update(*self.log[-1])
        known = self.cells.get(cell)
        if put.content is None:
            self.cells.pop(cell, None)
        elif known is None or put.offset >= known.offset:
            self.cells[cell] = put

    def naive(self, measure: str, value: str, window: Window) -> Aggregate | None:
        """Merge every cell that the window covers."""
        return self.naive_recent(measure, value, window, 1000 * DAY)

    def naive_recent(self, measure: str, value: str, window: Window, age: int) -> Aggregate | None:
        """Merge every cell that the window covers and that reaches into the last *age* ms."""
        first = (self.model.now - age) // window.pane.size
        total = AGGREGATES[MEASURES[measure].kind]()
        for (name, word, code, index, _), put in self.cells.items():
            if (
                (name, word, code) == (measure, value, window.pane.code)
                and index in window.span(self.model.now)
                and index >= first
            ):
                total.merge(content(measure, put))
        return None if total.is_zero() else total

    def check(self) -> None:
        for measure in MEASURES:
            for value in ("", "web"):
                for window in WINDOWS:
                    held = self.model.get(measure, window, (), "channel" if value else "", value)
                    assert held == self.naive(measure, value, window)


def run(steps: list[Put | Wait]) -> Pair:
    pair = Pair()
    for step in steps:
        pair.step(step)
    return pair


@given(STEPS)
def test_every_window_holds_the_sum_of_its_panes_at_every_moment(steps):
    pair = Pair()
    for step in steps:
        pair.step(step)
        pair.check()


@given(STEPS)
def test_the_panes_of_a_window_add_up_to_it(steps):
    model = run(steps).model
    for measure, declared in MEASURES.items():
        for window in WINDOWS:
            total = AGGREGATES[declared.kind]()
            for start, held in model.panes(measure, window):
                assert start // window.pane.size in window.span(model.now)
                total.merge(held)
            assert model.get(measure, window) == (None if total.is_zero() else total)


@given(STEPS)
def test_what_left_every_window_leaves_no_trace(steps):
    model = run([*steps, Wait(400 * DAY)]).model
    assert model.sizes() == {"series": 0, "cells": 0, "buckets": 0, "clocks": 0, "capped_labels": 0}
    assert [model.values(measure, "channel") for measure in MEASURES] == [[]] * len(MEASURES)
    assert [model.dims(measure) for measure in MEASURES] == [[]] * len(MEASURES)


@given(STEPS, st.booleans())
def test_a_reader_that_starts_later_or_reads_twice_shows_the_same(steps, late):
    """A board is rebuilt from the topic at its start, and reads on from somewhere after a reconnect."""
    pair = run(steps)
    reader = ReadModel(WINDOWS, MEASURES)
    if not late:
        reader.advance(pair.model.now)
    for entry in [*pair.log, *pair.log]:
        reader.update(*entry)
    reader.advance(pair.model.now)
    for measure in MEASURES:
        for window in WINDOWS:
            assert reader.get(measure, window) == pair.model.get(measure, window)


OTHERS = (*map(Window.parse, ("1m", "4m", "5h", "23h", "9d")), Window("so far", 2 * HOUR, WINDOWS[2].pane))
"""Windows that nobody keeps a running sum for, all within what is kept."""


@given(STEPS)
def test_a_window_without_a_running_sum_is_the_sum_of_its_panes_too(steps):
    pair = Pair()
    for step in steps:
        pair.step(step)
        over = pair.model.over(*OTHERS)
        assert over.windows == OTHERS
        for measure, window in product(MEASURES, OTHERS):
            for value in ("", "web"):
                by = "channel" if value else ""
                assert over.get(measure, window, (), by, value) == pair.naive(measure, value, window)
                assert over.recent(measure, window, 90 * MINUTE, (), by, value) == pair.naive_recent(
                    measure, value, window, 90 * MINUTE
                )
    pair.check()


@given(STEPS)
def test_a_figure_over_other_windows_is_computed_anew_when_they_move(steps):
    """What is kept of a figure is thrown away when a pane of its window begins, though nothing was written."""
    model = run(steps).model
    reads = model.recording()
    model.over(OTHERS[0]).get("m_count", OTHERS[0])
    model.recording()  # so that to ask for now is no part of it
    version = model.version(reads)
    assert model.version(reads) == version
    model.advance(model.now + MINUTE)
    assert model.version(reads) != version


def test_a_window_that_reaches_beyond_what_is_kept_is_left_out():
    """Rather nothing than a part of it."""
    model = run([Put(0, 0, 1, (1,))]).model
    kept, beyond = Window.parse("9d"), Window.parse("11d")
    assert model.over(kept, beyond, Window.parse("10m"), Window.parse("25h")).windows == (kept,)
    other_panes = ReadModel([Window.parse("3h")], MEASURES)
    other_panes.advance(START)
    assert other_panes.over(Window.parse("1m"), kept).windows == ()
