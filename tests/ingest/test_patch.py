"""Mending a refused record field by field."""

import json

import pytest

from schemas import REASONS, encode
from stream_app.errors import UserError
from stream_app.ingest.letters import HINTS, Letter, parse, refusal
from stream_app.ingest.patch import Unmendable, assignments, mend

EVENT = {"id": "1", "data": {"channel": "", "lines": [{"price": "9,50"}, {"price": 3}]}}
LEAD = encode("crm.lead.created.v1", {"channel": "web"}, id="1", source="/t", time=1_772_409_600_000, subject="l-1")


def letter(value, *headers):
    return Letter("crm.relationships/0/7", "invalid_field", "data.channel", "too short", 0, b"k", value, headers)


SET = {
    "a text": ("data.channel=web", ["data", "channel"], "web"),
    "a number": ("data.amount=1200", ["data", "amount"], 1200),
    "a text of digits": ('data.form="1200"', ["data", "form"], "1200"),
    "nothing": ("data.team=null", ["data", "team"], None),
    "an item of a list": ("data.lines.0.price=950", ["data", "lines", 0, "price"], 950),
    "the envelope": ("time=2026-03-02T09:00:00Z", ["time"], "2026-03-02T09:00:00Z"),
    "a table that was not there": ("x.y=1", ["x", "y"], 1),
    "a value with an equals sign": ("data.form=a=b", ["data", "form"], "a=b"),
}


@pytest.mark.parametrize(("change", "path", "expected"), SET.values(), ids=SET)
def test_a_field_is_set(change, path, expected):
    value, headers = mend(letter(json.dumps(EVENT).encode(), ("h", b"1")), assignments([change]))

    found = json.loads(value or b"")
    for step in path:
        found = found[step]
    assert found == expected
    assert list(headers) == [("h", b"1")]


@pytest.mark.parametrize(
    ("value", "change"),
    [
        pytest.param(b'{"data": {"chan', "data.channel=web", id="broken JSON"),
        pytest.param(None, "data.channel=web", id="tombstone"),
        pytest.param(json.dumps(EVENT).encode(), "data.lines.5.price=1", id="beyond the list"),
        pytest.param(json.dumps(EVENT).encode(), "data.lines.x=1", id="a name in a list"),
        pytest.param(json.dumps(EVENT).encode(), "id.x=1", id="into a text"),
        pytest.param(b"[]", "id=1", id="a list at the top"),
    ],
)
def test_what_cannot_be_mended_is_said(value, change):
    with pytest.raises(Unmendable):
        mend(letter(value), assignments([change]))


def test_without_changes_not_a_byte_is_touched():
    value = b'{ "a" :1}  '

    assert mend(letter(value), []) == (value, ())


def test_in_binary_mode_the_envelope_is_in_the_headers():
    value, headers = mend(
        letter(b'{"channel": ""}', ("ce_type", b"x"), ("ce_id", b"1")), assignments(["data.channel=web", "type=y"])
    )

    assert json.loads(value or b"") == {"channel": "web"}
    assert dict(headers) == {"ce_type": b"y", "ce_id": b"1"}


@pytest.mark.parametrize("text", ["data.channel", "=web"])
def test_what_is_no_assignment_is_an_error(text):
    with pytest.raises(UserError, match="no assignment"):
        assignments([text])


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        pytest.param(b"l-1", LEAD, "", id="fine"),
        pytest.param(None, LEAD, "", id="the subject stands in for the key"),
        pytest.param(b"l-2", LEAD, "key_mismatch", id="another key"),
        pytest.param(None, LEAD.replace(b'"subject":"l-1",', b""), "no_key", id="neither key nor subject"),
        pytest.param(b"l-1", LEAD[:40], "bad_json", id="broken"),
    ],
)
def test_what_would_be_refused_again_is_known_beforehand(key, value, reason):
    assert refusal(key, value, ()).partition(":")[0].partition(" ")[0] == reason


def test_every_reason_has_a_hint():
    assert HINTS.keys() == REASONS.keys()


def test_a_letter_is_read_whole():
    headers = [
        ("reason", b"bad_json"), ("field", b""), ("message", b"cut off"), ("source-topic", b"crm.relationships"),
        ("source-partition", b"2"), ("source-offset", b"41"), ("dead-at", b"1772409600000"),
        ("original-reason", b"a header of its own"), ("original-ce_type", b"crm.lead.created.v1"),
    ]  # fmt: skip
    found = parse(b"k", b"\xff{", headers)

    assert (found.source, found.topic, found.reason) == ("crm.relationships/2/41", "crm.relationships", "bad_json")
    assert found.headers == [("reason", b"a header of its own"), ("ce_type", b"crm.lead.created.v1")]
    assert found.type() == "crm.lead.created.v1"
    assert found.text() == "\\xff{"
