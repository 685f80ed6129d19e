"""What a family of journeys is: one source topic, one kind of key, one root state, and the parts that fold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stream_app.journeys.part import Part
from stream_app.measures.measure import Measure

_PREFIX, _SUFFIX = "crm.", ".v1"


def short(type_: str) -> str:
    """Return the short form of an event type: ``lead.created`` of ``crm.lead.created.v1``."""
    return type_.removeprefix(_PREFIX).removesuffix(_SUFFIX)


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The journeys of one source topic.

    Attributes:
        name: What the topic is called after: ``relationships``.
        types: The event types that belong into it, by their full names.
        root: What is remembered of one key; without arguments, at the beginning.
        parts: What folds its events, in order.
        measures: What its journeys emit, by name.
        funnels: Whether its events can be steps of a funnel.
        keyed: Whether the root knows its key, as a label of what is counted.
    """

    name: str
    types: frozenset[str]
    root: type[Any]
    parts: tuple[Part, ...]
    measures: Mapping[str, Measure]
    funnels: bool = False
    keyed: bool = False

    def begin(self, key: str) -> Any:
        """Return the root state of *key* before its first event."""
        return self.root(key=key) if self.keyed else self.root()
