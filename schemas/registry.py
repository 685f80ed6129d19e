"""The registry: every kind of event by its CloudEvents type."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType

from schemas import (
    call,
    callback,
    campaign,
    case,
    customer,
    deal,
    email,
    interaction,
    lead,
    list_,
    order,
    page,
    relationship,
    subscription,
    survey,
    user,
)
from schemas.event_data import EventData

_ENTITIES = (
    lead, relationship, customer, interaction, email, list_, page, deal, order, subscription,
    case, call, callback, survey, user, campaign,
)  # fmt: skip


def _events(modules: Iterable[ModuleType]) -> Mapping[str, type[EventData]]:
    """Find the models that carry a type name of their own, in the order in which they are written."""
    found: dict[str, type[EventData]] = {}
    for thing in (thing for module in modules for thing in vars(module).values()):
        if not (isinstance(thing, type) and issubclass(thing, EventData) and "type_name" in vars(thing)):
            continue
        if found.setdefault(thing.type_name, thing) is not thing:
            raise TypeError(f"{thing.__module__}: two events have the type {thing.type_name}; rename one")
    return MappingProxyType(found)


EVENTS: Mapping[str, type[EventData]] = _events(_ENTITIES)

USER_EVENTS = frozenset(_events((user,)))
"""Types of the events whose key is a user of the CRM."""
CAMPAIGN_EVENTS = frozenset(_events((campaign,)))
"""Types of the events whose key is a campaign; the key of all others is a relationship."""
