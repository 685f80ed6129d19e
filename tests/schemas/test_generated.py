"""The published JSON Schemas and samples are fresh, valid and say the same as the models."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from schemas import EVENTS, BadEvent, decode
from schemas.describe import describe, describe_envelope
from schemas.generate import GENERATED_FOLDERS, generated_files
from schemas.json_schemas import json_schema
from schemas.sample_events import sample_events

ROOT = Path(__file__).resolve().parents[2]
FILES = generated_files()


@pytest.mark.parametrize("path", FILES)
def test_a_committed_file_is_what_the_models_generate(path: str):
    assert (ROOT / path).read_text(encoding="utf-8") == FILES[path], f"{path} is stale: run `make gen`"


def test_no_generated_file_is_left_over():
    found = {path.relative_to(ROOT).as_posix() for folder in GENERATED_FOLDERS for path in (ROOT / folder).iterdir()}
    assert found == set(FILES)


@pytest.mark.parametrize("name", EVENTS)
def test_a_schema_is_valid_and_closed(name: str):
    schema = json_schema(EVENTS[name])
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:crm-pulse:event:{name}"
    for part in (schema, schema["properties"]["data"], *schema.get("$defs", {}).values()):
        assert part["additionalProperties"] is False
        assert part["description"]
        assert all(field["description"] for field in part["properties"].values() if "description" in part)


@pytest.mark.parametrize("which", ["minimal", "full"])
@pytest.mark.parametrize("name", EVENTS)
def test_a_sample_satisfies_its_schema_and_the_reader(name: str, which: str):
    sample = json.loads(FILES[f"schemas/examples/{name}.json"])[which]
    validator = Draft202012Validator(json_schema(EVENTS[name]), format_checker=FormatChecker())
    validator.validate(sample)
    assert decode(json.dumps(sample).encode()).type == name
    assert (which == "minimal") == ("traceparent" not in sample)


@pytest.mark.parametrize("name", EVENTS)
def test_a_full_sample_has_every_field_and_no_default(name: str):
    data = sample_events(EVENTS[name])["full"]["data"]
    assert list(data) == list(EVENTS[name].model_fields)
    for field, info in EVENTS[name].model_fields.items():
        assert info.is_required() or data[field] != info.default


@pytest.mark.parametrize("name", EVENTS)
def test_what_the_schema_refuses_the_reader_refuses_too(name: str):
    """Take each field away, then make each one a value of another kind."""
    schema = json_schema(EVENTS[name])
    validator = Draft202012Validator(schema)
    sample = sample_events(EVENTS[name])["full"]
    moments = {field for field, kind in schema["properties"]["data"]["properties"].items() if "date-time" in str(kind)}
    for field in sample["data"].keys() - moments:  # JSON Schema does not insist on formats
        others = {name: value for name, value in sample["data"].items() if name != field}
        wrongs: tuple[Any, ...] = ({}, "", -1, None)
        for data in (others, *(others | {field: wrong} for wrong in wrongs)):
            event = sample | {"data": data}
            assert validator.is_valid(event) == readable(event), data


def readable(event: dict[str, Any]) -> bool:
    try:
        decode(json.dumps(event).encode())
    except BadEvent:
        return False
    return True


def test_a_writer_that_misspells_a_field_is_told_by_the_schema_and_forgiven_by_the_reader():
    event = sample_events(EVENTS["crm.lead.created.v1"])["minimal"]
    event["data"]["campagne_id"] = "spring"
    assert not Draft202012Validator(json_schema(EVENTS["crm.lead.created.v1"])).is_valid(event)
    assert readable(event)


def test_every_event_is_described_with_all_its_fields():
    events = {event.type: event for event in describe()}
    assert list(events) == list(EVENTS)
    for name, model in EVENTS.items():
        own = [field.name for field in events[name].fields if "[]" not in field.name]
        assert own == list(model.model_fields)
        assert all(field.meaning and field.type for field in events[name].fields)
    order = {field.name: field for field in events["crm.order.placed.v1"].fields}
    assert order["lines[].quantity"].type == "whole number from 1 to 1000000000"
    replied = {field.name: field for field in events["crm.case.replied.v1"].fields}
    assert (replied["public"].default, replied["public"].required) == ("true", False)


def test_the_envelope_is_described():
    fields = {field.name: field for field in describe_envelope()}
    assert fields["specversion"].type == '"1.0"'
    assert [name for name, field in fields.items() if field.required] == ["specversion", "type", "id", "source", "time"]
