"""The check of the catalogue at start: all problems at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any

from stream_app.kpis.kpi import Kpi
from stream_app.measures.measure import Measure

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
BREAKDOWNS = frozenset(
    {
        "agent_id",
        "campaign",
        "category",
        "channel",
        "country",
        "feature",
        "kind",
        "list",
        "medium",
        "owner_id",
        "pipeline_stage",
        "plan",
        "policy",
        "priority",
        "product",
        "queue",
        "reason",
        "role",
        "segment",
        "source",
        "team",
        "tier",
    }
)
"""Labels that a KPI may be broken down by; each is capped, so none can grow without bound."""
UNBOUNDED = frozenset(
    {
        "agent_id",
        "campaign",
        "channel",
        "country",
        "feature",
        "list",
        "owner_id",
        "pipeline_stage",
        "plan",
        "product",
        "queue",
        "segment",
        "source",
        "team",
        "tier",
    }
)
"""Labels whose values the sources make up. As a fixed label of a measure they would not be capped."""


class BadCatalogue(ValueError):
    """Some KPI declarations cannot work."""


def checked(kpis: Iterable[Kpi], measures: Mapping[str, Measure]) -> Mapping[str, Kpi]:
    """Return the KPIs by name.

    Raises:
        BadCatalogue: With every problem found, each with its KPI: a clashing name, an unknown measure, a label that
            is unknown, that no measure has or that is not capped, a missing text or unit.
    """
    found: dict[str, Kpi] = {}
    metrics: dict[str, str] = {}
    problems: list[str] = []
    for kpi in kpis:
        problems += [f"{kpi.name}: {problem}" for problem in _problems(kpi, measures)]
        for part in kpi.compute.parts:
            metric = kpi.metric(part)
            owner = metrics.setdefault(metric, kpi.name)
            if owner != kpi.name:
                problems.append(f"{kpi.name}: its gauge {metric} is also a gauge of {owner}; rename one of them")
        if kpi.name in found:
            problems.append(f"{kpi.name}: declared twice; rename one of them")
        found[kpi.name] = kpi
    if problems:
        raise BadCatalogue("\n".join(problems))
    return MappingProxyType(found)


def measures_behind(kpi: Kpi) -> list[Measure]:
    """Return every measure that the declaration of *kpi* mentions, in order and once each."""
    return list(dict.fromkeys(_measures(kpi.compute)))


def _measures(value: Any) -> Iterator[Measure]:
    """Walk through a declaration: nested values, tuples and mappings."""
    if isinstance(value, Measure):
        yield value
    elif isinstance(value, Kpi):
        return  # a KPI over others is as good as those are
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _measures(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for held in value.values():
            yield from _measures(held)
    elif isinstance(value, tuple | list | AbstractSet):
        for held in value:
            yield from _measures(held)


def _clocks(value: Any) -> bool:
    """Tell whether a declaration counts clocks, whose labels no measure declares."""
    if is_dataclass(value) and not isinstance(value, type):
        return any(field.name in {"clock", "clocks"} or _clocks(getattr(value, field.name)) for field in fields(value))
    return isinstance(value, tuple | list) and any(map(_clocks, value))


def _problems(kpi: Kpi, measures: Mapping[str, Measure]) -> Iterator[str]:
    if not _NAME.fullmatch(kpi.name):
        yield "the name is not snake_case"
    if kpi.unit in ("seconds", "ratio") and not kpi.name.endswith(f"_{kpi.unit}"):
        yield f"the name does not end in its unit _{kpi.unit}"
    yield from (f"{name} is missing" for name in ("unit", "meaning", "formula", "source") if not getattr(kpi, name))
    for label in sorted({*kpi.by} - BREAKDOWNS):
        yield f"{label} is no breakdown label; choose from {sorted(BREAKDOWNS)}"
    behind = measures_behind(kpi)
    for measure in behind if kpi.ignored is None else (*behind, kpi.ignored):
        if measure.name not in measures:
            yield f"{measure.name} is no measure of any journey; add it to the measures of the part that emits it"
        for label in sorted({*measure.dims} & UNBOUNDED):
            yield f"{label} is a fixed label of {measure.name}, which no cap holds; make it a breakdown"
    if behind and not _clocks(kpi.compute):
        known = {label for measure in behind for label in measure.by}
        for label in sorted({*kpi.by} & BREAKDOWNS - known):
            yield f"it is broken down by {label}, which none of {[measure.name for measure in behind]} has"
