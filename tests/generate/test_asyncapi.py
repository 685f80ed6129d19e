"""The AsyncAPI document is whole: every topic, every event, every reference leads somewhere."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from schemas import EVENTS, decode
from stream_app.generate.asyncapi import PATH, asyncapi, asyncapi_files
from stream_app.generate.yaml_text import yaml_text
from stream_app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = yaml.safe_load(asyncapi_files()[PATH])
MESSAGES = DOCUMENT["components"]["messages"]


def referred(pointer: str):
    """Return what a reference within the document leads to."""
    assert pointer.startswith("#/")
    found = DOCUMENT
    for part in pointer[2:].split("/"):
        found = found[part]
    return found


def test_the_text_says_what_was_meant():
    assert json.loads(json.dumps(asyncapi())) == DOCUMENT


def test_it_has_the_shape_of_asyncapi_3():
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    assert set(DOCUMENT) <= {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}
    for channel in DOCUMENT["channels"].values():
        assert set(channel) == {"address", "description", "messages", "bindings"}
        assert channel["messages"]
        for name, message in channel["messages"].items():
            assert referred(message["$ref"]) is MESSAGES[name]
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert referred(operation["channel"]["$ref"]) in DOCUMENT["channels"].values()


def test_the_channels_are_the_topics_of_the_settings():
    wanted = Settings.model_construct()
    topics = {channel["address"]: channel["bindings"]["kafka"] for channel in DOCUMENT["channels"].values()}
    assert set(topics) == {
        wanted.relationships_topic,
        wanted.users_topic,
        wanted.campaigns_topic,
        wanted.dead_letters_topic,
    }
    for address, binding in topics.items():
        assert binding == {
            "topic": address,
            "partitions": wanted.partitions,
            "replicas": wanted.replication,
            "bindingVersion": "0.5.0",
        }


def test_every_event_is_on_exactly_one_channel():
    places = [name for channel in DOCUMENT["channels"].values() for name in channel["messages"]]
    assert sorted(places) == sorted([*EVENTS, "dead-letter"])


@pytest.mark.parametrize("name", EVENTS)
def test_a_message_leads_to_its_schema_and_its_examples_satisfy_it(name):
    message = MESSAGES[name]
    path = (ROOT / PATH).parent / message["payload"]["schema"]["$ref"]
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["$id"] == f"urn:crm-pulse:event:{name}"
    assert schema["$schema"].endswith("draft/2020-12/schema")
    assert message["payload"]["schemaFormat"] == "application/schema+json;version=2020-12"
    assert message["bindings"]["kafka"]["key"]["type"] == "string"
    assert [example["name"] for example in message["examples"]] == ["minimal", "full"]
    for example in message["examples"]:
        Draft202012Validator(schema).validate(example["payload"])
        assert decode(json.dumps(example["payload"]).encode()).type == name


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": {}, "b": []}, id="empty"),
        pytest.param(
            {"a": "no", "b": "1.5", "c": "2026-03-02", "d": "x: y", "e": "", "f": "#"}, id="texts that look otherwise"
        ),
        pytest.param({"a": None, "b": True, "c": 1.5, "d": -3}, id="scalars"),
        pytest.param({"a": [{"b": 1, "c": [2, 3]}, [4], "five"]}, id="nested"),
        pytest.param(
            {
                "a": "word " * 60 + "end",
                "b": "two  blanks " * 20,
                "c": "line\nline " * 20,
                "d": "self-made and half-known " * 8 + "end",
            },
            id="long",
        ),
    ],
)
def test_yaml_text_is_read_back_as_it_was(value):
    assert yaml.safe_load(yaml_text(value)) == value
