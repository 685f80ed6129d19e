"""A lead waits, is at risk and is overdue while no event arrives; then somebody answers."""

import time

import pytest

from schemas import encode
from tests.e2e.system import System

KPIS = ("leads_waiting", "leads_at_risk", "leads_overdue")
PROMISE = 'response = [{ within = "20s" }]\n'


def now_ms():
    return int(time.time() * 1000)


def event(id_, name, data):
    value = encode(f"crm.{name}.v1", data, id=id_, source="/crm/live", time=now_ms(), subject="ada")
    return b"ada", value


@pytest.mark.slow
def test_waiting_at_risk_and_overdue_move_with_time_alone(system, embedded_kafka, tmp_path):
    """
    With a promise of 20 s: waiting at once, at risk after 16 s, overdue after 20 s, breached for good when answered.
    """
    policies = tmp_path / "policies.toml"
    policies.write_text(PROMISE)
    made: System = system(embedded_kafka.address, one_record_batches=True, clock="live", policies=policies)
    worker = made.worker().start()
    made.board()
    started = time.monotonic()
    made.write([event("e1", "lead.created", {"channel": "web"})])
    seen: dict[str, float] = {}
    while len(seen) < 3 and time.monotonic() - started < 40:
        counts = {s.kpi: s.value for s in made.gauges() if s.kpi in KPIS and not s.labels}
        for kpi in KPIS:
            if counts.get(kpi):
                seen.setdefault(kpi, time.monotonic() - started)
        time.sleep(0.3)

    assert list(seen) == list(KPIS)
    assert seen["leads_waiting"] < 10
    assert 15 < seen["leads_at_risk"] < 22
    assert 19 < seen["leads_overdue"] < 26
    (clock,) = made.api("/api/v1/clocks?state=overdue")["items"]
    assert clock["relationship"] == "ada"

    made.write([event("e2", "interaction.logged", {"direction": "out", "medium": "call"})])
    made.drained(2, 20, [worker])
    after = {(s.kpi, s.part, s.window): s.value for s in made.settled_gauges(2) if not s.labels}
    assert [after[kpi, "", None] for kpi in KPIS] == [0, 0, 0]
    assert after["lead_response_sla_ratio", "", "15m"] == 0
    assert after["lead_response_sla_ratio", "denominator", "15m"] == 1
