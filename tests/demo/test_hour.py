"""An hour of the demo, recorded and evaluated: every KPI of the catalogue has something to say."""

from importlib.resources import files
from itertools import takewhile

import pytest

from stream_app.kpis import catalogue
from stream_app.kpis.evaluation import fold
from stream_app.policies import parse
from stream_app.simulate import Options, generate
from stream_app.simulate.traffic import SQUEEZED

HOUR_MS = 3_600_000
HISTORY_MS = 48 * HOUR_MS
START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
DEMO = Options(
    rate=8.0, squeeze=SQUEEZED, history_ms=HISTORY_MS, history_rate=0.1, broken=0.001, rhythm="past"
)
"""What `crm-pulse demo` lets happen, as its command has it."""
SILENT: set[str] = set()
"""KPIs that may have nothing to say after an hour: none."""


@pytest.fixture(scope="module")
def hour():
    ends = START + HISTORY_MS + HOUR_MS
    log = [sent.value for sent in takewhile(lambda sent: sent.due <= ends, generate(1, START, DEMO))]
    policies = parse(files("stream_app.demo").joinpath("policies.toml").read_text())
    return policies, fold(log, policies, ends)


def test_an_hour_of_the_demo_gives_every_kpi_something_to_rest_on(hour):
    policies, result = hour
    kpis = catalogue(policies)
    resting = {sample.kpi for sample in result.samples(kpis) if sample.n > 0}

    assert set(kpis) - resting == SILENT
