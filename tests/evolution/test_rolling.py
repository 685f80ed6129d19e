"""Workers of this and of a next version on one group: partitions move both ways, and nothing is corrupted."""

from __future__ import annotations

import pytest

from tests.e2e.test_product import assert_equals_the_oracle, traffic

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


def next_worker(system, name):
    return system.worker(name, module="tests.evolution.next_program")


def test_an_older_program_refuses_newer_state_and_the_newer_one_ends_at_the_oracle(system, kafka):
    """
    (faults 26, 27) The newer worker takes a partition, leaves, and the older one that gets it back refuses it, clearly.
    """
    made = system(kafka.address, partitions=2)
    events = traffic(3_000, rate=20, residents=300)
    older = made.worker("older").start()
    made.write(events[:1_000])
    made.drained(1_000, 60, [older])
    newer = next_worker(made, "newer").start()
    made.write(events[1_000:2_000])
    made.drained(2_000, 60, [older, newer])
    assert newer.terminate() == 0, newer.tail()
    assert older.wait(60) == 70, older.tail()
    (line,) = [line for line in older.tail(100_000).splitlines() if "worker stops now" in line]
    assert "holds state of version 2, this program reads versions up to 1" in line
    assert "Run the version that wrote it" in line
    again = made.worker("older-again").start(wait=False)
    assert again.wait(60) == 70, "and so it does after each restart"
    newer = next_worker(made, "newer-again").start()
    made.write(events[2_000:])
    made.drained(3_000, 60, [newer])
    refused = made._process("older-board", "board")
    refused.environment = {**refused.environment, "CRM_PULSE_BOARD_PORT": str(refused.port)}
    refused.start(wait=False)
    made.board(module="tests.evolution.next_program")
    assert_equals_the_oracle(made)
    assert "holds state of version 2" in refused.tail(100_000)
    assert newer.terminate() == 0, newer.tail()


def test_a_restart_of_all_workers_one_by_one_with_one_state_version_changes_nothing(system, kafka):
    """
    (fault 27) Between releases that share a state version partitions move both ways, worker to worker and back.
    """
    made = system(kafka.address, partitions=2)
    events = traffic(3_000, rate=20, residents=300)
    first, second = made.worker("first").start(), made.worker("second").start()
    made.write(events[:1_000])
    made.drained(1_000, 60, [first, second])
    for worker in (first, second):
        assert worker.terminate() == 0, worker.tail()
        worker.start()
        made.write(events[1_000:2_000] if worker is first else events[2_000:])
    made.drained(3_000, 60, [first, second])
    made.board()
    assert_equals_the_oracle(made)
