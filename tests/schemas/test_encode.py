"""What is written can be read, and what cannot be read is not written."""

import json
from collections import UserString
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import EARLIEST_MS, LATEST_MS, BadEvent, decode, encode, to_ms, to_text
from schemas.lead import LeadCreated
from schemas.order import OrderLine, OrderPlaced

AT = 1_772_442_927_123


def write(type_: str = "crm.lead.created.v1", data: Any = None, **given: Any) -> bytes:
    attributes: dict[str, Any] = {"id": "e-1", "source": "/crm/test", "time": AT}
    return encode(type_, data or {"channel": "web"}, **(attributes | given))


def test_an_event_is_written_as_compact_json_without_absent_fields():
    assert write(data=LeadCreated(channel="web", score=80.5), subject="lead-1") == (
        b'{"specversion":"1.0","type":"crm.lead.created.v1","id":"e-1","source":"/crm/test",'
        b'"time":"2026-03-02T09:15:27.123Z","subject":"lead-1","data":{"channel":"web","score":80.5}}'
    )


def test_model_and_mapping_give_the_same():
    fields = {"order_id": "o", "currency": "EUR", "lines": [{"sku": "a", "quantity": 1, "price": 5}]}
    model = OrderPlaced(order_id="o", currency="EUR", lines=(OrderLine(sku="a", quantity=1, price=5),))
    by_model = decode(write("crm.order.placed.v1", model))
    assert by_model == decode(write("crm.order.placed.v1", fields | {"campaign_id": None}))
    assert by_model.data.lines[0].price == 5


@pytest.mark.parametrize(
    "time",
    [
        pytest.param(AT, id="milliseconds"),
        pytest.param(datetime(2026, 3, 2, 9, 15, 27, 123_999, UTC), id="utc"),
        pytest.param(datetime(2026, 3, 2, 1, 15, 27, 123_000, timezone(timedelta(hours=-8))), id="another-zone"),
    ],
)
def test_time_is_milliseconds_or_a_datetime_with_zone(time: Any):
    assert decode(write(time=time)).at == AT


def test_every_attribute_is_written():
    value = write(subject="s", imported=True, recordedtime=AT, partitionkey="p", traceparent="t", dataschema="urn:x")
    attributes = json.loads(value)
    assert attributes["imported"] is True
    assert attributes["recordedtime"] == "2026-03-02T09:15:27.123Z"
    assert (attributes["partitionkey"], attributes["traceparent"]) == ("p", "t")
    assert attributes["dataschema"] == "urn:x"
    assert decode(value).imported


@pytest.mark.parametrize(
    ("wrong", "reason", "field"),
    [
        pytest.param({"type_": "crm.lead.made.v1"}, "unknown_type", "type", id="unknown-type"),
        pytest.param({"data": {"chanel": "web"}}, "invalid_field", "data.chanel", id="misspelt-field"),
        pytest.param({"data": {"team": "emea"}}, "missing_field", "data.channel", id="missing-field"),
        pytest.param({"data": {"channel": 7}}, "invalid_field", "data.channel", id="number"),
        pytest.param({"data": {"channel": "\ud800"}}, "invalid_field", "data", id="lone-surrogate"),
        pytest.param({"data": {"channel": UserString("web")}}, "invalid_field", "data", id="not-json"),
        pytest.param({"data": {"channel": "web", "score": Decimal(7)}}, "invalid_field", "data.score", id="decimal"),
        pytest.param({"id": ""}, "bad_envelope", "id", id="empty-id"),
        pytest.param({"source": ""}, "bad_envelope", "source", id="empty-source"),
        pytest.param({"subject": "x" * 129}, "bad_envelope", "subject", id="long-subject"),
        pytest.param({"time": 0}, "bad_time", "time", id="epoch"),
        pytest.param({"time": 10**18}, "bad_time", "time", id="far-future"),
        pytest.param({"time": datetime(2026, 3, 2)}, "bad_time", "time", id="no-zone"),  # noqa: DTZ001  # the point
        pytest.param({"time": "2026-03-02T09:15:27Z"}, "bad_time", "time", id="text"),
        pytest.param({"recordedtime": 10**18}, "bad_envelope", "recordedtime", id="bad-recordedtime"),
    ],
)
def test_what_could_not_be_read_is_not_written(wrong: dict[str, Any], reason: str, field: str):
    with pytest.raises(BadEvent) as refused:
        write(**wrong)
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_a_refused_field_is_named_in_the_text_of_the_error():
    with pytest.raises(BadEvent, match=r"^missing_field \(data\.channel\): Field required$"):
        write(data={"team": "emea"})


@given(st.integers(EARLIEST_MS, LATEST_MS - 1))
def test_milliseconds_survive_their_text(at: int):
    assert to_ms(datetime.fromisoformat(to_text(at))) == at
    assert decode(write(time=at)).at == at
