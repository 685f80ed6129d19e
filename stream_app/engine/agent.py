"""An agent: one source topic, its two tables, and the code that opens its shards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream_app.engine.protocol import Partition, Shard
    from stream_app.engine.tables import StateTable


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """What there is to say about an agent; pass a list of them to ``create_engine``."""

    name: str
    source: str
    """Source topic."""
    cells: str
    """State topic of the published entries."""
    journeys: str
    """State topic of the private entries."""
    open_shard: Callable[[int, Partition, Partition], Shard]
    """Opens the shard of a partition: number, recovered cells, recovered journeys. It owns both dicts then."""
    schema: int = 1
    """Version of the state that the shards write; they read it and those below."""
    rules: str = ""
    """Fingerprint of what a shard's results depend on beside its state and the records, such as its policies."""


@dataclass(frozen=True, slots=True)
class AgentTables:
    """An agent with its tables, at run time."""

    spec: AgentSpec
    cells: StateTable
    journeys: StateTable
