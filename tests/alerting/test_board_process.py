"""The whole way: an event in Kafka, a worker, a board as users run it, an Alertmanager, and somebody who is told."""

import asyncio
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from schemas import encode
from tests.alerting.real import CONFIG, until
from tests.alertmanager import server
from tests.e2e.system import System

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

POLICIES = """
response = [{ within = "3s", time = "always" }]
risk_share = 0.5
[owners]
u-17 = "Ada Bianchi"
[[links]]
url = "https://crm.example.com/leads/{relationship}"
"""


def event(who, number, name, data):
    return who.encode(), encode(
        f"crm.{name}.v1", data, id=f"{who}-{number}", source="/crm/live", time=int(time.time() * 1000), subject=who
    )


async def test_a_lead_that_nobody_answers_pages_somebody_until_somebody_does(tmp_path, embedded_kafka, webhook, system):
    policies = tmp_path / "policies.toml"
    policies.write_text(POLICIES, encoding="utf-8")
    with server(CONFIG.format(url=webhook.url), tmp_path) as real:
        made = system(
            embedded_kafka.address,
            one_record_batches=True,
            clock="live",
            policies=policies,
            alertmanagers=real.url,
            board_url="https://board.example.com/",
        )
        await asyncio.to_thread(made.worker().start)
        board = await asyncio.to_thread(made.board)
        made.write([event("lead-1", 1, "lead.created", {"channel": "web", "team": "emea", "owner_id": "u-17"})])
        await until(lambda: webhook.told(alertname="CrmPromiseOverdue"))
        alert = webhook.notifications[-1]["alerts"][0]
        assert alert["annotations"]["crm_url"] == "https://crm.example.com/leads/lead-1"
        assert alert["annotations"]["owner"] == "Ada Bianchi"
        assert alert["annotations"]["board_url"].startswith("https://board.example.com/clocks?clock=lead_response&")
        assert alert["annotations"]["runbook_url"] == "https://board.example.com/runbooks/CrmPromiseOverdue"
        assert webhook.told(alertname="CrmPromiseAtRisk") == [("firing", "lead-1")]

        # Another board beside it, and the first one started again: nobody is told twice.
        other = await asyncio.to_thread(made.another_board)
        await asyncio.to_thread(board.terminate)
        await asyncio.to_thread(made.board)
        await asyncio.sleep(3)
        assert webhook.told(alertname="CrmPromiseOverdue") == [("firing", "lead-1")]
        assert other.exit_code is None

        made.write([event("lead-1", 2, "interaction.logged", {"direction": "out", "medium": "call"})])
        await until(lambda: ("resolved", "lead-1") in webhook.told(alertname="CrmPromiseOverdue"))
        families = {family.name: family for family in text_string_to_metric_families(made.get("/metrics"))}
        assert sum(line.value for line in families["crm_kpi_alerts_sent"].samples) > 0
        assert sum(line.value for line in families["crm_kpi_alerts_failed"].samples) == 0
        assert "crm_kpi_alert_delay_seconds" in families
        assert webhook.told(alertname="CrmPromiseOverdue") == [("firing", "lead-1"), ("resolved", "lead-1")]


@pytest.fixture
def system(tmp_path):
    """Make installations on a broker; whatever still runs at the end is ended."""
    made = []

    def make(brokers, **settings):
        made.append(System(tmp_path, brokers, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
