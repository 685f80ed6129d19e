"""A new state version starts with empty state and reads history again, whatever the group has committed."""

from __future__ import annotations

import time

import pytest

from stream_app.settings import load
from tests.engine.log import drained, make_topics, write
from tests.engine.test_exactly_once import counted


@pytest.mark.slow
def test_a_new_state_version_reads_history_again(embedded_kafka, installation, worker):
    settings = installation(embedded_kafka.address, partitions=1)
    write(settings, [(b"a", b"1")] * 5)
    process = worker(settings, "old").start()
    drained(settings, 5)
    assert process.terminate() == 0
    renewed = load(**(settings.model_dump(exclude_defaults=True) | {"state_version": 2}))
    make_topics(renewed)
    write(renewed, [(b"a", b"2")] * 3)
    process = worker(renewed, "new").start()
    drained(renewed, 8)
    deadline = time.monotonic() + 10
    while counted(renewed) != ({b"a": 8}, 8):
        assert time.monotonic() < deadline, (counted(renewed), process.tail())
        time.sleep(0.2)
    assert process.terminate() == 0
