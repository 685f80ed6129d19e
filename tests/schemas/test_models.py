"""Every model says yes to what the contract allows, and no, naming the field, to what it does not."""

import json
from typing import Any

import pytest

from schemas import EVENTS, BadEvent, decode
from schemas.generate import generated_files
from schemas.sample_events import sample_events

SAMPLES = [
    pytest.param(name, which, id=f"{name.removeprefix('crm.')}-{which}")
    for name in EVENTS
    for which in ("minimal", "full")
]


def record(short: str, data: Any) -> bytes:
    """Make the value of a record of type crm.<short>.v1."""
    return json.dumps(
        {
            "specversion": "1.0",
            "type": f"crm.{short}.v1",
            "id": "e-1",
            "source": "/crm/test",
            "time": "2026-03-02T09:15:00Z",
            "data": data,
        }
    ).encode()


@pytest.mark.parametrize(("name", "which"), SAMPLES)
def test_a_sample_of_every_event_is_read_with_all_its_fields(name: str, which: str):
    sample = sample_events(EVENTS[name])[which]
    event = decode(json.dumps(sample).encode())
    assert event.type == name
    assert event.id == sample["id"]
    assert event.imported is (which == "full")
    model = EVENTS[name].model_validate(sample["data"])
    for field in EVENTS[name].model_fields:
        if field != "lines":
            assert getattr(event.data, field) == getattr(model, field)


LINE = {"sku": "chair", "quantity": 1, "price": 0}
ACCEPTED = [
    ("lead.created", {"channel": "x" * 200}),
    ("lead.created", {"channel": "\N{DROMEDARY CAMEL}" * 200}),
    ("lead.created", {"channel": "web", "score": 0}),
    ("lead.created", {"channel": "web", "score": 100.0}),
    ("lead.created", {"channel": "web", "country": "XK"}),
    ("lead.created", {"channel": "web", "team": None}),
    ("lead.created", {"channel": "web", "captured_at": "2026-03-02T10:15:00.123456+01:00"}),
    ("lead.created", {"channel": "web", "a_field_of_a_newer_release": {"any": ["thing"]}}),
    ("lead.converted", {}),
    ("customer.created", {}),
    ("customer.reactivated", {}),
    ("interaction.logged", {"direction": "in", "medium": "social", "two_way": True}),
    ("deal.opened", {"deal_id": "d" * 128, "amount": -(2**53 - 1), "currency": "JPY"}),
    ("deal.opened", {"deal_id": "d", "amount": 2**53 - 1, "kind": "up_sell"}),
    ("order.placed", {"order_id": "o", "currency": "EUR", "lines": [LINE]}),
    ("order.placed", {"order_id": "o", "currency": "EUR", "lines": [LINE] * 1000}),
    ("case.replied", {"case_id": "c", "automated": True, "public": False}),
    ("survey.answered", {"survey_id": "s", "kind": "nps", "score": 0}),
    ("survey.answered", {"survey_id": "s", "kind": "ces", "score": 10}),
]


@pytest.mark.parametrize(("short", "data"), ACCEPTED, ids=[f"{s}-{i}" for i, (s, _) in enumerate(ACCEPTED)])
def test_a_value_at_the_edge_of_the_contract_is_accepted(short: str, data: dict[str, Any]):
    assert decode(record(short, data)).type == f"crm.{short}.v1"


REFUSED = [
    ("lead.created", {}, "missing_field", "channel"),
    ("lead.created", {"channel": None}, "invalid_field", "channel"),
    ("lead.created", {"channel": ""}, "invalid_field", "channel"),
    ("lead.created", {"channel": "x" * 201}, "invalid_field", "channel"),
    ("lead.created", {"channel": 7}, "invalid_field", "channel"),
    ("lead.created", {"channel": ["web"]}, "invalid_field", "channel"),
    ("lead.created", {"channel": "web", "owner_id": "u" * 129}, "invalid_field", "owner_id"),
    ("lead.created", {"channel": "web", "country": "de"}, "invalid_field", "country"),
    ("lead.created", {"channel": "web", "country": "DEU"}, "invalid_field", "country"),
    ("lead.created", {"channel": "web", "country": "D\n"}, "invalid_field", "country"),
    ("lead.created", {"channel": "web", "score": 100.5}, "invalid_field", "score"),
    ("lead.created", {"channel": "web", "score": "80"}, "invalid_field", "score"),
    ("lead.created", {"channel": "web", "score": True}, "invalid_field", "score"),
    ("lead.created", {"channel": "web", "captured_at": "2026-03-02"}, "invalid_field", "captured_at"),
    ("lead.created", {"channel": "web", "captured_at": "2026-03-02T10:15:00"}, "invalid_field", "captured_at"),
    ("lead.created", {"channel": "web", "captured_at": 1772442927123}, "invalid_field", "captured_at"),
    ("lead.created", {"channel": "web", "captured_at": "1772442927123"}, "invalid_field", "captured_at"),
    ("lead.created", {"channel": "web", "captured_at": "1999-12-31T23:59:59.999Z"}, "invalid_field", "captured_at"),
    ("lead.created", {"channel": "web", "captured_at": "0001-01-01T00:00:00+14:00"}, "invalid_field", "captured_at"),
    ("lead.created", {"channel": "web", "captured_at": "2100-01-01T00:00:00Z"}, "invalid_field", "captured_at"),
    ("lead.assigned", {"team": "emea"}, "missing_field", "owner_id"),
    ("lead.stage_changed", {}, "missing_field", "stage"),
    ("lead.disqualified", {}, "missing_field", "reason"),
    ("relationship.merged", {}, "missing_field", "into"),
    ("interaction.logged", {"medium": "call"}, "missing_field", "direction"),
    ("interaction.logged", {"direction": "both", "medium": "call"}, "invalid_field", "direction"),
    ("interaction.logged", {"direction": "in", "medium": "fax"}, "invalid_field", "medium"),
    ("interaction.logged", {"direction": "in", "medium": "call", "automated": 1}, "invalid_field", "automated"),
    ("interaction.logged", {"direction": "in", "medium": "call", "internal": None}, "invalid_field", "internal"),
    ("email.sent", {"campaign_id": "c"}, "missing_field", "message_id"),
    ("email.clicked", {"campaign_id": "c", "message_id": "m", "url": 1}, "invalid_field", "url"),
    ("list.subscribed", {"reason": "r"}, "missing_field", "list_id"),
    ("deal.opened", {"deal_id": "d", "amount": 12.5}, "invalid_field", "amount"),
    ("deal.opened", {"deal_id": "d", "amount": 12.0}, "invalid_field", "amount"),
    ("deal.opened", {"deal_id": "d", "amount": 2**53}, "invalid_field", "amount"),
    ("deal.opened", {"deal_id": "d", "amount": 10**40}, "invalid_field", "amount"),
    ("deal.opened", {"deal_id": "d", "currency": "eur"}, "invalid_field", "currency"),
    ("deal.opened", {"deal_id": "d", "currency": "EUR\n"}, "invalid_field", "currency"),
    ("deal.opened", {"deal_id": "d", "kind": "old"}, "invalid_field", "kind"),
    ("deal.won", {}, "missing_field", "deal_id"),
    ("order.placed", {"order_id": "o", "currency": "EUR"}, "missing_field", "lines"),
    ("order.placed", {"order_id": "o", "currency": "EUR", "lines": []}, "invalid_field", "lines"),
    ("order.placed", {"order_id": "o", "currency": "EUR", "lines": [LINE] * 1001}, "invalid_field", "lines"),
    ("order.placed", {"order_id": "o", "currency": "EUR", "lines": {"0": LINE}}, "invalid_field", "lines"),
    (
        "order.placed",
        {"order_id": "o", "currency": "EUR", "lines": [LINE, LINE | {"quantity": 0}]},
        "invalid_field",
        "lines.1.quantity",
    ),
    (
        "order.placed",
        {"order_id": "o", "currency": "EUR", "lines": [LINE | {"price": -1}]},
        "invalid_field",
        "lines.0.price",
    ),
    (
        "order.placed",
        {"order_id": "o", "currency": "EUR", "lines": [{"sku": "a", "price": 1}]},
        "missing_field",
        "lines.0.quantity",
    ),
    ("case.opened", {"case_id": "c", "priority": "very"}, "invalid_field", "priority"),
    ("case.opened", {"case_id": "c", "category": None}, "invalid_field", "category"),
    ("case.merged", {"case_id": "c"}, "missing_field", "into"),
    ("survey.sent", {"survey_id": "s"}, "missing_field", "kind"),
    ("survey.answered", {"survey_id": "s", "kind": "nps"}, "missing_field", "score"),
    ("survey.answered", {"survey_id": "s", "kind": "nps", "score": 11}, "invalid_field", "score"),
]


@pytest.mark.parametrize(
    ("short", "data", "reason", "field"),
    REFUSED,
    ids=[f"{short}-{field}-{i}" for i, (short, _, _, field) in enumerate(REFUSED)],
)
def test_a_value_outside_of_the_contract_is_refused_with_the_name_of_its_field(
    short: str, data: dict[str, Any], reason: str, field: str
):
    with pytest.raises(BadEvent) as refused:
        decode(record(short, data))
    assert (refused.value.reason, refused.value.field) == (reason, f"data.{field}")


def test_the_message_names_all_wrong_fields():
    """One look at the dead letter is enough to mend the mapping."""
    with pytest.raises(BadEvent, match=r"data\.channel.*also wrong: data\.country, data\.score"):
        decode(record("lead.created", {"channel": 7, "score": 101, "country": "de"}))


def test_every_model_says_what_each_field_means():
    for model in EVENTS.values():
        assert model.__doc__
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name} has no description"


def test_generated_files_are_two_for_each_event():
    assert len(generated_files()) == 2 * len(EVENTS)
