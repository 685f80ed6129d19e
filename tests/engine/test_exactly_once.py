"""Crashes, joins and leaves under load: every event is counted exactly once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

import pytest

from tests.engine.counting import count_of
from tests.engine.log import drained, latest, per_key, write

SETTLED = 90


def events(count: int, keys: int, seed: int = 7) -> list[tuple[bytes, bytes]]:
    chance = random.Random(seed)
    return [(b"r%d" % chance.randrange(keys), b"event %d" % number) for number in range(count)]


def counted(settings) -> tuple[Counter[bytes], int]:
    """Return events per key and in total, as the state topics have them."""
    journeys = Counter({key: count_of(value) for (_, key), value in latest(settings, settings.journeys_topic).items()})
    return journeys, sum(count_of(value) for value in latest(settings, settings.cells_topic).values())


def shake(settings, worker, log, *, rate):
    """Write the events while one worker is killed, one joins, one is killed again, and one leaves in order."""
    writing = threading.Thread(target=write, args=(settings, log), kwargs={"rate": rate})
    first = worker(settings, "first").start()
    writing.start()
    time.sleep(1.5)
    second = worker(settings, "second").start()
    time.sleep(1.0)
    first.kill()
    first.start()
    time.sleep(1.0)
    third = worker(settings, "third").start()
    time.sleep(1.0)
    assert second.terminate() == 0, second.tail()
    third.kill()
    third.start()
    writing.join()

    def alive():
        for process in (first, third):
            assert process.exit_code is None, process.tail()

    drained(settings, len(log), SETTLED, alive)
    assert [process.terminate() for process in (first, third)] == [0, 0]
    assert counted(settings) == (per_key(log), len(log))


@pytest.mark.slow
def test_every_event_counts_once_on_the_embedded_broker(embedded_kafka, installation, worker):
    settings = installation(embedded_kafka.address)
    shake(settings, worker, events(3_000, 200), rate=300)


@pytest.mark.kafka
@pytest.mark.slow
def test_every_event_counts_once_on_apache_kafka(kafka, installation, worker):
    settings = installation(kafka.address)
    shake(settings, worker, events(20_000, 500), rate=1_500)
