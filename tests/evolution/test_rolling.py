"""Workers of this and of a next version on one group: partitions move both ways, and nothing is corrupted."""

from __future__ import annotations

import pytest

from stream_app.journeys.version import STATE_VERSION
from tests.e2e.test_product import assert_equals_the_oracle, traffic
from tests.engine.log import latest

VERSION = STATE_VERSION[0]
pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


def next_worker(system, name):
    return system.worker(name, module="tests.evolution.next_program")


def letters(system) -> dict[tuple[int, bytes], bytes]:
    """Return the cells of the measure that only the next versions have."""
    found = latest(system.settings, system.settings.cells_topic)
    return {place: value for place, value in found.items() if b"lead_letters" in place[1]}


@pytest.mark.long
def test_an_older_program_refuses_newer_state_and_the_newer_one_ends_at_the_oracle(system, kafka):
    """
    (faults 26, 27) The newer worker takes a partition, leaves, and the older one that gets it back refuses it, clearly.
    """
    made = system(kafka.address, partitions=2)
    events = traffic(5_000, rate=20, residents=300)  # their pasts come first, then leads
    older = made.worker("older").start()
    made.write(events[:2_500])
    made.drained(2_500, 60, [older])
    newer = next_worker(made, "newer").start()
    made.write(events[2_500:3_800])
    made.drained(3_800, 60, [older, newer])
    assert VERSION + 1 in {value[8] for value in latest(made.settings, made.settings.journeys_topic).values()}
    assert letters(made)
    assert newer.terminate() == 0, newer.tail()
    assert older.wait(60) == 70, older.tail()
    (line,) = [line for line in older.tail(100_000).splitlines() if "worker stops now" in line]
    assert f"holds state of version {VERSION + 1}, this program reads versions up to {VERSION}" in line
    assert "Run the version that wrote it" in line
    again = made.worker("older-again").start(wait=False)
    assert again.wait(60) == 70, "and so it does after each restart"
    newer = next_worker(made, "newer-again").start()
    made.write(events[3_800:])
    made.drained(5_000, 60, [newer])
    refused = made._process("older-board", "board")
    refused.environment = {**refused.environment, "CRM_PULSE_BOARD_PORT": str(refused.port)}
    refused.start(wait=False)
    made.board(module="tests.evolution.next_program")
    assert_equals_the_oracle(made)
    assert f"holds state of version {VERSION + 1}" in refused.tail(100_000)
    assert newer.terminate() == 0, newer.tail()


def test_partitions_move_both_ways_between_releases_that_share_a_state_version(system, kafka):
    """
    (fault 27) The next version has a measure more: its worker takes a partition, gives it up, and takes it again.

    The older one counts on and leaves the unknown measure as it is; every other figure is the oracle's.
    """
    made = system(kafka.address, partitions=2)
    events = traffic(3_000, rate=20, residents=200)  # their pasts come first, then leads
    older = made.worker("older").start()
    newer = made.worker("newer", module="tests.evolution.next_measure").start()
    made.write(events[:1_500])
    made.drained(1_500, 60, [older, newer])
    assert newer.terminate() == 0, newer.tail()
    held = letters(made)
    assert held, "the newer worker had a partition and counted leads"
    made.write(events[1_500:2_200])
    made.drained(2_200, 60, [older])
    assert letters(made) == held, "the older worker had both"
    newer.start()
    assert older.terminate() == 0, older.tail()
    made.write(events[2_200:])
    made.drained(3_000, 60, [newer])
    assert letters(made).keys() > held.keys()
    made.board()
    assert_equals_the_oracle(made)
