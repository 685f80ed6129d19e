"""The catalogue: every KPI, one declaration each, grouped by area."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stream_app.journeys.families import MEASURES
from stream_app.kpis import (
    adoption,
    funnel,
    goals,
    marketing,
    marketing_costs,
    quality,
    relationship,
    response,
    sales,
    sales_orders,
    sales_pipeline,
    service,
    service_callbacks,
    service_calls,
    service_cases,
    value,
    value_revenue,
    value_surveys,
)
from stream_app.kpis.kpi import Kpi, Sample
from stream_app.kpis.registry import checked
from stream_app.measures.read_model import ReadModel
from stream_app.policies import Policies

__all__ = ["CATALOGUE", "MEASURES", "Kpi", "Sample", "all_samples", "catalogue"]


def catalogue(policies: Policies) -> Mapping[str, Kpi]:
    """Return the KPIs of the wanted areas by name, with the funnels, horizons and bands of *policies*.

    Raises:
        BadCatalogue: Some declarations cannot work; the message lists all of them.
    """
    every = [
        *response.kpis(policies),
        *relationship.kpis(policies),
        *funnel.kpis(policies),
        *marketing.kpis(policies),
        *marketing_costs.kpis(policies),
        *sales.kpis(policies),
        *sales_pipeline.kpis(policies),
        *sales_orders.kpis(policies),
        *value.kpis(policies),
        *value_revenue.kpis(policies),
        *value_surveys.KPIS,
        *service.KPIS,
        *service_cases.kpis(policies),
        *service_calls.kpis(policies),
        *service_callbacks.KPIS,
        *adoption.KPIS,
        *quality.KPIS,
    ]
    wanted = [kpi for kpi in every if kpi.area in policies.areas]
    aimed = goals.kpis(policies, {kpi.name: kpi for kpi in wanted}) if "goals" in policies.areas else []
    return checked([*wanted, *aimed], MEASURES)


CATALOGUE: Mapping[str, Kpi] = catalogue(Policies())
"""The catalogue under the policies that ship, for documents, dashboards and tests."""


def all_samples(view: ReadModel, kpis: Mapping[str, Kpi] = CATALOGUE) -> Iterator[Sample]:
    """Compute every number of every KPI."""
    for kpi in kpis.values():
        yield from kpi.samples(view)
