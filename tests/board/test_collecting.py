"""What is kept of a KPI from one snapshot to the next is what computing it anew would give."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_app.board.collecting import Collecting
from stream_app.board.live import LiveModel
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.board.snapshot import Snapshot, collect
from stream_app.journeys.shard import Shard
from stream_app.kpis import MEASURES, catalogue
from stream_app.kpis.kpi import Kpi, Part, Sample
from stream_app.measures import formats, keys, stamp
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies
from stream_app.simulate import Options, generate
from tests.board.boards import ANSWERED, ANSWERS, CASES, KPIS, MINUTE, NOW, Board, Workers, clock, kpi
from tests.journeys.generated import Record

START = 1_772_445_600_000
EVENTS = 1_500
POLICIES = Policies(label_cap=2)
KPIS_OF_ALL = catalogue(POLICIES)
WINDOWS = [Window.parse(text) for text in POLICIES.windows]
READY = Progress((PartitionProgress("t", 0, 1, 1, True),))


@cache
def batches() -> list[tuple[int, list[tuple[int, bytes, bytes | None]]]]:
    """Return, for batches of simulated events on two partitions, the time and the state records."""
    made = islice(
        generate(7, START, Options(rate=0.2, residents=60, rhythm="never", families=("relationships",))), EVENTS
    )
    shards = [Shard(number, POLICIES, {}, {}) for number in range(2)]
    found = []
    events = [
        (record.key[-1] % 2, Record(offset, record.key, record.value, record.due)) for offset, record in enumerate(made)
    ]
    for first in range(0, EVENTS, 15):
        batch = events[first : first + 15]
        entries = []
        for number, shard in enumerate(shards):
            mine = [event for to, event in batch if to == number]
            if mine:
                entries += [(number, key, value) for key, value in shard.apply(mine).cells]
                shard.durable(mine[-1].offset)
        found.append((batch[-1][1].timestamp, entries))
    return found


steps = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from([0, 0, 1, 500, MINUTE, 20 * MINUTE, 90 * MINUTE, 30 * 60 * MINUTE, 9 * 24 * 60 * MINUTE]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=12)  # each of its snapshots computes the catalogue twice
@given(steps)
def test_kept_figures_are_those_of_a_model_that_never_kept_any(steps):
    now, taken, known = START, 0, {}
    live = LiveModel(lambda: ReadModel(WINDOWS, MEASURES), KPIS_OF_ALL, wall=lambda: now)
    live.progress = READY
    for count, pause in steps:
        for at, entries in batches()[taken : taken + count]:
            live.apply(entries)
            known.update({(source, key): value for source, key, value in entries})
            now = max(now, at)
        taken += count
        now += pause
        found = live.take()
        fresh = ReadModel(WINDOWS, MEASURES)
        fresh.advance(now)
        for (source, key), value in known.items():
            if value is not None:
                fresh.update(source, key, value)
        for name, declared in KPIS_OF_ALL.items():
            expected = collect(declared, fresh)
            assert not expected.error
            assert found.collected[name].samples == expected.samples, name
            assert found.collected[name].excluded == expected.excluded, name


@pytest.fixture
def board():
    made = Board()
    made.catch_up()
    yield made
    made.latest.close()


def kept(before: Snapshot, after: Snapshot) -> set[str]:
    """Return the KPIs that the second of two snapshots took from the first."""
    return {name for name, one in after.collected.items() if one is before.collected[name]}


@pytest.mark.parametrize(
    ("happens", "computed"),
    [
        pytest.param(lambda _: None, set(), id="nothing"),
        pytest.param(
            lambda board: board.workers.answer("a", NOW, "web"), {ANSWERED.name}, id="a measure changes"
        ),
        pytest.param(
            lambda board: board.workers.open([clock("a")]),
            {"leads_waiting", "leads_at_risk", "leads_overdue"},
            id="a clock opens",
        ),
        pytest.param(lambda board: board.workers.open([clock("a", name="case_next")]), {CASES.name}, id="another one"),
        pytest.param(lambda board: board.workers.account(0, applied=1), set(), id="accounting alone"),
    ],
)  # fmt: skip
def test_only_what_rests_on_a_change_is_computed_anew(board, happens, computed):
    before = board.live.take()
    happens(board)
    board.flow()
    # A failing KPI is tried again each time.
    assert {one.name for one in KPIS} - kept(before, board.live.take()) == computed | {"broken_ratio"}


def test_time_alone_moves_what_looks_at_the_time(board):
    board.workers.open([clock("a")])
    board.flow()
    before = board.live.take()
    board.now += 1
    same = kept(before, board.live.take())
    assert {"leads_waiting", "leads_answered", "reply_ratio"} <= same
    assert not {"leads_at_risk", "leads_overdue"} & same


def test_a_label_that_is_capped_elsewhere_shows_at_once(board):
    board.workers.answer("a", NOW, "web")
    board.flow()
    before = board.live.take()
    full = stamp.pack(9, bytes((formats.LABELS,)) + formats.encode(({"phone": 1}, True)))
    board.live.apply([(1, keys.label("channel"), full)])
    after = board.live.take()
    shown = [{s.labels.get("channel") for s in of.collected[ANSWERED.name].samples} for of in (before, after)]
    assert shown == [{None, "web"}, {None, "other"}]


def test_nothing_is_kept_over_a_restart(board):
    board.workers.answer("a", NOW, "web")
    board.flow()
    assert [s.value for s in board.live.take().collected[ANSWERED.name].samples][:1] == [1]
    board.live.restart()
    board.catch_up()
    assert [s.value for s in board.live.take().collected[ANSWERED.name].samples][:1] == [0]


class Asking:
    """Publish how many numbers another KPI has."""

    parts: ClassVar[tuple[Part, ...]] = ("",)

    def samples(self, kpi: Kpi, view: ReadModel) -> Iterator[Sample]:
        yield Sample(kpi.name, "", None, {}, len(list(ANSWERED.samples(view))), 1)


def test_a_kpi_that_asks_another_gets_all_of_its_numbers():
    view = ReadModel(WINDOWS, {ANSWERS.name: ANSWERS})
    view.advance(NOW)
    collecting, asking, workers = Collecting(), kpi("asking", Asking()), Workers(1)
    for channel in ("web", "phone"):
        workers.answer("a", NOW, channel)
        for source, key, value in workers.records():
            view.update(source, key, value)
        found = collecting.collect(asking, view)
        assert found.samples == tuple(asking.samples(view))


def test_what_others_ask_is_no_part_of_a_kpi():
    view = ReadModel(WINDOWS, {ANSWERS.name: ANSWERS})
    view.advance(NOW)
    collecting = Collecting()
    first = collecting.collect(ANSWERED, view)
    assert view.watermark == -1
    workers = Workers(1)
    workers.account(0, applied=1)
    for source, key, value in workers.records():
        view.update(source, key, value)
    assert collecting.collect(ANSWERED, view) is first
