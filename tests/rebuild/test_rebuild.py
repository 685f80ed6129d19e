"""A rebuild under load: the old figures are served to the end, the new ones equal the oracle, nothing counts twice."""

from __future__ import annotations

import random
import re
import threading
import time
import urllib.error

import msgspec
import pytest

from stream_app.engine.control import Control
from stream_app.engine.stamps import stamp_of
from stream_app.measures import keys, stamp
from stream_app.measures.accounting import Accounting
from stream_app.rebuild import topics
from tests.e2e.test_product import assert_equals_the_oracle, traffic
from tests.engine.log import latest, producer


class Watching:
    """Asks the board all the time whether it is ready and how many records it knows."""

    def __init__(self, system) -> None:
        self._system = system
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.seen: list[int] = []
        self.failed: list[str] = []

    def _watch(self) -> None:
        while not self._over.wait(0.3):
            try:
                if not self._system.ready():
                    self.failed.append("not ready")
                else:
                    self.seen.append(self._system.fates())
            except (OSError, urllib.error.URLError) as error:
                self.failed.append(repr(error))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


def version(system) -> int:
    control = Control(system.settings)
    try:
        return control.version()
    finally:
        control.close()


def forge_the_books(system) -> None:
    """Let the version in force say that one applied event was a duplicate, in a partition that has any."""
    settings = system.settings
    (number, key), value = next(
        (place, value) for place, value in latest(settings, settings.cells_topic).items() if place[1] == keys.ACCOUNTING
    )
    account = Accounting.read(value)
    forged = msgspec.structs.replace(account, applied=account.applied - 1, duplicates=account.duplicates + 1)
    out = producer(settings)
    out.produce(settings.cells_topic, stamp.pack(stamp_of(value), forged.pack()), key, number)
    out.flush(10)


def test_a_rebuild_whose_books_differ_does_not_switch_until_that_is_accepted(system, embedded_kafka):
    """
    The same events and policies give the same fates; where they do not, the version in force stays.
    """
    made = system(embedded_kafka.address, partitions=2, one_record_batches=True)
    worker = made.worker().start()
    made.write(traffic(200, rate=20, residents=60))
    made.drained(200, 60, [worker])
    assert worker.terminate() == 0
    forge_the_books(made)
    first = made._process("rebuild-1", "rebuild").start(wait=False)
    assert first.wait(60) == 2, first.tail()
    assert re.search(r"partition \d: applied (\d+) and (\d+), duplicates", first.tail(100_000))
    assert "is in force" not in first.tail(100_000)
    assert version(made) == 1
    again = made._process("rebuild-2", "rebuild", "--accept-differences").start(wait=False)
    deadline = time.monotonic() + 60
    while version(made) != 2:
        assert time.monotonic() < deadline, again.tail()
        time.sleep(0.2)
    made.settings = made.settings.model_copy(update={"state_version": 2})
    worker = made.worker("after").start()  # the rebuild goes on until another folds
    assert again.wait(60) == 0, again.tail()
    assert "version 2 is in force" in again.tail(100_000)
    assert version(made) == 2
    assert worker.terminate() == 0, worker.tail()


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("broker", ["embedded", pytest.param("apache", marks=pytest.mark.kafka)])
def test_a_rebuild_under_load_switches_without_a_lost_or_doubled_event(request, system, broker, faults_seed):
    """
    (fault 29) The way out: killed at a random moment and run again while events come in; the old topics are dropped.
    """
    chance = random.Random(faults_seed)
    kafka = request.getfixturevalue("embedded_kafka" if broker == "embedded" else "kafka")
    made = system(kafka.address, partitions=2, one_record_batches=broker == "embedded")
    events = traffic(3_000, rate=20, residents=400)
    worker = made.worker().start()
    made.write(events[:2_000])
    made.drained(2_000, 60, [worker])
    made.board()
    made.settled_gauges(2_000)
    writing = threading.Thread(target=made.write, args=(events[2_000:],), kwargs={"rate": 40})
    writing.start()
    with Watching(made) as watching:
        first = made._process("rebuild-1", "rebuild").start(wait=False)
        time.sleep(chance.uniform(0, 12))
        first.kill()
        again = made._process("rebuild-2", "rebuild").start(wait=False)
        assert again.wait(150) == 0, again.tail()
        assert "is in force" in again.tail()
        writing.join()
        old, made.settings = made.settings, made.settings.model_copy(update={"state_version": version(made)})
        assert made.settings.state_version in {2, 3}
        made.drained(len(events), 90, [worker])
        assert_equals_the_oracle(made)
    assert watching.failed == []
    assert min(watching.seen) >= 2_000
    assert f"state version {made.settings.state_version} is in force; this worker starts anew" in worker.tail(1_000_000)
    assert topics.members(old) in {0, None}
    done = made._process("drop", "rebuild", "--drop-old").start(wait=False)
    assert done.wait(60) == 0, done.tail()
    assert list(topics.versions(made.settings)) == [made.settings.state_version]
    assert worker.terminate() == 0, worker.tail()
