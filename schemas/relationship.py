"""Events of a relationship: the lead or customer behind all other events."""

from typing import ClassVar

from schemas.event_data import EventData
from schemas.fields import Id


class RelationshipMerged(EventData):
    """A relationship turned out to be the same person or company as another one."""

    type_name: ClassVar[str] = "crm.relationship.merged.v1"

    into: Id
    """Relationship that goes on; the event's subject is the one that ends."""


class RelationshipErased(EventData):
    """A relationship wants to be forgotten: no id and no personal field of it stays in any table."""

    type_name: ClassVar[str] = "crm.relationship.erased.v1"
