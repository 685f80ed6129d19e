"""The event contract: what a CRM event is, how it is read, written and stored."""

from schemas.decode import decode
from schemas.encode import STRUCTURED_HEADERS, encode
from schemas.event import Event
from schemas.event_data import EventData
from schemas.moments import EARLIEST_MS, LATEST_MS, to_ms, to_text
from schemas.packed import pack, unpack
from schemas.reasons import REASONS, BadEvent
from schemas.registry import CAMPAIGN_EVENTS, EVENTS, USER_EVENTS
from schemas.twins import fold_types, twin_of

__all__ = [
    "CAMPAIGN_EVENTS",
    "EARLIEST_MS",
    "EVENTS",
    "LATEST_MS",
    "REASONS",
    "STRUCTURED_HEADERS",
    "USER_EVENTS",
    "BadEvent",
    "Event",
    "EventData",
    "decode",
    "encode",
    "fold_types",
    "pack",
    "to_ms",
    "to_text",
    "twin_of",
    "unpack",
]
