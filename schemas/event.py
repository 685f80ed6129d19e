"""The decoded event: one msgspec struct per event type, all read by one tagged-union decoder."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Any, ClassVar

import msgspec

from schemas.envelope import Envelope
from schemas.event_data import EventData
from schemas.registry import EVENTS
from schemas.twins import fields_of, twin_of


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One immutable fact: a CloudEvents 1.0 event with typed data."""

    type: ClassVar[str]
    """CloudEvents type, such as crm.lead.created.v1."""
    id: str
    """Identifier, unique within the source."""
    source: str
    """System and tenant that the event comes from."""
    at: int
    """When it happened, in milliseconds since the Unix epoch; `time` in the JSON."""
    data: Any
    """Twin of the pydantic model of this type, with the same fields; annotate it with the model."""
    subject: str | None = None
    """Relationship that the event is about; None: the record key says it."""
    imported: bool = False
    """History loaded from an export: it keeps its times and pages nobody."""


def _event_class(type_name: str, model: type[EventData]) -> type[Event]:
    attributes = [("at" if name == "time" else name, *rest) for name, *rest in fields_of(Envelope) if name != "type"]
    data = twin_of(model)
    # Only an event without fields may leave its data away, as CloudEvents allows; elsewhere that is a defect.
    payload = ("data", data) if model.model_fields else ("data", data, data())
    twin = msgspec.defstruct(
        model.__name__,
        [*attributes, payload],
        bases=(Event,),
        namespace={"type": type_name},
        module=__name__,
        tag_field="type",
        tag=type_name,
        rename={"at": "time"},
        frozen=True,
        gc=False,
        kw_only=True,
    )
    assert issubclass(twin, Event)
    return twin


EVENT_CLASSES: Mapping[str, type[Event]] = MappingProxyType({n: _event_class(n, m) for n, m in EVENTS.items()})
"""Struct of each event by its CloudEvents type."""

READER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(reduce(or_, EVENT_CLASSES.values()))
"""Reads any event from its structured JSON; leaves in `at` a datetime, which `decode` makes milliseconds."""
