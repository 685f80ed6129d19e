"""The stored form gives back what was stored, also across releases."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas import EVENTS, decode, fold_types, pack, unpack
from schemas.sample_events import sample_events

STORED = Path(__file__).parent / "stored_fields.json"


@pytest.mark.parametrize("which", ["minimal", "full"])
@pytest.mark.parametrize("name", EVENTS)
def test_what_was_packed_is_unpacked(name: str, which: str):
    data = decode(json.dumps(sample_events(EVENTS[name])[which]).encode()).data
    again = unpack(name, pack(data))
    assert again == data
    assert type(again) is type(data) is fold_types[name]


def test_the_stored_form_is_short():
    data = fold_types["crm.interaction.logged.v1"](direction="out", medium="call")
    assert len(pack(data)) == 20


@pytest.mark.parametrize("name", EVENTS)
def test_an_older_shorter_row_is_completed_with_defaults(name: str):
    data = decode(json.dumps(sample_events(EVENTS[name])["full"]).encode()).data
    row = msgspec.msgpack.decode(pack(data))
    required = sum(field.is_required() for field in EVENTS[name].model_fields.values())
    older = unpack(name, msgspec.msgpack.encode(row[:required]))
    for place, (field, info) in enumerate(EVENTS[name].model_fields.items()):
        assert getattr(older, field) == (getattr(data, field) if place < required else info.default)


@pytest.mark.parametrize("name", EVENTS)
def test_fields_of_a_newer_longer_row_are_ignored(name: str):
    """A release can be taken back without losing its journeys."""
    data = decode(json.dumps(sample_events(EVENTS[name])["full"]).encode()).data
    row = msgspec.msgpack.decode(pack(data))
    assert unpack(name, msgspec.msgpack.encode([*row, "new", 1])) == data


def test_an_order_line_may_grow_as_well():
    row: list[Any] = ["o-1", "EUR", [["chair", 1, 4990], ["desk", 2, 9990, "premium", "new"]]]
    lines = unpack("crm.order.placed.v1", msgspec.msgpack.encode(row)).lines
    assert [(line.sku, line.product_tier) for line in lines] == [("chair", None), ("desk", "premium")]


def test_an_unknown_type_is_an_error():
    with pytest.raises(KeyError):
        unpack("crm.lead.created.v9", b"\x90")


def test_stored_fields_keep_their_places():
    """Rows in the journeys of running systems are read by place: a field may only be added at the end.

    After adding one, add it to stored_fields.json too; to reorder or remove needs a new event type.
    """
    assert json.loads(STORED.read_text()) == {name: list(model.model_fields) for name, model in EVENTS.items()}


def test_required_fields_come_first():
    for model in EVENTS.values():
        required = [field.is_required() for field in model.model_fields.values()]
        assert required == sorted(required, reverse=True), model.__name__
