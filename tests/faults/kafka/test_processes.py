"""Workers that are killed, stopped, frozen, joined and replaced under load."""

from __future__ import annotations

import random
import signal
import time

import pytest

from stream_app.engine.failstop import EXIT_FAIL_STOP
from tests.engine.log import committed, drained, latest, read, write
from tests.faults.kafka.at_rest import await_all, check, counted, folded
from tests.faults.kafka.traffic import events, flowing

pytestmark = pytest.mark.kafka

APPLIED = 'crm_kpi_events_total{outcome="applied"}'
REDELIVERED = 'crm_kpi_events_total{outcome="redelivered"}'


def wait_until(holds, seconds=30.0, complaint="it did not happen"):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.05)


def kill_under_load(settings, worker, seed, kills):
    """Kill a worker at random moments while events arrive; check that every event counts once."""
    chance, log = random.Random(seed), events(6_000, seed=seed)
    process = worker(settings).start()
    with flowing(settings, log, rate=2_000):
        for _ in range(kills):
            time.sleep(chance.uniform(0.05, 0.8))
            process.kill()
            process.start()
    check(settings, [process], worker, written=log)


def test_a_worker_killed_in_the_middle_of_batches_counts_every_event_once(broker, installation, worker, faults_seed):
    """(fault 1) kill -9 mid-batch, twice at random moments: the state equals the oracle after the restart."""
    kill_under_load(installation(broker.address), worker, faults_seed, kills=2)


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", range(5))
def test_kills_at_random_milliseconds(broker, installation, worker, faults_seed, number):
    """(fault 1) the same with five seeds and more kills, small batches."""
    settings = installation(broker.address, batch_records=50)
    kill_under_load(settings, worker, faults_seed + number, kills=6)


def test_what_is_durable_and_not_committed_is_skipped_by_its_stamps(broker, installation, worker):
    """(fault 2) kill -9 between the changelog's delivery and the commit: all comes again and none of it counts."""
    settings = installation(broker.address, commit_interval=60)
    log = events(2_000)
    write(settings, log)
    process = worker(settings).start()
    wait_until(lambda: process.metric(APPLIED) == 2_000)
    assert sum(committed(settings).values()) == 0
    process.kill()
    process.start()
    wait_until(lambda: process.metric(REDELIVERED) == 2_000)
    assert process.metric(APPLIED) == 0
    assert process.terminate() == 0
    assert counted(settings) == folded(settings)


def test_no_offset_is_committed_before_the_changelog_has_it(broker, proxies, installation, worker):
    """(fault 3) Produce requests hang while commits get through: nothing is committed, a kill loses nothing."""
    settings = installation(broker.address, commit_interval=0.2)
    process = worker(settings, through=proxies[0]).start()
    proxies[0].produce_delay = 60
    log = events(1_000)
    write(settings, log)
    seen = time.monotonic()
    while time.monotonic() - seen < 3:
        assert sum(committed(settings).values()) == 0, "committed what only this process knows"
        time.sleep(0.2)
    assert latest(settings, settings.journeys_topic) == {}
    process.kill()
    proxies[0].heal()
    process.start()
    check(settings, [process], worker, written=log)


def test_a_worker_stopped_under_load_leaves_nothing_to_do_twice(broker, installation, worker):
    """(fault 4) SIGTERM while events arrive: exit 0 within 15 s, all it did is committed, nothing is redelivered."""
    settings = installation(broker.address, commit_interval=30)
    log = events(6_000)
    first = worker(settings, "first").start()
    with flowing(settings, log, rate=2_000):
        wait_until(lambda: first.metric(APPLIED) > 1_000)
        assert first.terminate(15) == 0
        assert sum(committed(settings).values()) == counted(settings)[1] > 0
    second = worker(settings, "second", commit_interval=0.5).start()
    await_all(settings, [second])
    assert second.metric(REDELIVERED) == 0
    check(settings, [second], worker, written=log, gone=[first])


def test_a_second_worker_joins_and_takes_over_when_the_first_is_killed(broker, installation, worker):
    """
    (faults 5, 6) A join under load counts nothing twice; after a kill -9 the survivor has all partitions in time.

    In time: within the session timeout and ten seconds.
    """
    settings = installation(broker.address)
    log = events(9_000)
    first = worker(settings, "first").start()
    with flowing(settings, log, rate=1_000):
        time.sleep(0.5)
        second = worker(settings, "second").start()
        assert first.metric(REDELIVERED) + second.metric(REDELIVERED) == 0
        first.kill()
        killed = time.monotonic()
        wait_until(lambda: second.health().get("partitions") == 4, settings.session_timeout + 10)
        took = time.monotonic() - killed
    assert took < settings.session_timeout + 10
    check(settings, [second], worker, written=log, gone=[first])


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_storm_of_rebalances(broker, installation, worker, faults_seed):
    """(fault 7) six joins and leaves, in order and by kill, within a minute: no partition is stuck."""
    chance = random.Random(faults_seed)
    settings = installation(broker.address)
    log = events(40_000)
    stays = worker(settings, "stays").start()
    gone = []
    with flowing(settings, log, rate=700):
        for number in range(6):
            comes = worker(settings, f"comes-{number}").start(wait=False)
            time.sleep(chance.uniform(1, 6))
            if chance.random() < 0.5:
                comes.kill()
            else:
                comes.signal(signal.SIGTERM)
            gone.append(comes)
            time.sleep(chance.uniform(0, 3))
    for comes in gone:
        assert comes.wait(30) in {0, -signal.SIGKILL, -signal.SIGTERM}, comes.tail()
    check(settings, [stays], worker, written=log, gone=gone)


@pytest.mark.parametrize("where", ["process", pytest.param("network", marks=pytest.mark.long)])
def test_a_worker_away_for_longer_than_its_session_does_no_harm(broker, proxies, installation, worker, where):
    """
    (fault 8) A zombie, by SIGSTOP or by a network that stands still and then delivers all it held, is harmless.

    Another worker has gone on meanwhile. The zombie joins anew or ends with 70, and writes nothing that counts.
    """
    settings = installation(broker.address)
    log = events(6_000, 300)
    first = worker(settings, "first", through=proxies[0]).start()
    write(settings, log[:2_000])
    drained(settings, 2_000)

    def away(begins):
        if where == "process":
            first.signal(signal.SIGSTOP if begins else signal.SIGCONT)
        else:
            proxies[0].silent = begins

    away(begins=True)
    write(settings, log[2_000:4_000])
    second = worker(settings, "second").start()
    drained(settings, 4_000)
    away(begins=False)
    write(settings, log[4_000:])
    drained(settings, 6_000)
    time.sleep(2)  # the zombie has come to itself
    assert first.exit_code in {None, EXIT_FAIL_STOP}, first.tail()
    running = [process for process in (first, second) if process.exit_code is None]
    assert second in running
    check(settings, running, worker, written=log, gone=[first])


def test_a_worker_frozen_within_a_batch_writes_nothing_of_it(broker, installation, worker, monkeypatch):
    """(fault 8) It wakes up after its session with changes in hand: it ends with 70, and only its successor wrote."""
    settings = installation(broker.address, partitions=1, session_timeout=3)
    monkeypatch.setenv("COUNTING_DELAY", "2")
    first = worker(settings, "first").start()
    monkeypatch.delenv("COUNTING_DELAY")
    write(settings, [(b"a", b"1")])
    time.sleep(1)  # inside apply
    first.signal(signal.SIGSTOP)
    second = worker(settings, "second").start()
    drained(settings, 1)
    first.signal(signal.SIGCONT)
    assert first.wait(30) == EXIT_FAIL_STOP
    assert "lost a partition" in first.tail()
    assert second.terminate() == 0
    assert counted(settings) == ({b"a": 1}, 1)
    records = [record for record in read(settings, settings.journeys_topic) if record.key() == b"a"]
    assert len(records) == 1, "the first worker wrote too"
