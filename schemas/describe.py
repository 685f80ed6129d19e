"""The contract in words: every event with its fields, for docs and for help texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from schemas.envelope import Envelope
from schemas.event_data import EventData
from schemas.json_schemas import closed_schema
from schemas.registry import EVENTS


@dataclass(frozen=True, slots=True)
class FieldText:
    """One field in words."""

    name: str
    """Name; the field of a part is written lines[].sku."""
    type: str
    """Type and limits, such as text of 1 to 128 characters."""
    required: bool
    default: str
    """Value when absent, as JSON; empty: none."""
    meaning: str


@dataclass(frozen=True, slots=True)
class EventText:
    """One event in words."""

    type: str
    """CloudEvents type, such as crm.lead.created.v1."""
    entity: str
    """What it is about, such as lead."""
    meaning: str
    fields: tuple[FieldText, ...]


def describe() -> tuple[EventText, ...]:
    """List all events with their fields, in the order of the registry."""
    return tuple(_event(model) for model in EVENTS.values())


def describe_envelope() -> tuple[FieldText, ...]:
    """List the CloudEvents attributes and extensions that every event carries around its data."""
    return tuple(_fields(closed_schema(Envelope), {}, ""))


def _event(model: type[EventData]) -> EventText:
    schema = closed_schema(model)
    return EventText(
        type=model.type_name,
        entity=model.type_name.split(".")[1],
        meaning=schema["description"],
        fields=tuple(_fields(schema, schema.get("$defs", {}), "")),
    )


def _fields(schema: dict[str, Any], parts: dict[str, Any], prefix: str) -> Iterator[FieldText]:
    for name, field in schema["properties"].items():
        kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
        yield FieldText(
            name=prefix + name,
            type=" or ".join(_kind(kind) for kind in kinds),
            required=name in schema.get("required", []),
            default=msgspec.json.encode(field["default"]).decode() if "default" in field else "",
            meaning=field["description"],
        )
        for kind in kinds:
            if "$ref" in kind.get("items", {}):
                part = parts[kind["items"]["$ref"].rpartition("/")[2]]
                yield from _fields(part, parts, f"{prefix}{name}[].")


def _kind(kind: dict[str, Any]) -> str:
    """Say a JSON Schema type in words."""
    match kind:
        case {"enum": words}:
            return "one of " + ", ".join(words)
        case {"const": word}:
            return f'"{word}"'
        case {"format": "date-time"}:
            return "RFC 3339 time with zone"
        case {"pattern": _, "maxLength": length}:
            return f"{length} capital letters"
        case {"type": "string", "maxLength": longest}:
            return f"text of 1 to {longest} characters"
        case {"type": "array", "minItems": fewest, "maxItems": most}:
            return f"list of {fewest} to {most}"
        case {"type": "boolean"}:
            return "true or false"
        case {"type": "integer", "minimum": least, "maximum": most}:
            return f"whole number from {least} to {most}"
        case {"type": "number", "minimum": least, "maximum": most}:
            return f"number from {least:g} to {most:g}"
        case _:
            raise TypeError(f"no words for {kind}")
