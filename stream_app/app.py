"""The worker's wiring: settings, policies and shards into the engine.

``app`` is made when it is first asked for, so that ``faust -A stream_app.app worker -l info``
works and importing this module costs nothing.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from stream_app.settings import Settings, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream_app.engine.agent import AgentSpec
    from stream_app.engine.app import EngineApp
    from stream_app.engine.protocol import Partition, Shard
    from stream_app.journeys.family import Family
    from stream_app.policies import Policies

    OpenShard = Callable[[int, Partition, Partition], Shard]
    """Opens the shard of a partition: number, recovered cells, recovered journeys."""


def shard_opener(settings: Settings) -> OpenShard:
    """Return what opens a shard of relationships with the policies that the settings name.

    Raises UserError when the policies are wrong, now and not at the first record.
    """
    from stream_app.journeys.families import RELATIONSHIPS
    from stream_app.kpis.aims import load as load_policies

    return _opener(load_policies(settings.policies_in_force), RELATIONSHIPS)


def _opener(policies: Policies, family: Family) -> OpenShard:
    from stream_app.journeys.shard import Shard

    def open_shard(partition: int, cells: Partition, journeys: Partition) -> Shard:
        return Shard(partition, policies, cells, journeys, family)

    return open_shard


def agents(settings: Settings, open_shard: OpenShard | None = None) -> tuple[AgentSpec, ...]:
    """Describe the agents, one for each family; ``open_shard`` takes the place of that of relationships.

    Raises UserError when the policies are wrong.
    """
    from stream_app.engine.agent import AgentSpec
    from stream_app.journeys.families import FAMILIES, RELATIONSHIPS
    from stream_app.journeys.shard import STATE_VERSION
    from stream_app.kpis.aims import load as load_policies
    from stream_app.policies.fingerprint import fingerprint

    policies, rules = load_policies(settings.policies_in_force), fingerprint(settings.policies_in_force)
    return tuple(
        AgentSpec(
            name=family.name,
            source=settings.sources[family.name],
            cells=settings.state_topic(family.name, "cells"),
            journeys=settings.state_topic(family.name, "journeys"),
            open_shard=open_shard if open_shard and family is RELATIONSHIPS else _opener(policies, family),
            schema=STATE_VERSION[0],
            rules=rules,
        )
        for family in FAMILIES
    )


def create_app(settings: Settings, open_shard: OpenShard | None = None) -> EngineApp:
    """Build the Faust app of a worker; ``open_shard`` takes the place of the shards of relationships in tests."""
    from stream_app.engine.app import create_engine
    from stream_app.kpis.aims import load as load_policies

    return create_engine(settings, agents(settings, open_shard), load_policies)


@cache
def _default_app() -> EngineApp:
    from stream_app.engine.control import in_force

    return create_app(in_force(load()))


def __getattr__(name: str) -> Any:
    """Make ``app`` on first use (PEP 562)."""
    if name == "app":
        return _default_app()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
