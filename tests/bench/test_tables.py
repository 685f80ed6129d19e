"""Tables and results: medians and spread, who failed and why, which budgets are met."""

import json

import msgspec
import pytest

from benchmarks import budgets, document, figures, peers_table
from benchmarks.figures import Figure
from benchmarks.race import Lap
from benchmarks.roster import BYTEWAX, CRM_PULSE, FAUST, QUIX, ROSTER

RACERS = (CRM_PULSE, FAUST, QUIX, BYTEWAX)
LAPS = [
    Lap(CRM_PULSE.name, 0.5, 1.0, 200 << 20),
    Lap(CRM_PULSE.name, 1.0, 2.0, 210 << 20),
    Lap(CRM_PULSE.name, 2.0, 3.0, 220 << 20),
    Lap(FAUST.name, 50.0, 50.0, 70 << 20),
    Lap(FAUST.name, failure="did not finish | in 3 s"),
    Lap(QUIX.name, 4.0, 8.0, 100 << 20),
    Lap(BYTEWAX.name, failure="wrong results, 2 of 9 windows: web at minute 1: missing"),
]


@pytest.fixture
def found():
    return peers_table.figures(LAPS, RACERS, 100_000, cores=2)


def test_a_figure_is_the_median_and_its_spread(found):
    """
    The middle lap is the value; the best and the worst stand beside it.
    """
    (own,) = [figure for figure in found if figure.name == f"{CRM_PULSE.name}: {peers_table.PER_CPU}"]

    assert (own.value, own.min, own.max, own.repeats) == (100_000, 50_000, 200_000, 3)
    assert own.conditions["cores"] == 2


def test_ratios_compare_with_faust_and_with_the_fastest_that_has_a_result(found):
    """
    A disqualified contestant is nobody's rival.
    """
    ratios = {figure.name: figure for figure in found if figure.unit == "ratio"}

    assert ratios[peers_table.TO_FAUST].value == 50
    assert ratios[peers_table.TO_PEER].value == 4
    assert ratios[peers_table.TO_PEER].conditions["peer"] == QUIX.name


def test_the_table_has_a_row_for_everybody_and_says_why_one_is_empty(found):
    """
    Fastest first; failed laps and disqualified contestants are told in their rows, which stay rows.
    """
    lines = peers_table.table(found).splitlines()
    rows = [line for line in lines if line.startswith("|")][2:]

    assert [row.split(" | ")[0].strip("| ") for row in rows] == [
        CRM_PULSE.name, QUIX.name, FAUST.name, BYTEWAX.name,
    ]  # fmt: skip
    assert "100,000 (50,000 to 200,000)" in rows[0]
    assert "1 laps failed: did not finish / in 3 s" in rows[2]
    assert rows[3].split(" | ")[1:4] == ["", "", ""] or rows[3].startswith("| Bytewax | | | | **wrong results")
    assert len({row.count("|") for row in rows}) == 1


def test_every_contestant_has_a_name_of_its_own_and_a_remark():
    """
    Results are found by name, and no row stands without its remark.
    """
    assert len({one.name for one in ROSTER}) == len(ROSTER)
    assert all(one.remark for one in ROSTER)


def test_results_are_read_as_they_were_written(found, tmp_path):
    """
    Results are a JSON list of objects with the agreed keys, and all files of the folder are read.
    """
    figures.write(tmp_path / "one.json", found)
    figures.write(tmp_path / "two.json", [Figure.of("nothing", "s", [])])

    first = json.loads((tmp_path / "one.json").read_text())[0]

    assert set(first) == {"name", "unit", "value", "min", "max", "repeats", "conditions"}
    assert figures.read(tmp_path) == [*found, Figure.of("nothing", "s", [])]


def test_results_of_another_shape_are_refused(tmp_path):
    """
    A file that is no list of figures does not become an empty table.
    """
    (tmp_path / "odd.json").write_text('[{"name": "x", "value": 1}]')

    with pytest.raises(msgspec.ValidationError, match="missing required field"):
        figures.read(tmp_path)


@pytest.mark.parametrize(
    ("side", "value", "met"),
    [
        ("at least", 10, True), ("at least", 9.9, False), ("at most", 10, True), ("at most", 10.1, False),
        ("more than", 10, False), ("less than", 10, False), ("more than", 10.1, True), ("less than", 9.9, True),
    ],
)  # fmt: skip
def test_a_budget_is_met_on_its_side_of_the_limit(side, value, met):
    """
    The limit itself belongs to `at least` and `at most` alone.
    """
    row = budgets.table([Figure.of("f", "s", [value])], [budgets.Budget("it", "f", side, 10)]).splitlines()[-1]

    assert row.endswith("| met |" if met else "| **missed** |")
    assert f"| {value / 10:.2f} |" in row


def test_a_budget_that_nobody_measured_is_open():
    """
    No figure, and a figure without a value, are neither met nor missed.
    """
    text = budgets.table([Figure.of("f", "s", [])], [budgets.Budget("it", "f", "at most", 10)])

    assert text.splitlines()[-1] == "| it | at most 10 | not measured | | **open** |"


def test_only_what_is_between_the_marks_is_written_anew():
    """
    The document around the generated parts stays as it is, and writing twice is writing once.
    """
    text = "# Title\n<!-- a -->\nold\n<!-- /a -->\ntext\n<!-- b -->\nkept\n<!-- /b -->\n"

    once = document.replaced(text, "a", "new\nlines\n")

    assert once == text.replace("old", "new\nlines")
    assert document.replaced(once, "a", "new\nlines") == once


@pytest.mark.parametrize("text", ["nothing", "<!-- a -->", "<!-- /a -->"])
def test_a_missing_mark_is_an_error(text):
    """
    Tables never land at some other place.
    """
    with pytest.raises(document.NoMarkerError, match="<!-- a -->"):
        document.replaced(text, "a", "new")
