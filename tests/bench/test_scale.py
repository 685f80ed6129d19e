"""The scale curves' own logic: events, cells, charts and tables; the measuring itself needs a Kafka and time."""

import re
from itertools import islice

import pytest

from benchmarks.figures import Figure
from benchmarks.scale import cells, charts, latency, lives, report
from benchmarks.scale.__main__ import merged
from schemas import decode
from stream_app.journeys.shard import Shard
from stream_app.measures import keys, stamp
from stream_app.policies import Policies
from tests.journeys.generated import Record

NOW = 1_772_445_600_000
HOUR = 3_600_000


def fold(records):
    shard = Shard(0, Policies(), {}, {})
    changes = shard.apply([Record(at, key, value, NOW + HOUR) for at, (key, value) in enumerate(records)])
    return shard, changes


def test_a_fill_gives_each_relationship_a_lead_and_a_touch_that_count():
    shard, changes = fold(lives.filled(0, 2_500, NOW, HOUR))
    assert (changes.applied, changes.duplicates, changes.dead, len(shard.journeys)) == (5_000, 0, [], 2_500)


def test_a_later_fill_adds_others():
    first, second = (dict(lives.filled(*span, NOW, HOUR)) for span in ((0, 10), (10, 20)))
    assert len(first.keys() | second.keys()) == 20


@pytest.mark.parametrize(("count", "relationships"), [(10, 100), (250, 100)], ids=["some of them", "all, repeatedly"])
def test_probes_touch_relationships_in_turn_and_are_never_repeats(count, relationships):
    found = list(lives.probes(count, relationships, NOW + HOUR, 3))
    _, changes = fold(
        [*lives.filled(0, relationships, NOW, HOUR), *found, *lives.probes(5, relationships, NOW + HOUR, 4)]
    )
    assert (changes.applied, changes.duplicates) == (2 * relationships + count + 5, 0)
    assert len({key for key, _ in found}) == min(count, relationships)


def test_events_lie_in_the_span_before_now():
    times = [decode(value).at for _, value in lives.filled(0, 3_000, NOW, HOUR)]
    assert NOW - HOUR <= min(times) <= max(times) <= NOW + 30_000


@pytest.fixture(scope="module")
def some_cells():
    return cells.folded(NOW, 500)


def test_multiplied_cells_repeat_breakdown_values_and_nothing_else(some_cells):
    twice = cells.multiplied(some_cells, 2)
    added = twice.keys() - some_cells.keys()
    assert added
    assert all(keys.path(keys.split(key)[0]).label for key in added)
    assert all(keys.path(keys.split(key)[0]).value.endswith("-1") for key in added)
    assert some_cells.items() <= twice.items()


@pytest.mark.parametrize("size", [600, 6_000], ids=["fewer", "more"])
def test_cells_of_a_size_give_about_so_many_series(some_cells, size):
    _, series = cells.sized(some_cells, size, NOW)
    assert 0.4 * size <= series <= 1.5 * size


def test_written_again_cells_are_newer_and_the_same(some_cells):
    for key, value in islice(cells.again(some_cells, 2), 50):
        assert stamp.payload_of(value) == stamp.payload_of(some_cells[key])
        assert not stamp.is_older(value, some_cells[key])
        assert value != some_cells[key]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 51), (0.99, 100), (1.0, 100), (0.0, 1)], ids=["p50", "p99", "all", "none"]
)
def test_a_share_of_the_waits_is_never_flattered(share, expected):
    assert latency.at(range(100, 0, -1), share) == expected


def figures(shown=charts.CHARTS):
    names = {name for chart in shown for curve in chart.curves for name, _ in curve.points}
    return [Figure.of(name, "s", [0.5, 1.0, 2.0]) for name in sorted(names)]


def test_every_chart_is_drawn_as_small_text(tmp_path):
    drawn = charts.draw(tmp_path, figures())
    assert [path.name for path in drawn] == [chart.file for chart in charts.CHARTS]
    for path, chart in zip(drawn, charts.CHARTS, strict=True):
        text = path.read_text(encoding="utf-8")
        assert all(word in text for word in (chart.title, chart.across, chart.up))
        assert len(text) < 40_000
        # A page of any colour shows through.
        assert not re.search(r'id="patch_1">[^/]*fill: #ffffff', text)


def test_the_same_figures_draw_the_same_file(tmp_path):
    one, two = (charts.draw(tmp_path / name, figures(charts.CHARTS[:1]))[0].read_bytes() for name in ("one", "two"))
    assert one == two


def test_a_chart_with_a_figure_missing_is_not_drawn(tmp_path):
    missing = charts.CHARTS[0].curves[0].points[0][0]
    found = figures(charts.CHARTS[:2])
    drawn = charts.draw(tmp_path, [figure for figure in found if figure.name != missing])
    assert [path.name for path in drawn] == [charts.CHARTS[1].file]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_234_567.0, "events/s", "1,234,567 events/s"),
        (0.1234, "s", "0.123 s"),
        (680.0, "bytes", "680 bytes"),
        (52_428_800.0, "bytes", "50 MiB"),
        (1.25, "ratio", "1.25"),
    ],
)
def test_values_are_written_for_people(value, unit, text):
    assert report.number(value, unit) == text


def test_the_table_tells_spread_conditions_and_what_is_missing(tmp_path):
    found = [Figure.of("a", "s", [1.0, 3.0, 2.0], events=12_000), Figure.of("b", "s", [])]
    picture = tmp_path / "docs" / "img" / "scale-a.svg"
    text = report.markdown(found, [picture], tmp_path / "docs" / "benchmarks.md")
    assert "| a | 2 s | 1 s to 3 s | 3 | events 12,000 |" in text
    assert "| b | not measured | | 0 |  |" in text
    assert text.endswith("![scale a](img/scale-a.svg)")


def test_curves_measured_now_replace_earlier_ones_and_leave_the_others():
    before, now = [Figure.of(n, "s", [1.0]) for n in "ab"], [Figure.of(n, "s", [2.0]) for n in "bc"]
    assert [(one.name, one.value) for one in merged(before, now)] == [("a", 1.0), ("b", 2.0), ("c", 2.0)]


def test_every_budget_of_the_curves_has_a_figure_of_that_name():
    from benchmarks.budgets import BUDGETS

    drawn = {name for chart in charts.CHARTS for curve in chart.curves for name, _ in curve.points}
    told = {
        "recovery of 1,000,000 relationships",
        "memory per relationship",
        "cost per event at 1,000,000 relationships to 10,000",
    }
    mine = {b.figure for b in BUDGETS if not b.figure.startswith("crm-pulse")}
    assert mine <= drawn | told
