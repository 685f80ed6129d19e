"""CloudEvents binary mode: the attributes travel as `ce_` headers, the value is the data alone."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from schemas.event import EVENT_CLASSES, Event
from schemas.poison import CAREFUL_BYTES, check_document, check_shape, from_msgspec, read_json
from schemas.reasons import BadEvent
from schemas.twins import fold_types

Headers = Sequence[tuple[str, bytes | None]]

_PREFIX = "ce_"
_STRUCTURED = b"application/cloudevents"
_DATA_READERS: Mapping[str, msgspec.json.Decoder[Any]] = MappingProxyType(
    {name: msgspec.json.Decoder(twin) for name, twin in fold_types.items()}
)
_BOOLEANS = MappingProxyType({"true": True, "false": False})


def is_binary(headers: Headers) -> bool:
    """Tell the mode from the headers: the content type decides, then any `ce_` header; else structured.

    Raises:
        BadEvent: a batch of events, or events in another format than JSON.
    """
    binary = False
    for name, value in headers:
        if name.lower() == "content-type" and value is not None and value.startswith(_STRUCTURED):
            if not value.startswith(_STRUCTURED + b"+json"):
                raise BadEvent("bad_envelope", "content-type", f"{value!r} cannot be read, send one event as JSON")
            return False
        binary = binary or name.lower().startswith(_PREFIX)
    return binary


def decode_binary(value: bytes, headers: Headers) -> Event:
    """Decode a record in binary mode; `at` is still a datetime, as after `READER`.

    Raises:
        BadEvent: as `schemas.decode`.
    """
    attributes = _attributes(headers)
    kind = attributes.get("type", "")
    try:
        if kind in EVENT_CLASSES:
            if len(value) > CAREFUL_BYTES:
                check_shape(value)
            data = _DATA_READERS[kind].decode(value)
            value.decode()  # msgspec does not look into the fields that it skips
            return msgspec.convert({**attributes, "data": data}, EVENT_CLASSES[kind])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as problem:
        raise _diagnosed(value, attributes, problem) from None
    raise _diagnosed(value, attributes, None)


def _attributes(headers: Headers) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for name, value in headers:
        attribute = name.lower().removeprefix(_PREFIX)
        if len(attribute) == len(name) or value is None:
            continue
        try:
            attributes[attribute] = value.decode()
        except UnicodeDecodeError:
            raise BadEvent("bad_envelope", attribute, f"header {name} is not UTF-8") from None
    if "imported" in attributes:  # true by the specification, True by the Python SDK
        attributes["imported"] = _BOOLEANS.get(attributes["imported"].lower(), attributes["imported"])
    return attributes


def _diagnosed(value: bytes, attributes: dict[str, Any], problem: Exception | None) -> BadEvent:
    try:
        check_document({**attributes, "data": read_json(value)})
    except BadEvent as bad:
        return bad
    return from_msgspec(problem, "data.")  # a key that is written twice, in which pydantic sees nothing wrong
