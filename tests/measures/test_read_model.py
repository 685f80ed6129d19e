"""The read model case by case: what it shows, what it ignores, what vanishes."""

import pytest

from stream_app.measures import (
    OTHER,
    Accounting,
    CellStore,
    Count,
    Kind,
    Measure,
    OpenClock,
    ReadModel,
    Window,
    registry,
    stamp,
)

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
T = 1_700_006_400_000
WINDOWS = tuple(map(Window.parse, ("15m", "24h", "30d")))
QUARTER, DAILY, MONTHLY = WINDOWS
LEADS = Measure("leads", Kind.COUNT, "1", "leads", by=("channel",))
STAGES = Measure("stages", Kind.COUNT, "1", "entered", dims=("step",))
OPEN = Measure("open", Kind.STOCK, "1", "open now", by=("channel",))
AGES = Measure("ages", Kind.STOCK, "1", "by day", bucket="d")
MEASURES = registry([LEADS, STAGES, OPEN, AGES])


@pytest.fixture
def model() -> ReadModel:
    model = ReadModel(WINDOWS, MEASURES)
    model.advance(T)
    return model


def store(cap: int = 100) -> CellStore:
    return CellStore(MEASURES, WINDOWS, HOUR, cap)


def publish(model: ReadModel, source: CellStore, partition: int = 0) -> None:
    for key, value in source.drain():
        model.update(partition, key, value)


def leads(source: CellStore, offset: int, *channels: str | None, at: int = T) -> None:
    for channel in channels:
        source.contribute(LEADS, at, 1, (), (channel,), offset)


def test_partitions_add_up(model):
    for partition in range(3):
        source = store()
        leads(source, 0, "web", None)
        publish(model, source, partition)
    assert model.get(LEADS, QUARTER) == Count(6)
    assert model.get("leads", QUARTER, (), "channel", "web") == Count(3)


def test_a_window_lets_go_of_what_is_too_old(model):
    source = store()
    leads(source, 0, "web")
    publish(model, source)
    model.advance(T + 15 * MINUTE - 1)
    assert model.get(LEADS, QUARTER) == Count(1)
    model.advance(T + 15 * MINUTE)
    assert model.get(LEADS, QUARTER) is None
    assert model.get(LEADS, DAILY) == Count(1)
    model.advance(T + 31 * DAY)
    assert model.values(LEADS, "channel") == []


def test_what_lies_ahead_comes_in_when_its_pane_begins(model):
    source = store()
    leads(source, 0, "web", at=T + 5 * MINUTE)
    publish(model, source)
    assert model.get(LEADS, QUARTER) is None
    model.advance(T + 5 * MINUTE)
    assert model.get(LEADS, QUARTER) == Count(1)


def test_time_does_not_run_back(model):
    model.advance(T - DAY)
    assert model.now == T


def test_a_lower_stamp_is_an_outdated_copy(model):
    source = store()
    leads(source, 1, "web")
    old = source.drain()
    leads(source, 2, "web")
    publish(model, source)
    for key, value in old:
        model.update(0, key, value)
    assert model.get(LEADS, QUARTER) == Count(2)


def test_a_deleted_cell_is_gone_and_nothing_is_shown_for_zero(model):
    source = store()
    leads(source, 1, "web")
    publish(model, source)
    source.contribute(LEADS, T, 1, (), ("web",), 2, -1)
    publish(model, source)
    assert model.get(LEADS, QUARTER) is None
    source.durable(2)
    publish(model, source)
    assert model.sizes()["cells"] == 0
    assert model.values(LEADS, "channel") == []


def test_dims_and_values_are_those_with_data(model):
    source = store()
    for step in ("won", "lead"):
        source.contribute(STAGES, T, 1, (step,), (), 0)
    leads(source, 1, "web", "fair", None)
    publish(model, source)
    assert model.dims(STAGES) == [("lead",), ("won",)]
    assert model.get(STAGES, DAILY, ("won",)) == Count(1)
    assert model.values("leads", "channel") == ["fair", "web"]
    assert model.values("leads", "team") == []


def test_panes_start_at_their_time(model):
    source = store()
    leads(source, 0, "web", at=T)
    leads(source, 1, "web", at=T - 2 * DAY)
    publish(model, source)
    assert model.panes(LEADS, MONTHLY) == [((T - 2 * DAY) // DAY * DAY, Count(1)), (T // DAY * DAY, Count(1))]


def test_stocks_add_up_over_partitions_and_leave_no_zeros(model):
    for partition, weight in enumerate((1, 1, -1)):
        source = store()
        source.contribute(OPEN, T, 1, (), ("web",), 0)
        source.contribute(AGES, T, 1, (), (), 0, weight)
        source.contribute(AGES, T - 3 * DAY, 1, (), (), 0, weight if partition else -1)
        publish(model, source, partition)
    assert model.stock(OPEN) == {0: 3}
    assert model.stock(OPEN, (), "channel", "web") == {0: 3}
    assert model.stock(AGES) == {T // DAY * DAY: 1, T // DAY * DAY - 3 * DAY: -1}
    assert model.stock(OPEN, (), "channel", "nobody") == {}


def test_stocks_do_not_leave_with_time(model):
    source = store()
    source.contribute(AGES, T, 1, (), (), 0)
    publish(model, source)
    model.advance(T + 400 * DAY)
    assert model.stock("ages") == {T // DAY * DAY: 1}


def test_a_value_that_one_partition_refused_is_part_of_other_everywhere(model):
    """Here "c" has a name in partition 1 and none in partition 0: neither number is the whole one."""
    for partition, channels in enumerate(("aabc", "cab")):
        source = store(cap=2 if partition == 0 else 3)
        for offset, channel in enumerate(channels):
            leads(source, offset, channel)
            source.contribute(OPEN, T, 1, (), (channel,), offset)
        publish(model, source, partition)
    assert model.values(LEADS, "channel") == ["a", "b", OTHER]
    shown = {value: model.get(LEADS, QUARTER, (), "channel", value) for value in ("a", "b", "c", OTHER)}
    assert shown == {"a": Count(3), "b": Count(2), "c": None, OTHER: Count(2)}
    assert model.panes(LEADS, DAILY, (), "channel", OTHER) == [(T, Count(2))]
    assert model.stock(OPEN, (), "channel", OTHER) == {0: 2}


def clock(relationship: str, name: str = "reply") -> bytes:
    return OpenClock(name, relationship, "", T, T + HOUR, None, {}, "p").pack()


def test_clocks_are_listed_while_open(model):
    source = store()
    source.clock("a", clock("r1"), 0)
    source.clock("b", clock("r2", "resolution"), 1)
    publish(model, source)
    assert [one.relationship for one in model.clocks("reply")] == ["r1"]
    assert model.clock_names() == ["reply", "resolution"]
    source.clock("a", None, 2)
    publish(model, source)
    assert list(model.clocks("reply")) == []
    source.durable(2)
    publish(model, source)
    assert model.clock_names() == ["resolution"]
    assert model.sizes()["clocks"] == 1


def test_an_outdated_clock_does_not_come_back(model):
    source = store()
    source.clock("a", clock("r1"), 0)
    old = source.drain()
    source.clock("a", None, 1)
    publish(model, source)
    for key, value in old:
        model.update(0, key, value)
    assert list(model.clocks("reply")) == []


def test_a_clock_that_changes_its_name_is_listed_once(model):
    source = store()
    source.clock("a", clock("r1"), 0)
    source.drain()
    publish(model, source)
    source.clock("a", clock("r1", "resolution"), 1)
    publish(model, source)
    assert (model.clock_names(), len(model.clocks("reply"))) == (["resolution"], 0)


def test_accounting_is_per_partition_and_in_all(model):
    for partition, watermark in enumerate((T, T - HOUR)):
        source = store()
        source.account(5, 1, 2, 1, 0, watermark, 7)
        publish(model, source, partition)
    assert model.accounting() == Accounting(10, 2, 4, 2, 0, T)
    assert model.accounting().records == 16
    assert model.partitions()[1].watermark == T - HOUR
    assert model.watermark == T


def test_an_outdated_accounting_is_ignored(model):
    for offset, applied in ((7, 5), (3, 2)):
        source = store()
        source.account(applied, 0, 0, 0, 0, T, offset)
        publish(model, source)
    assert model.accounting().applied == 5


@pytest.mark.parametrize(
    "key",
    [b'["c","unknown",[],"","","m",28333440]', b'["c","leads",[],"","","w",5]', b'["s","unknown",[],"","","d",5]'],
)
def test_entries_of_another_version_are_passed_over(model, key):
    model.update(0, key, stamp.pack(1, Count(1).pack()))
    assert model.sizes() == {"series": 0, "cells": 0, "buckets": 0, "clocks": 0, "capped_labels": 0}


def test_an_empty_model_has_nothing_to_say(model):
    assert model.get(LEADS, QUARTER) is None
    assert model.watermark == -1
    assert model.accounting() == Accounting()
    assert list(model.clocks("reply")) == []
