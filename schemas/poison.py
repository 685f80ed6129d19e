"""The careful reader: says what is wrong with a record that the hot reader refused, and which field it is."""

import base64
import re
import reprlib
from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from schemas.envelope import Envelope
from schemas.event import READER, Event
from schemas.reasons import BadEvent
from schemas.registry import EVENTS

MAX_BYTES = 1_048_576
MAX_DEPTH = 500
# A value this short cannot nest deeper than MAX_DEPTH, at two bytes a level, so the hot path need not look.
# Without a fixed limit Python's own would decide, and it depends on how deep the caller's stack already is.
CAREFUL_BYTES = 2 * MAX_DEPTH

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"{}[]")))
_AT = re.compile(r" - at `\$\.?(?P<path>.*)`$")
_BRIEFLY = reprlib.Repr()  # plain repr() overflows the stack on a deep value and copies a large one
_BRIEFLY.maxlevel = 2
_BRIEFLY.maxstring = _BRIEFLY.maxlong = 60


def check_shape(value: bytes) -> None:
    """Refuse a value that is too large or nested too deep.

    Raises:
        BadEvent: too_large or too_deep.
    """
    if len(value) > MAX_BYTES:
        raise BadEvent("too_large", "", f"{len(value)} bytes, at most {MAX_BYTES} are read")
    if value.count(b"{") + value.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise BadEvent("too_deep", "", f"nested more than {MAX_DEPTH} levels deep")


def diagnose(value: bytes, problem: Exception) -> Event:
    """Say what is wrong with *value*, which the hot reader refused with *problem*.

    Returns the event when it is good after all: a CloudEvent may write an absent attribute as null and its
    data as Base64, which the hot reader does not look for.

    Raises:
        BadEvent: always, but for those two.
    """
    document = read_json(value, problem)
    if not isinstance(document, dict):
        raise BadEvent("bad_envelope", "", f"expected a JSON object, got {_show(document)}")
    repaired = {name: field for name, field in document.items() if field is not None or name == "data"}
    if "data_base64" in repaired and "data" not in repaired:
        repaired["data"] = _from_base64(repaired.pop("data_base64"))
    check_document(repaired)
    if repaired != document:
        try:
            return READER.decode(msgspec.json.encode(repaired))
        except (msgspec.MsgspecError, RecursionError) as again:
            raise from_msgspec(again) from None
    raise from_msgspec(problem)


def read_json(value: bytes, problem: Exception | None = None) -> Any:
    """Read any JSON, or say why it cannot be read.

    Raises:
        BadEvent: empty, too_large, too_deep, not_utf8, bad_json, or invalid_field for a number
            that no type can hold, where *problem* says in which field.
    """
    if not value.strip():
        raise BadEvent("empty", "", "the value is empty")
    check_shape(value)
    try:
        value.decode()
    except UnicodeDecodeError as wrong:
        raise BadEvent("not_utf8", "", f"byte {wrong.start} is not UTF-8 ({wrong.reason})") from None
    if value.startswith(b"\xef\xbb\xbf"):
        raise BadEvent("bad_json", "", "starts with a byte order mark; write plain UTF-8")
    try:
        return msgspec.json.decode(value)
    except msgspec.ValidationError as wrong:  # a number that no type can hold
        named = from_msgspec(problem)
        raise named if named.field else BadEvent("bad_json", "", str(wrong)) from None
    except msgspec.DecodeError as wrong:
        raise BadEvent("bad_json", "", str(wrong)) from None
    except RecursionError:
        raise BadEvent("too_deep", "", "nested too deep") from None


def check_document(document: Mapping[str, Any]) -> None:
    """Check a structured event, already read from JSON, with the pydantic models.

    Raises:
        BadEvent: naming the first wrong field; the message tells the others.
    """
    kind = document.get("type")
    if isinstance(kind, str) and kind not in EVENTS:
        raise BadEvent("unknown_type", "type", f"unknown type {_show(kind)}")
    _check(Envelope, {name: field for name, field in document.items() if name != "data"}, "")
    model = EVENTS[document["type"]]
    if "data" not in document:
        if not model.model_fields:
            return
        raise BadEvent("missing_field", "data", "the event has no data")
    if not isinstance(document["data"], dict):
        raise BadEvent("invalid_field", "data", f"expected a JSON object, got {_show(document['data'])}")
    _check(model, document["data"], "data.")


def _check(model: type[BaseModel], fields: Mapping[str, Any], prefix: str) -> None:
    try:
        model.model_validate(fields)
    except ValidationError as problem:
        wrong = [
            (
                prefix + ".".join(map(str, error["loc"])),
                error["type"],
                error["msg"].removeprefix("Value error, "),
                error["input"],
            )
            for error in problem.errors(include_url=False, include_context=False)
        ]
    else:
        return
    field, code, message, given = wrong[0]
    if prefix:
        reason = "missing_field" if code == "missing" else "invalid_field"
    else:
        reason = "bad_time" if field == "time" else "bad_envelope"
    got = "" if code == "missing" else f", got {_show(given)}"
    others = sorted({name for name, *_ in wrong} - {field})
    more = f" (also wrong: {', '.join(others)})" if others else ""
    raise BadEvent(reason, field, f"{message}{got}{more}")


def from_msgspec(problem: Exception | None, prefix: str = "") -> BadEvent:
    """Tell what msgspec refused where pydantic sees nothing wrong, as with a key that is written twice."""
    message = str(problem)
    place = _AT.search(message)
    field = prefix + place["path"].replace("[...]", ".*") if place else ""
    return BadEvent("invalid_field" if field.startswith("data") else "bad_envelope", field, message)


def _from_base64(text: Any) -> Any:
    try:
        return read_json(base64.b64decode(text, validate=True))
    except (TypeError, ValueError) as wrong:
        raise BadEvent("invalid_field", "data_base64", f"not JSON in Base64: {wrong}") from None


def _depth(value: bytes) -> int:
    deepest = depth = 0
    for bracket in _STRINGS.sub(b"", value).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"{[" else -1
        deepest = max(deepest, depth)
    return deepest


def _show(thing: Any) -> str:
    return _BRIEFLY.repr(thing)
