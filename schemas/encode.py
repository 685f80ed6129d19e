"""The writer: an event to the bytes of a structured CloudEvent, as compact JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from schemas.decode import decode
from schemas.event_data import EventData
from schemas.moments import to_ms, to_text
from schemas.reasons import BadEvent
from schemas.registry import EVENTS

STRUCTURED_HEADERS = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
"""Kafka headers to send with what `encode` writes; without headers it is read the same way."""


_FIELDS = {name: tuple(model.model_fields) for name, model in EVENTS.items()}


def encode(
    type_: str,
    data: EventData | Mapping[str, Any],
    *,
    id: str,  # noqa: A002  # the CloudEvents name of the attribute
    source: str,
    time: datetime | int,
    subject: str | None = None,
    imported: bool = False,
    recordedtime: datetime | int | None = None,
    partitionkey: str | None = None,
    traceparent: str | None = None,
    dataschema: str | None = None,
) -> bytes:
    """Write one event; times are datetimes with zone or milliseconds since the epoch.

    Fields that are None are left out. What is written has been read back, so that nobody can write what
    `decode` refuses; a writer is stricter than a reader, and refuses fields that the contract does not know.

    Raises:
        BadEvent: an unknown type, or a wrong value, with the name of the field.
    """
    known = _FIELDS.get(type_)
    if known is None:
        raise BadEvent("unknown_type", "type", f"unknown type {type_!r}")
    fields = dict(data) if isinstance(data, Mapping) else data.model_dump()
    if unknown := fields.keys() - known:
        name = min(unknown)
        raise BadEvent(
            "invalid_field",
            f"data.{name}",
            f"{type_} has no such field; it has {', '.join(known)}",
        )
    document: dict[str, Any] = {
        "specversion": "1.0",
        "type": type_,
        "id": id,
        "source": source,
        "time": _moment(time, "time", "bad_time"),
        "subject": subject,
        "imported": imported or None,
        "recordedtime": None if recordedtime is None else _moment(recordedtime, "recordedtime", "bad_envelope"),
        "partitionkey": partitionkey,
        "traceparent": traceparent,
        "dataschema": dataschema,
        "data": _present(fields),
    }
    try:
        value = msgspec.json.encode(_present(document))
    except (TypeError, ValueError, OverflowError) as problem:  # a value that JSON has no form for
        raise BadEvent("invalid_field", "data", f"cannot be written as JSON: {problem}") from None
    decode(value)
    return value


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _moment(time: datetime | int, field: str, reason: str) -> str:
    try:
        return to_text(time if isinstance(time, int) else to_ms(time))
    except (TypeError, OverflowError) as problem:
        raise BadEvent(reason, field, f"{time!r} is no moment: {problem}") from None
