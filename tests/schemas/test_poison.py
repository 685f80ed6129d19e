"""Poison of every kind is a BadEvent with a reason, and nothing else is ever raised."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import EVENTS, REASONS, BadEvent, decode
from schemas.poison import MAX_BYTES, MAX_DEPTH
from schemas.sample_events import sample_events

GOOD: dict[str, Any] = sample_events(EVENTS["crm.lead.created.v1"])["minimal"]
TEXT = json.dumps(GOOD)


def with_(**attributes: Any) -> bytes:
    return json.dumps(GOOD | attributes).encode()


def without(attribute: str) -> bytes:
    return json.dumps({name: value for name, value in GOOD.items() if name != attribute}).encode()


def base64(text: str) -> bytes:
    return json.dumps(json.loads(without("data")) | {"data_base64": text}).encode()


def raw(old: str, new: str) -> bytes:
    """Write what json.dumps would not."""
    assert old in TEXT
    return TEXT.replace(old, new).encode("utf-8", "surrogatepass")


def nested(levels: int, opening: str = "[", closing: str = "]") -> bytes:
    """Hide a value nested *levels* deep, counted with the two objects around it, in an unknown field."""
    inner = opening * (levels - 2) + closing * (levels - 2)
    return raw('"channel"', f'"deep": {inner}, "channel"')


POISON = [
    ("tombstone", None, "tombstone", ""),
    ("empty", b"", "empty", ""),
    ("blank", b" \r\n\t", "empty", ""),
    ("too-large", with_(data={"channel": "x" * MAX_BYTES}), "too_large", ""),
    ("2-MB-of-blanks", TEXT.encode() + b" " * 2_000_000, "too_large", ""),
    ("not-utf8", b"\xff\xfe\x00", "not_utf8", ""),
    ("utf-16", TEXT.encode("utf-16"), "not_utf8", ""),
    ("latin-1", TEXT.replace("web", "caf\xe9").encode("latin-1"), "not_utf8", ""),
    ("latin-1-in-an-unknown-field", raw('"channel"', '"x": "?", "channel"').replace(b"?", b"\xe9"), "not_utf8", ""),
    ("raw-surrogate", raw("web", "\ud800"), "not_utf8", ""),
    ("text", b"hello", "bad_json", ""),
    ("truncated", TEXT.encode()[:-7], "bad_json", ""),
    ("trailing", TEXT.encode() + b"}", "bad_json", ""),
    ("two-events", TEXT.encode() * 2, "bad_json", ""),
    ("two-lines", TEXT.encode() + b"\n" + TEXT.encode(), "bad_json", ""),
    ("byte-order-mark", b"\xef\xbb\xbf" + TEXT.encode(), "bad_json", ""),
    ("comma", TEXT.encode()[:-1] + b",}", "bad_json", ""),
    ("single-quotes", TEXT.replace('"', "'").encode(), "bad_json", ""),
    ("nan", raw('"web"', '"web", "score": NaN'), "bad_json", ""),
    ("infinity", raw('"web"', '"web", "score": -Infinity'), "bad_json", ""),
    ("lone-surrogate", raw("web", "\\ud800"), "bad_json", ""),
    ("control-character", raw("web", "w\neb"), "bad_json", ""),
    ("leading-zero", raw('"web"', '"web", "score": 012'), "bad_json", ""),
    ("avro", b"\x00\x00\x00\x00\x01\x06web", "bad_json", ""),
    ("number-no-type-can-hold", b"1" * 5000, "bad_json", ""),
    ("open-arrays-100k", b"[" * 100_000, "too_deep", ""),
    ("arrays-100k", b"[" * 100_000 + b"]" * 100_000, "too_deep", ""),
    ("objects-100k", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep", ""),
    ("deep-in-an-unknown-field", nested(MAX_DEPTH + 1), "too_deep", ""),
    ("deep-in-a-known-field", raw('"web"', "[" * 100_000 + "]" * 100_000), "too_deep", ""),
    ("wrong-at-allowed-depth", raw('"web"', "[" * 400 + "]" * 400), "invalid_field", "data.channel"),
    ("huge-integer", raw('"web"', '"web", "score": ' + "9" * 5000), "invalid_field", "data.score"),
    ("huge-float", raw('"web"', '"web", "score": 1e400'), "invalid_field", "data.score"),
    ("array", b"[" + TEXT.encode() + b"]", "bad_envelope", ""),
    ("number", b"42", "bad_envelope", ""),
    ("null", b"null", "bad_envelope", ""),
    ("string", json.dumps(TEXT).encode(), "bad_envelope", ""),
    ("object-of-another-kind", b'{"lead": 1}', "bad_envelope", "specversion"),
    ("no-specversion", without("specversion"), "bad_envelope", "specversion"),
    ("old-specversion", with_(specversion="0.3"), "bad_envelope", "specversion"),
    ("no-type", without("type"), "bad_envelope", "type"),
    ("type-is-a-number", with_(type=1), "bad_envelope", "type"),
    ("type-is-null", with_(type=None), "bad_envelope", "type"),
    ("unknown-type", with_(type="crm.lead.created.v2"), "unknown_type", "type"),
    ("type-of-someone-else", with_(type="com.example.ping"), "unknown_type", "type"),
    ("no-id", without("id"), "bad_envelope", "id"),
    ("empty-id", with_(id=""), "bad_envelope", "id"),
    ("long-id", with_(id="x" * 129), "bad_envelope", "id"),
    ("no-source", without("source"), "bad_envelope", "source"),
    ("subject-is-a-number", with_(subject=1842), "bad_envelope", "subject"),
    ("imported-is-a-text", with_(imported="true"), "bad_envelope", "imported"),
    ("bad-recordedtime", with_(recordedtime="yesterday"), "bad_envelope", "recordedtime"),
    ("no-time", without("time"), "bad_time", "time"),
    ("time-is-null", with_(time=None), "bad_time", "time"),
    ("time-in-words", with_(time="yesterday"), "bad_time", "time"),
    ("milliseconds", with_(time=1772442927123), "bad_time", "time"),
    ("milliseconds-as-text", with_(time="1772442927123"), "bad_time", "time"),
    ("no-zone", with_(time="2026-03-02T09:15:00"), "bad_time", "time"),
    ("date-only", with_(time="2026-03-02"), "bad_time", "time"),
    ("impossible-date", with_(time="2026-02-30T09:15:00Z"), "bad_time", "time"),
    ("before-2000", with_(time="1999-12-31T23:59:59.999Z"), "bad_time", "time"),
    ("epoch", with_(time="1970-01-01T00:00:00Z"), "bad_time", "time"),
    ("year-1", with_(time="0001-01-01T00:00:00+14:00"), "bad_time", "time"),
    ("year-2100", with_(time="2100-01-01T00:00:00Z"), "bad_time", "time"),
    ("year-9999", with_(time="9999-12-31T23:59:59.999999-12:00"), "bad_time", "time"),
    ("no-data", without("data"), "missing_field", "data"),
    ("data-is-null", with_(data=None), "invalid_field", "data"),
    ("data-is-a-text", with_(data=json.dumps(GOOD["data"])), "invalid_field", "data"),
    ("data-is-an-array", with_(data=[GOOD["data"]]), "invalid_field", "data"),
    ("data-of-another-type", with_(type="crm.deal.won.v1"), "missing_field", "data.deal_id"),
    ("base64-of-no-json", base64("?"), "invalid_field", "data_base64"),
    ("same-key-twice-wrong-then-good", raw('"channel"', '"channel": 7, "channel"'), "invalid_field", "data.channel"),
    ("same-key-twice-good-then-wrong", raw('"web"', '"web", "channel": 7'), "invalid_field", "data.channel"),
    ("two-types", raw('"type"', '"type": "crm.deal.won.v1", "type"'), "bad_envelope", "type"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "reason", "field"), [pytest.param(*case, id=name) for name, *case in POISON])
def test_poison_is_refused_with_a_reason_and_the_next_event_is_unharmed(value: bytes | None, reason: str, field: str):
    with pytest.raises(BadEvent) as refused:
        decode(value)
    assert (refused.value.reason, refused.value.field) == (reason, field)
    assert refused.value.message
    assert len(refused.value.message) < 1000
    assert refused.value.reason in REASONS
    assert decode(TEXT.encode()).data.channel == "web"


ODD_BUT_GOOD = [
    ("blanks-around", b" \n" + TEXT.encode() + b"\r\n"),
    ("pretty-printed", json.dumps(GOOD, indent=4).encode()),
    ("type-last", json.dumps(json.loads(without("type")) | {"type": GOOD["type"]}).encode()),
    ("same-key-twice", raw('"channel"', '"channel": "phone", "channel"')),
    ("same-type-twice", raw('"type"', f'"type": "{GOOD["type"]}", "type"')),
    ("unknown-extension", with_(sequence="42", tracestate=None)),
    ("escapes", raw("web", "\\u0077eb")),
    ("surrogate-pair", raw('"channel"', '"x": "\\ud83d\\udc2a", "channel"')),
    ("null-attributes", with_(dataschema=None, imported=None, recordedtime=None, traceparent=None)),
    ("as-deep-as-allowed", nested(MAX_DEPTH)),
    ("brackets-in-texts", raw('"channel"', f'"x": "{"[" * 2000}", "channel"')),
    ("huge-number-in-an-unknown-field", raw('"channel"', '"x": 1e999, "channel"')),
    ("base64", base64("eyJjaGFubmVsIjoid2ViIn0=")),
]  # fmt: skip


@pytest.mark.parametrize("value", [pytest.param(value, id=name) for name, value in ODD_BUT_GOOD])
def test_an_odd_event_that_json_and_cloudevents_allow_is_read(value: bytes):
    event = decode(value)
    assert (event.id, event.data.channel, event.imported) == (GOOD["id"], "web", False)


@pytest.mark.parametrize("frames", [0, 300])
def test_the_depth_limit_does_not_depend_on_the_caller(frames: int):
    """A worker and `evaluate` stand on stacks of different depth and must agree."""

    def deeper(remaining: int) -> str:
        if remaining:
            return deeper(remaining - 1)
        decode(nested(MAX_DEPTH))
        with pytest.raises(BadEvent) as refused:
            decode(nested(MAX_DEPTH + 1))
        return refused.value.reason

    assert sys.getrecursionlimit() >= 1000
    assert deeper(frames) == "too_deep"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2000-01-01T00:00:00Z", 946_684_800_000),
        ("2099-12-31T23:59:59.999999Z", 4_102_444_799_999),
        ("2026-03-02T09:15:27.123Z", 1_772_442_927_123),
        ("2026-03-02T10:15:27.123+01:00", 1_772_442_927_123),
        ("2026-03-02t09:15:27.123999z", 1_772_442_927_123),
        ("2026-03-02 09:15:27.123Z", 1_772_442_927_123),
        ("2026-03-01T23:30:27.123-09:45", 1_772_442_927_123),
        ("2026-03-02T09:15:27Z", 1_772_442_927_000),
    ],
)
def test_time_is_read_to_the_millisecond(text: str, at: int):
    assert decode(with_(time=text)).at == at


@given(st.data())
def test_whatever_happens_to_the_bytes_only_bad_event_is_raised(data: st.DataObject):
    value = bytearray(json.dumps(sample_events(EVENTS["crm.order.placed.v1"])["full"]).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(value)))
        length = data.draw(st.sampled_from([0, 1, 1, 1, 5, 40]))
        value[place : place + length] = data.draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b'"', b"{", b"]", b"null", b"-1", b"1e9", b"\\u", b","]))
        )
    try:
        event = decode(bytes(value))
    except BadEvent as refused:
        assert refused.reason in REASONS  # noqa: PT017  # both outcomes are good, any other exception is not
    else:
        assert isinstance(event.at, int)
