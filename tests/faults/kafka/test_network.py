"""Networks and brokers that reset, stall, slow down, freeze and crash: workers wait, and nothing is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from stream_app.engine.failstop import EXIT_FAIL_STOP
from tests.engine.log import drained, write
from tests.faults.kafka.at_rest import check
from tests.faults.kafka.traffic import events, flowing

pytestmark = pytest.mark.kafka

REBALANCES = "crm_kpi_rebalances_total"


def resident_bytes(pid: int) -> int:
    """Return the memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def reset(proxy, _broker):
    for _ in range(5):
        proxy.reset()
        time.sleep(1)


def refuse(proxy, _broker):
    proxy.refuse()
    time.sleep(5)
    proxy.heal()


def silence(seconds):
    def act(proxy, _broker):
        proxy.silent = True
        time.sleep(seconds)
        proxy.heal()

    return act


def slow(proxy, _broker):
    proxy.delay = 2.0
    time.sleep(25)
    proxy.heal()


def narrow(proxy, _broker):
    proxy.bytes_per_second = 20_000
    time.sleep(10)
    proxy.heal()


def half_open(proxy, _broker):
    proxy.lose()


def freeze(seconds):
    def act(_proxy, broker):
        broker.freeze()
        time.sleep(seconds)
        broker.thaw()

    return act


def crash(_proxy, broker):
    broker.crash()
    time.sleep(3)
    broker.start()


def restart(_proxy, broker):
    broker.stop()
    broker.start()


def goes_on(process, beyond):
    """Check that it lives; after a lapse of its session it may have ended with 70, and is started again."""
    if beyond and process.exit_code == EXIT_FAIL_STOP and "has lost a partition" in process.tail():
        process.start()
    assert process.exit_code is None, process.tail()


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("act", "session", "beyond"),
    [
        pytest.param(reset, 6, False, id="fault 9: reset for 5 s"),
        pytest.param(refuse, 6, False, id="fault 9: refused for 5 s", marks=pytest.mark.long),
        pytest.param(silence(5), 3, True, id="fault 10: unreachable for longer than the session"),
        pytest.param(silence(180), 30, True, id="fault 10: unreachable for 3 minutes", marks=pytest.mark.long),
        pytest.param(slow, 30, False, id="fault 11: 2 s per request", marks=pytest.mark.long),
        pytest.param(narrow, 6, False, id="fault 11: narrow, 20 kB/s", marks=pytest.mark.long),
        pytest.param(half_open, 6, True, id="fault 12: half-open", marks=pytest.mark.long),
        pytest.param(freeze(4), 6, False, id="fault 13: broker frozen for 4 s", marks=pytest.mark.long),
        pytest.param(freeze(20), 6, True, id="fault 13: broker frozen for 20 s", marks=pytest.mark.long),
        pytest.param(crash, 60, False, id="fault 14: broker killed, back with its data"),
        pytest.param(crash, 2, True, id="fault 14: the same, beyond the session", marks=pytest.mark.long),
        pytest.param(restart, 6, False, id="fault 14: broker restarted in order", marks=pytest.mark.long),
    ],
)
def test_a_worker_whose_broker_is_away_waits_and_goes_on(broker, proxy, installation, worker, act, session, beyond):
    """
    (faults 9 to 14) The worker lives on, with its memory flat, and catches up; beyond its session it may end with 70.

    Its producer is idempotent, so that an acknowledgement that the fault swallowed repeats nothing in the changelog.
    """
    settings = installation(broker.address, session_timeout=session, stall_timeout=120, recovery_timeout=300)
    log = events(8_000)
    process = worker(settings, through=proxy).start()
    with flowing(settings, log, rate=1_500):
        time.sleep(1)
        before = resident_bytes(process.pid)
        act(proxy, broker)
        goes_on(process, beyond)
    drained(settings, len(log), 120, lambda: goes_on(process, beyond))
    assert resident_bytes(process.pid) - before < 64 << 20
    check(settings, [process], worker, written=log)


@pytest.mark.long
def test_a_slow_broker_is_no_lost_session(broker, proxy, installation, worker):
    """(fault 11) Every request takes 0.8 s longer: no rebalance, the lag shows it, all is folded."""
    settings = installation(broker.address, session_timeout=6)
    log = events(4_000)
    process = worker(settings, through=proxy).start()
    before = process.metric(REBALANCES)
    proxy.delay = 0.8
    write(settings, log)
    seen = 0.0
    for _ in range(30):
        time.sleep(0.2)
        seen = max(seen, process.metric("crm_kpi_lag_events{"))
    assert seen > 0, "the lag did not show"
    assert process.metric(REBALANCES) == before
    drained(settings, len(log))
    proxy.heal()
    check(settings, [process], worker, written=log)
