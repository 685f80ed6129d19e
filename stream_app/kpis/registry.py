"""The check of the catalogue at start: all problems at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

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


class BadCatalogue(ValueError):
    """Some KPI declarations cannot work."""


def checked(kpis: Iterable[Kpi], measures: Mapping[str, Measure]) -> Mapping[str, Kpi]:
    """Return the KPIs by name.

    Raises:
        BadCatalogue: With every problem found: a clashing name, an unknown label, a missing text or unit.
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


def _problems(kpi: Kpi, measures: Mapping[str, Measure]) -> list[str]:
    problems = []
    if not _NAME.fullmatch(kpi.name):
        problems.append("the name is not snake_case")
    if kpi.unit in ("seconds", "ratio") and not kpi.name.endswith(f"_{kpi.unit}"):
        problems.append(f"the name does not end in its unit _{kpi.unit}")
    problems += [f"{name} is missing" for name in ("unit", "meaning", "formula", "source") if not getattr(kpi, name)]
    problems += [
        f"{label} is no breakdown label; choose from {sorted(BREAKDOWNS)}" for label in sorted({*kpi.by} - BREAKDOWNS)
    ]
    if kpi.ignored is not None and kpi.ignored.name not in measures:
        problems.append(f"{kpi.ignored.name} is no measure of any journey")
    return problems
