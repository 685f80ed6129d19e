"""The alerts: silent just before, firing at; each with a page, a dashboard, and series that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import promql_parser
import pytest

from stream_app.generate.rules import RULES, expression, runbook
from stream_app.generate.rules import test_files as alert_tests
from stream_app.kpis import CATALOGUE
from stream_app.rules import ALERTS, RECORDINGS
from tests.brokers import unavailable
from tests.generate.dashboards import pages

ROOT = Path(__file__).resolve().parents[2]
FILES = [*alert_tests()]
OF_THE_MACHINE = re.compile(r"crm_kpi_(?!goal|threshold)\w+|crm:\w+:bool|up|ALERTS")


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("promtool") is None:
        unavailable("promtool is not installed (it comes with Debian's package prometheus)")
    return subprocess.run(["promtool", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_promtool_accepts_the_rules():
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_silent_just_before_and_fires_at():
    done = promtool("test", "rules", *FILES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_alert_that_never_fires_is_found(tmp_path):
    """The tests can fail: with a threshold out of reach they do."""
    for name in (RULES, *FILES):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((ROOT / name).read_text(encoding="utf-8").replace("> 0)", "> 1000)"), encoding="utf-8")
    done = promtool("test", "rules", *(str(tmp_path / name) for name in FILES))
    assert done.returncode != 0
    assert "CrmLeadOverdue" in done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_an_alert_says_what_it_is_and_what_to_do(alert):
    promql_parser.parse(expression(alert))
    assert alert.cases
    assert alert.causes
    assert alert.steps
    assert re.fullmatch(r"Crm[A-Za-z]+", alert.name)
    text = runbook(alert)
    assert expression(alert) in text
    assert all(step in text for step in alert.steps)


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_the_series_of_an_alert_exist(alert):
    """Every KPI that an alert asks for is in the catalogue, under a name that it publishes."""
    published = {kpi.metric(part) for kpi in CATALOGUE.values() for part in kpi.compute.parts}
    asked = set(re.findall(r"\b(crm_\w+|crm:\w+:\w+)\b", expression(alert)))
    assert {name for name in asked if not OF_THE_MACHINE.fullmatch(name)} - published == set()


def test_the_dashboards_of_the_alerts_exist():
    assert {alert.dashboard for alert in ALERTS.values()} - pages().keys() == set()


def test_business_alerts_hold_their_tongue_while_nothing_comes_in():
    assert [recording.name for recording in RECORDINGS] == ["crm:data_fresh:bool"]
    assert all("crm:data_fresh:bool" in expression(alert) for alert in ALERTS.values() if alert.fresh)
