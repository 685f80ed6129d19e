"""An hour of the demo, recorded and evaluated: every KPI of the catalogue has something to say."""

import pytest

from stream_app.kpis import catalogue
from tests.demo.hour import hour

SILENT = {
    "late_events",  # a file is folded in order of time, so nothing in it comes late
}
"""KPIs that may have nothing to say after an hour."""


@pytest.fixture(scope="module")
def recorded():
    return hour()


def test_an_hour_of_the_demo_gives_every_kpi_something_to_rest_on(recorded):
    policies, result = recorded
    kpis = catalogue(policies)
    resting = {sample.kpi for sample in result.samples(kpis) if sample.n > 0}

    assert sorted(set(kpis) - resting) == sorted(SILENT & set(kpis))
