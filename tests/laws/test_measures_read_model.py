"""The read model against itself read anew: running sums are the sums, whatever came in whichever order."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from stream_app.measures import AGGREGATES, Aggregate, Kind, Measure, ReadModel, Window, keys, registry, stamp

MINUTE, DAY = 60_000, 86_400_000
SIZES = {"m": MINUTE, "h": 3_600_000, "d": DAY}
START = 1_700_006_400_000
WINDOWS = tuple(map(Window.parse, ("5m", "15m", "3h", "24h", "8d")))
MEASURES = registry(
    Measure(f"m_{kind}", kind, "1", "?", by=("channel",)) for kind in (Kind.COUNT, Kind.HISTOGRAM, Kind.DISTINCT)
)


@dataclass(frozen=True)
class Put:
    """A cell of a partition gets a value (None: it is deleted)."""

    partition: int
    measure: str
    value: str
    pane: str
    at: int
    offset: int
    content: tuple[int, ...] | None


TIMES = st.integers(-2, 40).map(lambda n: START + n * 7 * MINUTE) | st.integers(0, 12).map(lambda n: START + n * DAY)
PUTS = st.builds(
    Put,
    st.integers(0, 1),
    st.sampled_from(sorted(MEASURES)),
    st.sampled_from(["", "web", "fair"]),
    st.sampled_from("mhd"),
    TIMES,
    st.integers(0, 9),
    st.none() | st.lists(st.integers(-1, 3), max_size=4).map(tuple),
)
STEPS = st.lists(PUTS | TIMES, max_size=40)


def content(put: Put) -> Aggregate:
    aggregate = AGGREGATES[MEASURES[put.measure].kind]()
    for value in put.content or ():
        aggregate.add(abs(value), -1 if value < 0 else 1)
    return aggregate


def entry(put: Put) -> tuple[bytes, bytes | None]:
    label = "channel" if put.value else ""
    start = keys.prefix(keys.Path("c", put.measure, (), label, put.value, put.pane))
    key = keys.cell(start, put.at // SIZES[put.pane])
    return key, None if put.content is None else stamp.pack(put.offset, content(put).pack())


Cells = dict[tuple[int, bytes], Put]


def naive(cells: Cells, measure: str, value: str, window: Window, now: int) -> Aggregate | None:
    """Merge every cell that the window covers."""
    total = AGGREGATES[MEASURES[measure].kind]()
    for put in cells.values():
        covered = put.at // window.pane.size in window.span(now)
        if (put.measure, put.value, put.pane) == (measure, value, window.pane.code) and covered:
            total.merge(content(put))
    return None if total.is_zero() else total


def replay(steps: list[Put | int]) -> tuple[ReadModel, Cells]:
    model, cells = ReadModel(WINDOWS, MEASURES), Cells()
    for step in steps:
        if isinstance(step, int):
            model.advance(step)
            continue
        key, value = entry(step)
        model.update(step.partition, key, value)
        known = cells.get((step.partition, key))
        if value is None:
            cells.pop((step.partition, key), None)
        elif known is None or step.offset >= known.offset:
            cells[step.partition, key] = step
    return model, cells


@given(STEPS, TIMES)
def test_every_window_holds_the_sum_of_its_panes(steps, end):
    model, cells = replay([*steps, end])
    for measure in MEASURES:
        for value in ("", "web", "fair"):
            by = "channel" if value else ""
            for window in WINDOWS:
                assert model.get(measure, window, (), by, value) == naive(cells, measure, value, window, model.now)


@given(STEPS, TIMES)
def test_the_panes_of_a_window_add_up_to_it(steps, end):
    model, _ = replay([*steps, end])
    for measure, declared in MEASURES.items():
        for window in WINDOWS:
            total = AGGREGATES[declared.kind]()
            for start, held in model.panes(measure, window):
                assert start // window.pane.size in window.span(model.now)
                total.merge(held)
            assert model.get(measure, window) == (None if total.is_zero() else total)


@given(STEPS)
def test_what_left_every_window_leaves_no_trace(steps):
    model, _ = replay([*steps, START + 400 * DAY])
    assert model.sizes() == {"series": 0, "cells": 0, "buckets": 0, "clocks": 0}
    assert [model.values(measure, "channel") for measure in MEASURES] == [[]] * len(MEASURES)
    assert [model.dims(measure) for measure in MEASURES] == [[]] * len(MEASURES)


@given(STEPS, TIMES, st.randoms(use_true_random=False))
def test_reading_everything_twice_changes_nothing(steps, end, random):
    """Partitions come interleaved, and a reconnected reader starts again: values are absolute."""
    _, cells = replay([*steps, end])
    puts = list(cells.values())
    random.shuffle(puts)
    once, _ = replay([end, *puts])
    twice, _ = replay([*puts, end, *puts])
    for measure in MEASURES:
        for window in WINDOWS:
            assert once.get(measure, window) == twice.get(measure, window)
