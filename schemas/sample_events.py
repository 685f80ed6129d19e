"""Sample events: for each type the least that can be sent, and one with every known field."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from schemas.event_data import EventData

_TIME = "2026-03-02T09:15:00.000Z"
_RECORDED = "2026-03-02T09:15:02.500Z"
_ENVELOPE: Mapping[str, Any] = {
    "datacontenttype": "application/json",
    "imported": True,
    "recordedtime": _RECORDED,
    "partitionkey": "lead-1842",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}
_VALUES: Mapping[str, Any] = {
    "acquired_by": "lead-1842",
    "activity_id": "activity-7",
    "agent_id": "u-17",
    "amount": 1250000,
    "by": "customer-77",
    "campaign_id": "spring-sale",
    "captured_at": "2026-03-02T09:15:01.250Z",
    "arrived_at": "2026-03-02T09:14:40.000Z",
    "at_least": 0.9,
    "at_most": 0.99,
    "call_id": "call-60",
    "callback_id": "callback-61",
    "case_id": "case-501",
    "category": "delivery",
    "channel": "web",
    "country": "DE",
    "currency": "EUR",
    "customer_id": "customer-1842",
    "deal_id": "deal-300",
    "due_at": "2026-03-02T11:00:00.000Z",
    "ends_at": "2027-03-02T00:00:00.000Z",
    "entity": "account",
    "feature": "pipeline-board",
    "form": "contact-us",
    "kind": "call",
    "kpi": "lead_response_sla_ratio",
    "label": "team",
    "list_id": "newsletter",
    "message_id": "spring-sale-1842",
    "order_id": "order-9001",
    "outcome": "connected",
    "owner_id": "u-17",
    "period_ends_at": "2026-03-31T00:00:00.000Z",
    "plan": "team",
    "price": 4990,
    "product": "chairs",
    "product_line": "chairs",
    "product_tier": "premium",
    "quantity": 2,
    "queue": "billing",
    "reason": "price",
    "role": "sales",
    "segment": "smb",
    "sku": "chair-oak",
    "stage": "qualified",
    "subscription_id": "subscription-31",
    "survey_id": "survey-12",
    "team": "emea",
    "tier": "premium",
    "url": "https://example.com/spring",
    "user_id": "u-17",
    "value": "emea",
    "window": "30d",
}
_BY_EVENT: Mapping[str, Mapping[str, Any]] = {
    "crm.relationship.merged.v1": {"into": "lead-1790"},
    "crm.case.merged.v1": {"into": "case-498"},
    "crm.lead.created.v1": {"score": 82.5},
    "crm.survey.answered.v1": {"score": 9.0},
}


def sample_events(model: type[EventData]) -> dict[str, dict[str, Any]]:
    """Give two structured CloudEvents as JSON values: `minimal` and `full`.

    Both carry a subject, without which the Kafka record needs a key.
    """
    own = _BY_EVENT.get(model.type_name, {})
    entity_and_verb = model.type_name.removeprefix("crm.").removesuffix(".v1").replace(".", "-")
    samples: dict[str, dict[str, Any]] = {}
    for name in ("minimal", "full"):
        full = name == "full"
        samples[name] = {
            "specversion": "1.0",
            "type": model.type_name,
            "id": f"{entity_and_verb}-{name}",
            "source": "/crm/demo/main",
            "time": _TIME,
            "subject": "lead-1842",
            **({**_ENVELOPE, "dataschema": f"urn:crm-pulse:event:{model.type_name}"} if full else {}),
            "data": _fields(model, own, full=full),
        }
    return samples


def _fields(model: type[BaseModel], own: Mapping[str, Any], *, full: bool) -> dict[str, Any]:
    hints = get_type_hints(model, include_extras=True)
    return {
        name: own[name] if name in own else _value(name, hints[name], field.default, full=full)
        for name, field in model.model_fields.items()
        if full or field.is_required()
    }


def _value(name: str, hint: Any, default: Any, *, full: bool) -> Any:
    """Make a value up that is not the default: from the table, or the last one of a closed set."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _value(name, args[0], default, full=full)
    if origin in (Union, UnionType):
        return _value(name, args[0], default, full=full)
    if origin is Literal:
        return args[-1]
    if origin is tuple:
        return [_fields(args[0], {}, full=full)]
    if hint is bool:
        return not default
    return _VALUES.get(name, name)
