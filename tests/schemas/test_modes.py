"""Kafka records in structured and in binary mode, judged by the CloudEvents SDK."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent

from schemas import EVENTS, STRUCTURED_HEADERS, BadEvent, decode, encode
from schemas.sample_events import sample_events

SAMPLES = {name: sample_events(model) for name, model in EVENTS.items()}
LEAD = SAMPLES["crm.lead.created.v1"]["full"]
VALUE = json.dumps(LEAD).encode()
CE = [
    ("ce_specversion", b"1.0"),
    ("ce_type", b"crm.lead.created.v1"),
    ("ce_id", b"e-1"),
    ("ce_source", b"/crm/test"),
    ("ce_time", b"2026-03-02T09:15:27.123Z"),
]
JSON = ("content-type", b"application/json")


def sdk_event(sample: dict[str, Any]) -> CloudEvent:
    attributes = {name: value for name, value in sample.items() if name != "data"}
    attributes["time"] = datetime.fromisoformat(attributes["time"])
    return CloudEvent(attributes, sample["data"])


@pytest.mark.parametrize("which", ["minimal", "full"])
@pytest.mark.parametrize("name", EVENTS)
def test_both_modes_of_the_sdk_give_the_same_event(name: str, which: str):
    event = sdk_event(SAMPLES[name][which])
    structured, binary = kafka.to_structured_event(event), kafka.to_binary_event(event)
    from_structured = decode(structured.value, list(structured.headers.items()))
    from_binary = decode(binary.value, list(binary.headers.items()))
    assert from_structured.at == from_binary.at == 1_772_442_900_000
    for field in ("type", "id", "source", "at", "subject", "imported", "data"):
        assert getattr(from_structured, field) == getattr(from_binary, field)


@pytest.mark.parametrize("which", ["minimal", "full"])
@pytest.mark.parametrize("name", EVENTS)
def test_the_sdk_reads_what_is_written_here(name: str, which: str):
    sample = SAMPLES[name][which]
    value = encode(
        name,
        sample["data"],
        id=sample["id"],
        source=sample["source"],
        time=datetime.fromisoformat(sample["time"]),
        subject=sample["subject"],
        imported=sample.get("imported", False),
        traceparent=sample.get("traceparent"),
    )
    read = kafka.from_kafka_event(kafka.KafkaMessage(headers=dict(STRUCTURED_HEADERS), key=None, value=value))
    assert read.get_specversion() == "1.0"
    assert (read.get_type(), read.get_id(), read.get_source()) == (name, sample["id"], sample["source"])
    assert read.get_time() == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
    assert read.get_subject() == sample["subject"]
    assert read.get_data() == sample["data"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((), id="no-headers"),
        pytest.param(None, id="headers-are-none"),
        pytest.param(STRUCTURED_HEADERS, id="structured"),
        pytest.param([("Content-Type", b"application/cloudevents+json")], id="capitals"),
        pytest.param([JSON], id="json"),
        pytest.param([("traceparent", b"00-0-0-00")], id="header-of-someone-else"),
        pytest.param([("content-type", None)], id="null-header"),
        pytest.param([*CE, *STRUCTURED_HEADERS], id="structured-wins-over-ce-headers"),
    ],
)
def test_structured_mode_is_the_default(headers: Any):
    event = decode(VALUE, headers)
    assert (event.id, event.subject, event.imported) == (LEAD["id"], LEAD["subject"], True)


DATA = b'{"channel": "web"}'


@pytest.mark.parametrize(
    ("headers", "subject", "imported"),
    [
        pytest.param([*CE, JSON], None, False, id="json"),
        pytest.param(CE, None, False, id="no-content-type"),
        pytest.param([*CE, ("ce_subject", "ü-1".encode())], "ü-1", False, id="subject"),
        pytest.param([*CE, ("ce_subject", None)], None, False, id="null-header-is-absent"),
        pytest.param([*CE, ("ce_imported", b"true")], None, True, id="imported"),
        pytest.param([*CE, ("ce_imported", b"True")], None, True, id="imported-as-the-sdk-writes-it"),
        pytest.param([*CE, ("ce_imported", b"false")], None, False, id="not-imported"),
        pytest.param([*CE, ("ce_newextension", b"x")], None, False, id="unknown-extension"),
        pytest.param([(name.upper(), value) for name, value in CE], None, False, id="capitals"),
        pytest.param([("ce_id", b"first"), *CE], None, False, id="the-last-of-two-headers"),
    ],
)
def test_binary_mode_takes_the_attributes_from_the_headers(headers: Any, subject: str | None, imported: bool):
    event = decode(DATA, headers)
    assert (event.type, event.id, event.source) == ("crm.lead.created.v1", "e-1", "/crm/test")
    assert (event.at, event.subject, event.imported) == (1_772_442_927_123, subject, imported)
    assert event.data.channel == "web"


def but(name: str, value: bytes | None) -> list[tuple[str, bytes | None]]:
    return [*((n, v) for n, v in CE if n != name), (name, value)]


@pytest.mark.parametrize(
    ("value", "headers", "reason", "field"),
    [
        pytest.param(None, CE, "tombstone", "", id="tombstone"),
        pytest.param(b"", CE, "empty", "", id="empty"),
        pytest.param(b"\xff", CE, "not_utf8", "", id="not-utf8"),
        pytest.param(b'{"channel": "web", "x": "\xff"}', CE, "not_utf8", "", id="not-utf8-in-unknown-field"),
        pytest.param(DATA[:-3], CE, "bad_json", "", id="truncated"),
        pytest.param(b"[" * 100_000, CE, "too_deep", "", id="deep"),
        pytest.param(DATA + b" " * 2_000_000, CE, "too_large", "", id="2-MB"),
        pytest.param(DATA + b',"id":"other"', CE, "bad_json", "", id="smuggled-attributes"),
        pytest.param(b"[]", CE, "invalid_field", "data", id="array"),
        pytest.param(b"{}", CE, "missing_field", "data.channel", id="missing-field"),
        pytest.param(b'{"channel": 7}', CE, "invalid_field", "data.channel", id="invalid-field"),
        pytest.param(b'{"channel": 7, "channel": "web"}', CE, "invalid_field", "data.channel", id="same-key-twice"),
        pytest.param(VALUE, CE, "missing_field", "data.channel", id="structured-value-in-binary-mode"),
        pytest.param(DATA, but("ce_type", None), "bad_envelope", "type", id="no-type"),
        pytest.param(DATA, but("ce_type", b"x"), "unknown_type", "type", id="unknown-type"),
        pytest.param(DATA, but("ce_specversion", b"0.3"), "bad_envelope", "specversion", id="old-version"),
        pytest.param(DATA, but("ce_id", None), "bad_envelope", "id", id="no-id"),
        pytest.param(DATA, but("ce_id", b"\xff"), "bad_envelope", "id", id="id-not-utf8"),
        pytest.param(DATA, but("ce_time", None), "bad_time", "time", id="no-time"),
        pytest.param(DATA, but("ce_time", b"1772442927123"), "bad_time", "time", id="milliseconds"),
        pytest.param(DATA, but("ce_time", b"1999-01-01T00:00:00Z"), "bad_time", "time", id="before-2000"),
        pytest.param(DATA, but("ce_imported", b"yes"), "bad_envelope", "imported", id="imported-yes"),
        pytest.param(
            VALUE,
            [("content-type", b"application/cloudevents-batch+json")],
            "bad_envelope",
            "content-type",
            id="batch",
        ),
        pytest.param(
            VALUE, [("content-type", b"application/cloudevents+avro")], "bad_envelope", "content-type", id="avro"
        ),
    ],
)
def test_poison_in_binary_mode_is_refused_with_a_reason(value: bytes | None, headers: Any, reason: str, field: str):
    with pytest.raises(BadEvent) as refused:
        decode(value, headers)
    assert (refused.value.reason, refused.value.field) == (reason, field)
