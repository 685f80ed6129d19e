"""A producer whose clock is years ahead: its records go to the dead letters, and nothing else is lost."""

import time

import pytest

from schemas import encode
from tests.e2e.system import System
from tests.engine import log

YEARS = 20 * 365 * 86_400_000


@pytest.mark.kafka
def test_a_producer_whose_clock_is_years_ahead_takes_nothing_along(system, kafka):
    """
    The time of its records is as wrong as that of its events, so only the broker's can tell.
    """
    made: System = system(kafka.address)
    now = int(time.time() * 1000)
    out = log.producer(made.settings)
    for number, ahead in enumerate((0, YEARS, 0)):
        key, at = f"r{number}", now + ahead
        value = encode("crm.lead.created.v1", {"channel": "web"}, id=key, source="/crm", time=at, subject=key)
        out.produce(made.settings.relationships_topic, value, key, partition=0, timestamp=at)
    assert out.flush(20) == 0
    worker = made.worker().start()
    made.drained(3, 60, [worker])
    made.board()

    created = {s.window: s.value for s in made.settled_gauges(3) if s.kpi == "leads_created" and not s.labels}
    assert created["1h"] == created["90d"] == 2
    (letter,) = log.read(made.settings, made.settings.dead_letters_topic)
    assert ("reason", b"future_time") in (letter.headers() or ())
