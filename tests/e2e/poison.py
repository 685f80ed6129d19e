"""Records that no reader can use, one of every kind, with the reason each must be buried with."""

from datetime import UTC, datetime, timedelta

from schemas import encode

START = datetime(2026, 3, 2, 10, tzinfo=UTC)


def event(id_, who, name="lead.created", at=START, data=None):
    """A good event."""
    data = {"channel": "web"} if data is None else data
    return encode(f"crm.{name}.v1", data, id=id_, source="/crm/poison", time=at, subject=who)


GOOD = event("good", "ada")
POISON = {
    "empty": (b"ada", b"", "empty"),
    "tombstone": (b"ada", None, "tombstone"),
    "not UTF-8": (b"ada", b'{"type":"\xff\xfe"}', "not_utf8"),
    "truncated JSON": (b"ada", GOOD[:-20], "bad_json"),
    "deep nesting": (b"ada", b"[" * 100_000, "too_deep"),
    "huge number": (
        b"ada",
        GOOD.replace(b'"channel":"web"', b'"channel":"web","score":1' + b"0" * 5000),
        "invalid_field",
    ),
    "wrong schema": (b"ada", GOOD.replace(b'"channel":"web"', b'"channel":7'), "invalid_field"),
    "missing field": (b"ada", GOOD.replace(b'"channel":"web"', b""), "missing_field"),
    "unknown type": (b"ada", GOOD.replace(b"lead.created", b"lead.beamed"), "unknown_type"),
    "no key": (None, GOOD.replace(b'"good"', b'"keyless"'), "no_key"),
    "another key": (b"bob", GOOD.replace(b'"good"', b'"misplaced"'), "key_mismatch"),
    "bad time": (b"ada", GOOD.replace(b"2026-03-02T10:00:00", b"yesterday at ten"), "bad_time"),
    "future time": (b"ada", event("future", "ada", at=datetime.now(UTC) + timedelta(days=400)), "future_time"),
    "2 MB": (b"ada", GOOD[:-1] + b',"note":"' + b"x" * 2_000_000 + b'"}', "too_large"),
}
"""Kind of poison: key, value, reason."""
