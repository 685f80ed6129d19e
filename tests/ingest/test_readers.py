"""Columns that are made of several cells, or of other columns of the row."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stream_app.ingest.columns import Bad, Value
from stream_app.ingest.mapping import Column
from stream_app.ingest.readers import reader

UTC_ZONE = ZoneInfo("UTC")
NINE = datetime(2026, 3, 5, 9, tzinfo=UTC)
CELLS = {"day": "2026-03-05", "clock": " 9:00:00 ", "none": "", "a": "x", "b": "y", "owner": {"id": 7}}
ABOVE = {"nine": NINE, "gone": None, "wait": 90, "half": 0.5, "unknown": None, "word": "text"}
TIME = {"type": "datetime", "formats": ("%Y-%m-%d %H:%M:%S",)}


def column(**words):
    return Column.model_validate(words)


VALUES = {
    "a date and a clock time": (column(**TIME, **{"from": ("day", "clock")}), NINE),
    "several cells with a dash": (column(**{"from": ("a", "b"), "join": "-"}), "x-y"),
    "one of several cells is empty": (column(**{"from": ("a", "none")}), None),
    "one of several cells stands for nothing": (column(**{"from": ("a", "b"), "missing": ("y",)}), None),
    "several cells of a JSON object": (column(**{"from": ("owner.id", "a"), "join": ""}), "7x"),
    "another column": (column(of="word"), "text"),
    "the fallback of an empty cell": (column(**{"from": "none", "fallback": "word"}), "text"),
    "no fallback where there is a value": (column(**{"from": "a", "fallback": "word"}), "x"),
    "the fallback is empty too": (column(**{"from": "none", "fallback": "gone"}), None),
    "seconds later": (column(of="nine", type="datetime", plus="wait"), datetime(2026, 3, 5, 9, 1, 30, tzinfo=UTC)),
    "half a second later": (
        column(of="nine", type="datetime", plus="half"), datetime(2026, 3, 5, 9, 0, 0, 500_000, tzinfo=UTC),
    ),
    "later than the fallback": (
        column(of="gone", type="datetime", fallback="nine", plus="wait"), datetime(2026, 3, 5, 9, 1, 30, tzinfo=UTC),
    ),
    "later by nobody knows what": (column(of="nine", type="datetime", plus="unknown"), None),
    "later than nothing": (column(of="gone", type="datetime", plus="wait"), None),
}  # fmt: skip


@pytest.mark.parametrize(("made", "expected"), VALUES.values(), ids=VALUES)
def test_what_a_column_is_made_of(made, expected):
    assert reader("made", made, UTC_ZONE).value(CELLS, ABOVE) == expected


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        pytest.param(column(of="gone", required=True), "missing_value", id="required, and the other has none"),
        pytest.param(
            column(**{"from": "none"}, required=True, fallback="gone"), "missing_value", id="nor the fallback"
        ),
        pytest.param(column(**{"from": ("a", "none")}, required=True), "missing_value", id="a cell is empty"),
        pytest.param(column(**TIME, **{"from": ("day", "a")}), "bad_time", id="joined to no time"),
    ],
)
def test_what_it_cannot_be_made_of(made, reason):
    with pytest.raises(Bad) as bad:
        reader("made", made, UTC_ZONE).value(CELLS, ABOVE)

    assert bad.value.reason == reason


def test_a_time_beyond_the_calendar():
    beyond: dict[str, Value] = {"nine": NINE, "wait": 10**12}
    with pytest.raises(Bad) as bad:
        reader("made", column(of="nine", type="datetime", plus="wait"), UTC_ZONE).value({}, beyond)

    assert bad.value.reason == "bad_time"
