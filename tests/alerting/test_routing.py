"""prometheus/alertmanager.yml: it is valid, sends each alert where it should, and holds no secret."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import yaml

from stream_app.rules import ALERTS
from stream_app.rules.told import TOLD
from tests.alertmanager import server
from tests.brokers import unavailable

CONFIG = Path(__file__).parents[2] / "prometheus" / "alertmanager.yml"
OVERDUE = {"alertname": "CrmPromiseOverdue", "severity": "page", "clock": "lead_response", "relationship": "lead-1"}
AT_RISK = OVERDUE | {"alertname": "CrmPromiseAtRisk", "severity": "warn"}
MANY = {"alertname": "CrmPromisesMany", "severity": "page", "promise_state": "overdue"}
CLOSED = {"alertname": "CrmTeamClosed", "severity": "none"}


def amtool(*words: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("amtool") is None:
        unavailable("amtool is not installed (it comes with Debian's package prometheus-alertmanager)")
    return subprocess.run(["amtool", *words], capture_output=True, text=True, check=False, timeout=60)


def test_amtool_accepts_it():
    done = amtool("check-config", str(CONFIG))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        pytest.param(OVERDUE, "screen", id="without-a-team"),
        pytest.param(OVERDUE | {"team": "anybody"}, "screen", id="a-team-without-a-route"),
        pytest.param(OVERDUE | {"team": "key-accounts"}, "pagerduty,slack", id="page"),
        pytest.param(AT_RISK | {"team": "key-accounts"}, "slack", id="warn"),
        pytest.param(OVERDUE | {"team": "field-sales"}, "e-mail", id="e-mail"),
        pytest.param(MANY | {"team": "partners"}, "webhook", id="webhook"),
        pytest.param(CLOSED | {"team": "key-accounts", "quiets": "page"}, "nobody", id="closed"),
        pytest.param({"alertname": "CrmBoardMissing", "severity": "page"}, "screen", id="machine"),
    ],
)
def test_an_alert_goes_where_it_should(labels, receivers):
    words = [f"{name}={value}" for name, value in labels.items()]
    done = amtool("config", "routes", "test", f"--config.file={CONFIG}", *words)
    assert done.stdout.split() == [receivers], done.stderr


@pytest.mark.parametrize(
    ("source", "target", "inhibited"),
    [
        pytest.param(OVERDUE, AT_RISK, True, id="overdue-is-no-longer-at-risk"),
        pytest.param(OVERDUE, AT_RISK | {"relationship": "lead-2"}, False, id="somebody-else"),
        pytest.param(OVERDUE, AT_RISK | {"clock": "callback"}, False, id="another-promise"),
        pytest.param(CLOSED | {"team": "a", "quiets": "page"}, OVERDUE | {"team": "a"}, True, id="closed"),
        pytest.param(CLOSED | {"team": "a", "quiets": "page"}, MANY | {"team": "a"}, True, id="closed-many"),
        pytest.param(CLOSED | {"quiets": "page"}, OVERDUE, True, id="closed-without-a-team"),
        pytest.param(CLOSED | {"team": "a", "quiets": "page"}, OVERDUE | {"team": "b"}, False, id="others-are-open"),
        pytest.param(
            CLOSED | {"team": "a", "quiets": "warn"}, OVERDUE | {"team": "a"}, False, id="closed-for-warnings"
        ),
        pytest.param(CLOSED | {"team": "a", "quiets": "warn"}, AT_RISK | {"team": "a"}, True, id="closed-at-risk"),
        pytest.param(OVERDUE | {"team": "a"}, {"alertname": "CrmLeadOverdue", "team": "a"}, True, id="counted-too"),
        pytest.param(
            {"alertname": "CrmNoEventsFromSource", "source": "/crm"}, {"alertname": "CrmChurnJump"}, True, id="silence"
        ),
        pytest.param({"alertname": "CrmNoEventsFromSource", "source": "/crm"}, OVERDUE, False, id="silence-of-one"),
    ],
)
def test_what_says_the_same_is_told_once(shipped, source, target, inhibited):
    for labels in (source, target):
        shipped.post([{"labels": labels}])
    deadline = time.monotonic() + 30
    while (found := shipped.inhibited(target)) != inhibited and time.monotonic() < deadline:
        time.sleep(0.02)
    shipped.post([{"labels": labels, "endsAt": "2020-01-01T00:00:00Z", "startsAt": "2020-01-01T00:00:00Z"}
                  for labels in (source, target)])  # fmt: skip
    assert found == inhibited


class Shipped:
    """An Alertmanager with the file as it is."""

    def __init__(self, running) -> None:
        self._running = running

    def post(self, alerts) -> None:
        body = json.dumps(alerts).encode()
        with urlopen(Request(f"{self._running.url}/api/v2/alerts", body, {"Content-Type": "application/json"})):
            pass

    def inhibited(self, labels) -> bool | None:
        (one,) = [one for one in self._running.alerts() if one["labels"] == labels] or [None]
        return None if one is None or one["status"]["state"] == "unprocessed" else bool(one["status"]["inhibitedBy"])


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    with server(CONFIG.read_text(encoding="utf-8"), tmp_path_factory.mktemp("shipped")) as running:
        yield Shipped(running)


def test_no_secret_is_in_it():
    text = CONFIG.read_text(encoding="utf-8")
    assert (
        re.findall(r"\b(?:routing_key|service_key|api_url|auth_password|bearer_token|credentials|password):", text)
        == []
    )
    assert len(re.findall(r"_file: /etc/alertmanager/secrets/", text)) == 4


def test_it_names_alerts_that_there_are():
    known = {*ALERTS, *TOLD}
    named = set(re.findall(r"\bCrm[A-Za-z]+\b", CONFIG.read_text(encoding="utf-8"))) - {"CrmPromise"}
    assert named - known == set()


def test_every_receiver_is_reached():
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    routed = {config["route"]["receiver"], *(route["receiver"] for route in config["route"]["routes"])}
    assert {receiver["name"] for receiver in config["receivers"]} == routed
