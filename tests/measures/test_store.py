"""The cell store case by case: what is stored, what is skipped, what leaves, and in which order."""

import pytest

from stream_app.measures import (
    OTHER,
    Accounting,
    CellStore,
    Count,
    Kind,
    Measure,
    OpenClock,
    Stock,
    UnreadableStateError,
    Window,
    keys,
    registry,
    stamp,
)

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
T = 1_700_006_400_000
LEADS = Measure("leads", Kind.COUNT, "1", "leads", by=("channel", "team"))
STAGES = Measure("stages", Kind.COUNT, "1", "entered", dims=("step",))
OPEN = Measure("open", Kind.STOCK, "1", "open now", by=("channel",))
AGES = Measure("ages", Kind.STOCK, "1", "by day", bucket="d")
MEASURES = registry([LEADS, STAGES, OPEN, AGES])
CLOCK = OpenClock("reply", "r1", "", T, T + HOUR, None, {}, "p").pack()


def fresh(*windows: str, cap: int = 100) -> CellStore:
    return CellStore(MEASURES, map(Window.parse, windows or ("15m", "24h", "30d")), HOUR, cap)


def lead(store: CellStore, offset: int, channel: str | None = None, at: int = T, weight: int = 1) -> None:
    store.contribute(LEADS, at, 1, (), (channel, None), offset, weight)


def seen(store: CellStore, offset: int, watermark: int = T) -> None:
    store.account(1, 0, 0, 0, 0, watermark, offset)


def texts(entries) -> list[str]:
    return [key.decode() for key, _ in entries]


def counts(entries) -> dict[str, tuple[int, int]]:
    """Return key -> (stamp, count) of the cells among some entries."""
    return {
        key.decode(): (stamp.stamp_of(value), Count.unpack(stamp.payload_of(value)).n)
        for key, value in dict(entries).items()
        if keys.family(key) == "c" and value is not None
    }


def reloaded(*stores: CellStore) -> CellStore:
    store = fresh("24h")
    store.load({key: value for one in stores for key, value in one.entries()})
    return store


def test_a_contribution_lands_in_the_total_and_each_label_of_each_pane():
    store = fresh()
    store.contribute(LEADS, T + 61_000, 1, (), ("web", "north"), 7)
    minute, hour, day = (T + MINUTE) // MINUTE, T // HOUR, T // DAY
    assert counts(store.drain()) == {
        f'["c","leads",[],"{label}","{value}","{pane}",{index}]': (7, 1)
        for label, value in [("", ""), ("channel", "web"), ("team", "north")]
        for pane, index in [("m", minute), ("h", hour), ("d", day)]
    }


def test_labels_that_are_none_get_no_cell():
    store = fresh("24h")
    lead(store, 0)
    assert len(store.drain()) == 1


@pytest.mark.parametrize(
    ("windows", "panes"), [(("15m",), "m"), (("24h", "7d"), "h"), (("1h", "30d"), "md")], ids=" ".join
)
def test_only_panes_that_some_window_is_made_of_are_written(windows, panes):
    store = fresh(*windows)
    lead(store, 0)
    assert [key.split('"')[-2] for key in texts(store.drain())] == list(panes)


def test_dims_are_part_of_every_key_and_checked():
    store = fresh("24h")
    store.contribute(STAGES, T, 1, ("won",), (), 0)
    assert texts(store.drain()) == [f'["c","stages",["won"],"","","h",{T // HOUR}]']
    with pytest.raises(ValueError, match=r"'stages' has dims \('step',\)"):
        store.contribute(STAGES, T, 1, (), (), 1)


def test_a_label_too_many_is_an_error():
    with pytest.raises(ValueError, match="and labels"):
        fresh().contribute(LEADS, T, 1, (), ("web", "north", "?"), 1)


@pytest.mark.parametrize(("bucket", "index"), [("none", 0), ("d", T // DAY)])
def test_a_stock_counts_in_its_bucket_and_never_expires(bucket, index):
    measure = OPEN if bucket == "none" else AGES
    store = fresh()
    store.contribute(measure, T, 1, (), (None,) * len(measure.by), 3)
    seen(store, 3, T + 400 * DAY)
    ((key, value),) = store.drain()[1:]
    assert key.decode() == f'["s","{measure.name}",[],"","","{bucket}",{index}]'
    assert value is not None
    assert Stock.unpack(stamp.payload_of(value)) == Stock(1)


def test_each_entry_is_drained_once_and_only_when_changed():
    store = fresh("24h")
    lead(store, 0)
    lead(store, 1)
    lead(store, 2, at=T + HOUR)
    first = store.drain()
    assert counts(first) == {
        f'["c","leads",[],"","","h",{T // HOUR}]': (1, 2),
        f'["c","leads",[],"","","h",{T // HOUR + 1}]': (2, 1),
    }
    assert store.drain() == []
    lead(store, 3)
    assert list(counts(store.drain()).values()) == [(3, 3)]


def test_a_replay_adds_only_what_a_cell_has_not_seen():
    store = fresh("24h")
    for offset in range(3):
        lead(store, offset)
    store.drain()
    again = reloaded(store)
    for offset in range(5):
        lead(again, offset)
    assert list(counts(again.drain()).values()) == [(4, 5)]


def test_all_contributions_of_one_replayed_record_count():
    """They share an offset, so the second must not look like a replay of the first."""
    ahead, behind = fresh("24h"), fresh("24h")
    seen(ahead, 9)
    ahead.drain()
    lead(behind, 1)
    behind.drain()
    store = reloaded(ahead, behind)
    for _ in range(2):
        lead(store, 2)
    assert list(counts(store.drain()).values()) == [(2, 3)]


def test_an_offset_that_was_drained_before_counts_no_more():
    store = fresh("24h")
    lead(store, 5)
    store.drain()
    lead(store, 5)
    assert store.drain() == []


def test_zero_is_stored_with_its_stamp_and_leaves_once_nothing_can_replay():
    store = fresh("24h")
    lead(store, 1)
    lead(store, 2, weight=-1)
    assert list(counts(store.drain()).values()) == [(2, 0)]
    store.durable(1)
    assert store.drain() == []
    store.durable(2)
    assert store.drain() == [(f'["c","leads",[],"","","h",{T // HOUR}]'.encode(), None)]
    assert store.drain() == []
    assert list(store.entries()) == []


def test_two_relationships_that_cancel_in_a_batch_stay_zero_when_one_is_replayed():
    store = fresh("24h")
    lead(store, 1)
    lead(store, 2, weight=-1)
    store.drain()
    again = reloaded(store)
    lead(again, 2, weight=-1)
    assert again.drain() == []
    assert list(counts(again.entries()).values()) == [(2, 0)]


def test_a_zero_whose_tombstone_was_lost_leaves_after_recovery():
    store = fresh("24h")
    lead(store, 1)
    lead(store, 2, weight=-1)
    store.drain()
    again = reloaded(store)
    assert again.drain() == []
    again.durable(2)
    assert [value for _, value in again.drain()] == [None]


def test_a_cell_that_was_zero_for_a_moment_stays():
    store = fresh("24h")
    lead(store, 1)
    lead(store, 2, weight=-1)
    store.drain()
    lead(store, 3)
    store.durable(2)
    assert list(counts(store.drain()).values()) == [(3, 1)]
    store.durable(3)
    assert store.drain() == []


def test_panes_out_of_retention_leave_and_do_not_come_back():
    store = fresh("15m", "24h")
    lead(store, 0, "web")
    seen(store, 0)
    store.drain()
    seen(store, 1, T + 2 * HOUR)
    gone = store.drain()
    assert texts(gone) == [
        '["a"]',
        *[f'["c","leads",[],{label},"m",{T // MINUTE}]' for label in ('"",""', '"channel","web"')],
    ]
    assert [value for _, value in gone[1:]] == [None, None]
    lead(store, 2, "web")
    assert {key.split('"')[-2] for key in texts(store.drain())} == {"h"}


def test_an_idle_partition_lets_its_panes_leave():
    store = fresh("24h")
    lead(store, 0)
    seen(store, 0)
    store.drain()
    store.expire(T + 3 * DAY)
    (key, value), gone = store.drain()
    assert key == keys.ACCOUNTING
    assert value is not None
    assert (stamp.stamp_of(value), Accounting.read(value).watermark) == (0, T + 3 * DAY)
    assert gone[1] is None


def test_a_pane_whose_tombstone_was_lost_leaves_after_recovery():
    store = fresh("24h")
    lead(store, 0)
    seen(store, 0)
    store.drain()
    lost = dict(store.entries())
    seen(store, 1, T + 3 * DAY)
    lost[keys.ACCOUNTING] = dict(store.drain())[keys.ACCOUNTING] or b""
    again = fresh("24h")
    again.load(lost)
    assert again.drain() == []
    again.durable(0)
    assert again.drain() == [(f'["c","leads",[],"","","h",{T // HOUR}]'.encode(), None)]


def test_nothing_is_deleted_before_the_partition_was_read_up_to_its_stamp():
    """A tombstone is dated with the last offset read: with a lower one than its value it would not hold."""
    store = fresh("24h")
    lead(store, 8)
    store.drain()
    entries = dict(store.entries())
    seen(store, 9, T + 3 * DAY)
    again = fresh("24h")
    again.load(entries | dict(store.entries()))
    lead(again, 7)
    assert again.drain() == []
    lead(again, 8)
    assert again.drain() == [(f'["c","leads",[],"","","h",{T // HOUR}]'.encode(), None)]


def test_a_pane_that_expires_in_the_batch_that_made_it_is_never_written():
    store = fresh("15m")
    lead(store, 0)
    seen(store, 1, T + DAY)
    assert texts(store.drain()) == ['["a"]']


def test_entries_are_drained_in_the_order_that_a_crash_may_cut():
    """The watermark before the tombstones that it causes, the names of labels before cells under them."""
    store = fresh("15m", "24h")
    lead(store, 0, "web")
    store.clock("r1", CLOCK, 0)
    seen(store, 0)
    store.drain()
    lead(store, 1, "fair", T + 2 * HOUR)
    store.clock("r1", None, 1)
    seen(store, 1, T + 2 * HOUR)
    drained = store.drain()
    assert [keys.family(key) for key, _ in drained] == list("al" + "c" * 4 + "k" + "c" * 2)
    assert [value is None for _, value in drained] == [False] * 7 + [True] * 2


def test_a_clock_is_absolute_and_its_closing_stays_until_nothing_can_replay():
    store = fresh()
    store.clock("r1", CLOCK, 4)
    ((key, opened),) = store.drain()
    assert key == b'["k","r1"]'
    assert opened is not None
    assert OpenClock.read(opened) is not None
    store.clock("r1", None, 5)
    ((_, closed),) = store.drain()
    assert closed is not None
    assert (stamp.stamp_of(closed), OpenClock.read(closed)) == (5, None)
    store.durable(5)
    assert store.drain() == [(b'["k","r1"]', None)]


def test_a_replay_does_not_reopen_a_clock():
    """Or somebody would be paged for a lead that was answered before the crash."""
    store = fresh()
    store.clock("r1", CLOCK, 4)
    store.clock("r1", None, 5)
    store.drain()
    again = reloaded(store)
    again.clock("r1", CLOCK, 4)
    assert again.drain() == []


def begun(source: str | None) -> bytes:
    return OpenClock("reply", "r1", "", T, T + HOUR, None, {"team": "emea"}, "p").of_source(source).pack()


@pytest.mark.parametrize("cut", [False, True], ids=["in one batch", "after a recovery"])
@pytest.mark.parametrize(
    ("sources", "found"),
    [
        pytest.param(["/crm", "/router"], "/crm", id="whoever changes it"),
        pytest.param(["/crm", None], "/crm", id="a change of no known source"),
        pytest.param([None, "/router"], None, id="begun by a program that did not note it"),
        pytest.param(["/crm", "", "/desk"], "/desk", id="closed in between"),
    ],
)
def test_a_clock_stays_of_the_source_that_it_began_in(sources, found, cut):
    store = fresh("24h")
    for offset, source in enumerate(sources):
        store.clock("r1", None if source == "" else begun(source), offset)
        seen(store, offset)
        if cut:
            store.drain()
            store = reloaded(store)
    store.drain()
    clock = OpenClock.read(dict(store.entries())[keys.clock("r1")])
    assert clock is not None
    assert clock.source == found
    assert clock.labels["team"] == "emea"


def test_a_closed_clock_whose_tombstone_was_lost_leaves_after_recovery():
    store = fresh()
    store.clock("r1", None, 5)
    store.drain()
    again = reloaded(store)
    again.durable(5)
    assert again.drain() == [(b'["k","r1"]', None)]


def test_a_record_is_accounted_for_once():
    store = fresh()
    store.account(3, 1, 1, 2, 0, T, 4)
    store.account(3, 1, 1, 2, 5, T - 1, 4)
    store.account(0, 1, 0, 0, 0, T + 1, 5)
    ((_, value),) = store.drain()
    assert value is not None
    assert (stamp.stamp_of(value), Accounting.read(value)) == (5, Accounting(3, 2, 1, 2, 5, T + 1))
    assert (store.accounted, store.watermark) == (5, T + 1)


def test_values_beyond_the_cap_are_other_and_stay_so_after_recovery():
    store = fresh("24h", cap=2)
    for offset, channel in enumerate(["web", "fair", "mail", "web", OTHER]):
        lead(store, offset, channel)
    store.drain()
    again = fresh("24h", cap=2)
    again.load(dict(store.entries()))
    lead(again, 9, "post")
    again.drain()
    by_value = {key.split('"')[7]: count for key, (_, count) in counts(again.entries()).items()}
    assert by_value == {"": 6, "web": 2, "fair": 1, OTHER: 3}


def test_a_value_without_cells_gives_its_place_to_the_next():
    store = fresh("24h", cap=1)
    lead(store, 0, "old")
    lead(store, 1, "refused")
    seen(store, 1)
    store.drain()
    lead(store, 2, "refused", T + 3 * DAY)
    seen(store, 2, T + 3 * DAY)
    store.drain()
    lead(store, 3, "refused", T + 3 * DAY)
    values = {key.split('"')[7] for key in texts(store.drain()) if "channel" in key and key[2] == "c"}
    assert values == {"refused"}


def test_no_place_is_given_away_before_the_replay_is_over():
    """The crash lost the cells of "web" at 5, so for a moment it has none."""
    store = fresh("24h", cap=1)
    lead(store, 0, "web")
    lead(store, 1, "refused")
    seen(store, 1)
    store.drain()
    survived = dict(store.entries())
    lead(store, 5, "web", T + 3 * DAY)
    lead(store, 6, "refused", T + 3 * DAY)
    seen(store, 6, T + 3 * DAY)
    survived |= {key: value for key, value in store.drain() if value is not None and b"web" not in key}
    again = fresh("24h", cap=1)
    again.load(survived)
    lead(again, 4, at=T)
    assert [value for _, value in again.drain()][-1] is None
    lead(again, 5, "web", T + 3 * DAY)
    again.drain()
    values = {key.split('"')[7]: count for key, (_, count) in counts(again.entries()).items()}
    assert values == {"": 2, "web": 1, OTHER: 1}


def test_a_place_that_became_free_is_used_at_once():
    """Though the label set that was refused is remembered from batch to batch."""
    before = fresh("24h", cap=1)
    lead(before, 0, "old")
    lead(before, 1, "new")
    seen(before, 1)
    before.drain()
    entries = dict(before.entries())
    seen(before, 2, T + 3 * DAY)
    store = fresh("24h", cap=1)
    store.load(entries | dict(before.entries()))
    store.durable(2)
    lead(store, 3, "new", T + 3 * DAY)
    store.drain()
    lead(store, 4, "new", T + 3 * DAY)
    values = {key.split('"')[7] for key in texts(store.drain()) if "channel" in key and key[2] == "c"}
    assert values == {"new"}


def test_cells_of_a_measure_that_is_not_declared_are_left_alone():
    other = registry([Measure("gone", Kind.COUNT, "1", "?")])
    before = CellStore(other, [Window.parse("24h")], HOUR, 9)
    before.contribute(other["gone"], T, 1, (), (), 1)
    store = fresh("24h")
    store.load(dict(before.drain()))  # type: ignore[arg-type]  # no tombstones in it
    assert list(store.entries()) == []
    assert store.drain() == []


@pytest.mark.parametrize(
    "changed",
    [Measure("leads", Kind.SUM, "1", "?"), Measure("leads", Kind.STOCK, "1", "?")],
    ids=["another aggregate", "no longer in panes"],
)
def test_a_measure_that_changed_its_kind_is_refused(changed):
    store = fresh("24h")
    lead(store, 1)
    store.drain()
    again = CellStore(registry([changed]), [Window.parse("24h")], HOUR, 9)
    with pytest.raises(UnreadableStateError, match="raise the state version"):
        again.load(dict(store.entries()))


def test_a_stock_that_changed_its_bucket_is_refused():
    store = fresh("24h")
    store.contribute(AGES, T, 1, (), (), 1)
    store.drain()
    hourly = Measure("ages", Kind.STOCK, "1", "by hour", bucket="h")
    with pytest.raises(UnreadableStateError, match="a stock with bucket 'h'"):
        CellStore(registry([hourly]), [Window.parse("24h")], HOUR, 9).load(dict(store.entries()))


def test_series_without_cells_are_forgotten():
    store = fresh("15m")
    for offset in range(50):
        lead(store, offset, f"c{offset}", T + offset * HOUR)
        seen(store, offset, T + offset * HOUR)
        store.drain()
    assert len(store._cells._series) <= 4
