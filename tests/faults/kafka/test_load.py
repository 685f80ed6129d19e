"""Too much work: slow shards, hot keys, and a long run; memory stays flat and nobody starves."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from tests.engine.log import committed, read, write
from tests.faults.kafka.at_rest import check
from tests.faults.kafka.test_network import resident_bytes
from tests.faults.kafka.traffic import events

pytestmark = pytest.mark.kafka

LAG = "crm_kpi_lag_events{"
APPLIED = 'crm_kpi_events_total{outcome="applied"}'


def sample(scrape, name):
    """Return the sum of the samples of one scrape whose name and labels begin so."""
    return sum(float(line.rsplit(" ", 1)[1]) for line in scrape.splitlines() if line.startswith(name))


def test_a_shard_too_slow_for_its_load_holds_the_fetches_back(broker, installation, worker, monkeypatch):
    """(fault 43) Memory is flat, the lag is what is not durable, and a faster worker catches up."""
    settings = installation(broker.address, batch_records=100, fetch_bytes=65_536)
    monkeypatch.setenv("COUNTING_DELAY", "0.2")
    process = worker(settings).start()
    monkeypatch.delenv("COUNTING_DELAY")
    log = [(key, value + b"." * 1_000) for key, value in events(60_000)]
    write(settings, log[:2_000])
    time.sleep(1)
    before = resident_bytes(process.pid)
    write(settings, log[2_000:])
    time.sleep(5)
    assert resident_bytes(process.pid) - before < 32 << 20, "60 MB wait in the topic"
    assert 0 < process.metric(APPLIED) < 30_000, "not slow enough to show anything"
    deadline = time.monotonic() + 30
    while (scrape := process.metrics()) and sample(scrape, APPLIED) + sample(scrape, LAG) != 60_000:
        assert time.monotonic() < deadline, scrape
        time.sleep(0.2)
    assert process.terminate(30) == 0
    fast = worker(settings, "fast").start()
    check(settings, [fast], worker, written=log, gone=[process])


@pytest.mark.long
def test_a_hot_partition_does_not_starve_the_others(broker, installation, worker, monkeypatch):
    """(fault 44) While 40,000 events of one key wait, a few events of other partitions are folded."""
    settings = installation(broker.address, batch_records=100, fetch_bytes=65_536, commit_interval=0.2)
    monkeypatch.setenv("COUNTING_DELAY", "0.05")
    process = worker(settings).start()
    monkeypatch.delenv("COUNTING_DELAY")
    hot = [(b"hot", b"event %d" % number) for number in range(40_000)]
    write(settings, hot)
    cold = [(b"cold-%d" % number, b"event") for number in range(40)]
    write(settings, cold)
    ends = Counter(record.partition() or 0 for record in read(settings, settings.relationships_topic))
    ((busy, _),) = ends.most_common(1)
    assert len(ends) == 4
    deadline = time.monotonic() + 60
    while any((done := committed(settings))[number] < ends[number] for number in ends.keys() - {busy}):
        assert time.monotonic() < deadline, done
        time.sleep(0.1)
    assert committed(settings)[busy] < ends[busy], "the hot partition was through before; nothing is shown"
    process.kill()
    fast = worker(settings, "fast").start()
    check(settings, [fast], worker, written=hot + cold, gone=[process])


def open_files(pid: int) -> int:
    """Return how many files a process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_memory_and_files_stay_flat_in_the_long_run(broker, installation, worker):
    """(fault 45) 10^6 events, 15 joins and leaves, and 1000 scrapes: the second half needs no more than the first."""
    settings = installation(broker.address)
    stays = worker(settings, "stays").start()
    sizes, files, log = [], [], []
    for number in range(15):
        part = events(66_667, seed=number)
        log += part
        write(settings, part)
        comes = worker(settings, f"comes-{number}").start()
        for _ in range(67):
            stays.metrics()
        assert comes.terminate(30) == 0, comes.tail()
        sizes.append(resident_bytes(stays.pid))
        files.append(open_files(stays.pid))
    assert max(files[7:]) <= max(files[:7]) + 4, files
    assert max(sizes[7:]) < max(sizes[:7]) + (24 << 20), sizes
    check(settings, [stays], worker, written=log)
