"""A team stops answering: wall, list, Prometheus and Alertmanager tell; it answers, and all of it resolves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas import decode
from stream_app.ingest.destination import Destinations
from stream_app.simulate import Incident, Options, generate
from stream_app.simulate.rhythm import shares
from stream_app.simulate.world import TEAMS
from stream_app.top.feed import Board, messages
from tests.e2e.system import System
from tests.engine import log
from tests.prometheus import query

ROOT = Path(__file__).resolve().parents[2]
AFTER_MS, LENGTH_MS = 10_000, 35_000
PATIENCE = 60.0
"""Seconds after which a step hangs."""

POLICIES = """
windows = ["15m", "1h"]
[catalogue]
areas = ["response", "quality", "goals"]
[[response]]
within = "20s"
time = "always"
[owners]
ada = "Ada Bianchi"
"""
ALERTMANAGER = """
route:
  receiver: test
  group_by: [alertname, team]
  group_wait: 500ms
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: test
    webhook_configs:
      - url: {url}
"""


def busiest_team() -> str:
    """The team whose people are at work now: it gets the most leads."""
    now = int(time.time() * 1000)
    return max(zip(shares(now), (team.name for team in TEAMS), strict=True))[1]


class Traffic:
    """Simulated leads, answered within seconds, sent at their times by a thread of its own."""

    def __init__(self, system: System, team: str) -> None:
        self._system = system
        self._asked: set[str] = set()
        self._answered: set[str] = set()
        self._team = team
        self._ends = threading.Event()
        self.began = time.time()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self) -> None:
        options = Options(
            rate=15, squeeze=0.25, rhythm="never", late=0.0, residents=20, families=("relationships",),
            incident=Incident(self._team, AFTER_MS, LENGTH_MS),
        )  # fmt: skip
        out = log.producer(self._system.settings)
        where = Destinations(self._system.settings.sources)
        for sent in generate(4, int(self.began * 1000), options):
            while (left := sent.due / 1000 - time.time()) > 0:
                if self._ends.wait(min(left, 0.2)):
                    return
            event = decode(sent.value)
            if event.type == "crm.lead.created.v1" and event.data.team == self._team:
                self._asked.add(str(event.subject))
            elif event.type == "crm.interaction.logged.v1" and event.subject in self._asked:
                self._answered.add(str(event.subject))
            out.produce(where.of(sent.value) or self._system.settings.relationships_topic, sent.value, sent.key)
            out.poll(0)

    def asked(self) -> set[str]:
        """The leads of the team so far."""
        return set(self._asked)

    def stop(self) -> None:
        self._ends.set()
        self._thread.join(10)


def rules(folder: Path) -> Path:
    """The shipped rules, of which one is in a hurry: nobody wants a test to wait for two minutes."""
    shipped = yaml.safe_load((ROOT / "prometheus" / "rules" / "crm-pulse.yml").read_text(encoding="utf-8"))
    (hurried,) = (
        rule for group in shipped["groups"] for rule in group["rules"] if rule.get("alert") == "CrmLeadOverdue"
    )
    assert hurried["for"] == "2m"
    hurried["for"] = "3s"
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump(shipped), encoding="utf-8")
    return path


def scraping(made: System, worker: Any, rule_file: Path, alertmanager: str) -> str:
    """The shipped configuration with the addresses of this test, every second instead of four times a minute."""
    config = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(rule_file)]
    config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager.removeprefix("http://")]}]}]
    targets = {"crm-pulse-board": made.board_port, "crm-pulse-worker": worker.port}
    config["scrape_configs"] = [
        {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for job, port in targets.items()
    ]
    return yaml.safe_dump(config)


def until(holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Return what *holds* says as soon as it says anything."""
    deadline = time.monotonic() + seconds
    while not (said := holds()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.3)
    return said


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_team_that_stops_answering_is_told_everywhere_and_all_of_it_resolves(
    system, embedded_kafka, tmp_path, prometheus, alertmanager, webhook
):
    policies = tmp_path / "policies.toml"
    policies.write_text(POLICIES, encoding="utf-8")
    alerts = alertmanager(ALERTMANAGER.format(url=webhook.url))
    made: System = system(
        embedded_kafka.address, one_record_batches=True, clock="live", policies=policies, alertmanagers=alerts
    )
    worker = made.worker().start()
    made.board()
    metrics = prometheus(scraping(made, worker, rules(tmp_path), alerts))
    team = busiest_team()
    board = Board(f"http://127.0.0.1:{made.board_port}")
    traffic = Traffic(made, team)

    def late() -> list[dict[str, Any]]:
        """Who of the team is overdue, by the list behind the number."""
        listed = made.api(f"/api/v1/clocks?clock=lead_response&state=overdue&team={team}")["items"]
        assert all(one["labels"]["team"] == team for one in listed)
        return list(listed)

    def walls(number: int) -> dict[str, Any] | None:
        """What the wall of the team shows, once so many are overdue."""
        for shown in islice(messages(board, {"page": "response", "team": team}), 5):
            counts = shown["clocks"]["counts"]["lead_response"] if shown["ready"] and shown["clocks"] else {}
            if counts and (counts["overdue"] >= number if number else counts["overdue"] == 0):
                return shown
        return None

    # Nobody answers: the wall shows it, the list names the leads.
    shown = until(lambda: walls(3), "the wall shows three that are overdue")
    named = {one["relationship"] for one in late()}
    assert len(named) >= 3
    assert named <= traffic.asked()
    assert {one["relationship"] for one in shown["clocks"]["overdue"]} <= named
    (tile,) = (one for one in shown["tiles"] if one["kpi"] == "leads_overdue")
    assert tile["rows"][0]["value"] == shown["clocks"]["counts"]["lead_response"]["overdue"]

    # Prometheus counts them, its rule fires, Alertmanager delivers; the board itself has named each one.
    until(lambda: ("firing", team) in webhook.told(alertname="CrmLeadOverdue", team=team), "the rule's alert arrives")
    assert query(metrics, f'ALERTS{{alertname="CrmLeadOverdue",alertstate="firing",team="{team}"}}')
    alert = next(
        one for sent in webhook.notifications[:] for one in sent["alerts"]
        if one["labels"]["alertname"] == "CrmLeadOverdue" and one["labels"]["team"] == team
    )  # fmt: skip
    assert alert["annotations"]["runbook_url"] == "http://127.0.0.1:8000/runbooks/CrmLeadOverdue"
    assert set(alert["labels"]) == {"alertname", "severity", "team"}
    until(
        lambda: named <= {who for status, who in webhook.told(alertname="CrmPromiseOverdue") if status == "firing"},
        "the board's alerts arrive",
    )

    # The team answers everybody: no one is late, and every alert is taken back.
    until(lambda: walls(0), "the wall is calm again")
    until(
        lambda: ("resolved", team) in webhook.told(alertname="CrmLeadOverdue", team=team), "the rule's alert resolves"
    )
    until(
        lambda: named <= {who for status, who in webhook.told(alertname="CrmPromiseOverdue") if status == "resolved"},
        "the board's alerts resolve",
    )
    assert not query(metrics, f'ALERTS{{alertname="CrmLeadOverdue",team="{team}"}}')
    traffic.stop()
