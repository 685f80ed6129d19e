"""One text of an export to one typed value, or the reason why not."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stream_app.ingest.columns import Bad, reader
from stream_app.ingest.mapping import Column

ROME = ZoneInfo("Europe/Rome")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


READ = {
    "text is trimmed": (Column(), "  web ", "web"),
    "an empty cell is nothing": (Column(), "   ", None),
    "NA is nothing where said so": (Column(missing=("", "NA")), "NA", None),
    "a default takes the place of nothing": (Column(default="unspecified"), "", "unspecified"),
    "whole number": (Column(type="int"), "42", 42),
    "whole number with groups": (Column(type="int", thousands=" "), "1 200 000", 1_200_000),
    "whole number written 42.0": (Column(type="int"), "42.0", 42),
    "decimal comma": (Column(type="float", decimal=",", thousands="."), "1.234,5", 1234.5),
    "money in cents, exactly": (Column(type="money"), "0.29", 29),
    "money in yen": (Column(type="money", digits=0), "1200", 1200),
    "minutes in seconds": (Column(type="int", times=60), "74", 4440),
    "thousands in units": (Column(type="float", times=1000), "1.5", 1500.0),
    "money, continental": (Column(type="money", decimal=",", thousands="."), "1.200,50", 120_050),
    "money, negative": (Column(type="money"), "-3.10", -310),
    "yes": (Column(type="bool"), "Yes", True),
    "no": (Column(type="bool"), "0", False),
    "own words": (Column(type="bool", true=("si",), false=("no",)), "SI", True),
    "JSON true is yes": (Column(type="bool"), True, True),
    "JSON number": (Column(type="int"), 7, 7),
    "JSON null is nothing": (Column(type="int"), None, None),
    "mapped": (Column(map={"Value 1": "low"}), "Value 1", "low"),
    "unmapped is kept": (Column(map={}, unmapped="keep"), "x", "x"),
    "unmapped is nothing": (Column(map={}, unmapped="missing"), "x", None),
    "time in the zone of the mapping, winter": (
        Column(type="datetime", formats=("%d.%m.%Y %H:%M",)), "01.02.2026 09:00", at("2026-02-01T08:00:00+00:00"),
    ),
    "time in the zone of the mapping, summer": (
        Column(type="datetime", formats=("%d.%m.%Y %H:%M",)), "01.07.2026 09:00", at("2026-07-01T07:00:00+00:00"),
    ),
    "a zone in the text wins": (Column(type="datetime"), "2026-07-01T09:00:00+05:00", at("2026-07-01T04:00:00+00:00")),
    "the second format fits": (
        Column(type="datetime", formats=("%d.%m.%Y", "%Y-%m-%d")), "2026-07-01", at("2026-06-30T22:00:00+00:00"),
    ),
    "unix seconds": (Column(type="datetime", formats=("unix_s",)), "1767225600", at("2026-01-01T00:00:00+00:00")),
    "unix milliseconds": (
        Column(type="datetime", formats=("unix_ms",)), "1767225600250", at("2026-01-01T00:00:00.250+00:00"),
    ),
    "a date is the midnight of its zone": (
        Column(type="date", formats=("%d.%m.%Y %H:%M",)), "01.07.2026 15:30", at("2026-06-30T22:00:00+00:00"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("column", "text", "expected"), READ.values(), ids=READ)
def test_a_text_becomes_a_value(column, text, expected):
    value = reader(column, ROME)(text)

    assert value == expected
    assert type(value) is type(expected)


REFUSED = {
    "required": (Column(required=True), "", "missing_value"),
    "letters": (Column(type="int"), "12a", "not_a_number"),
    "a fraction": (Column(type="int"), "1.5", "not_a_whole_number"),
    "not a number": (Column(type="float"), "NaN", "not_a_number"),
    "infinite": (Column(type="float"), "1e999999", "not_a_number"),
    "beyond what JSON holds exactly": (Column(type="int"), "9007199254740994", "not_a_number"),
    "half a cent": (Column(type="money"), "1.005", "too_precise"),
    "a point where a comma is the separator": (Column(type="money", decimal=","), "1.50", "not_a_number"),
    "maybe": (Column(type="bool"), "maybe", "not_a_bool"),
    "not in the map": (Column(map={"a": "b"}), "c", "unmapped_value"),
    "31 February": (Column(type="date", formats=("%d.%m.%Y",)), "31.02.2026", "bad_time"),
    "another format": (Column(type="datetime"), "1/2/2026", "bad_time"),
    "unix time without end": (Column(type="datetime", formats=("unix_s",)), "inf", "bad_time"),
    "unix time beyond the calendar": (Column(type="datetime", formats=("unix_s",)), "1e18", "bad_time"),
}


@pytest.mark.parametrize(("column", "text", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_text_that_does_not_fit_is_refused_with_a_reason(column, text, reason):
    with pytest.raises(Bad) as refused:
        reader(column, ROME)(text)

    assert refused.value.reason == reason
    assert refused.value.message
