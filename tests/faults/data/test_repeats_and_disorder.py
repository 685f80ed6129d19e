"""A log full of repeats and disorder, a worker killed in the middle: every number is the oracle's (16 to 19)."""

from __future__ import annotations

import random

import pytest

from tests.e2e.system import FORWARD
from tests.engine import log
from tests.faults.data import invariants
from tests.faults.data.records import DAY, HOUR, MINUTE, START, created, event, orders, traffic

pytestmark = pytest.mark.kafka

LONG_LIFE = 5_800
"""Events of one life: more than the 4,096 ids behind the facts that a journey keeps."""


def answered(number: int, at: int) -> tuple[bytes, bytes]:
    """Return an event of the long life."""
    return b"long", event(f"long-{number}", "long", "interaction.logged", at, direction="in", medium="chat")


@pytest.fixture(scope="module")
def disorder(shared_system, kafka, faults_seed):
    """An installation that has read the log, with a kill -9 on the way."""
    chance = random.Random(faults_seed)
    made = shared_system(kafka.address)
    live = traffic(faults_seed, 1_200)
    twins = [line for line in (created(f"twin-{number}") for number in range(50)) for _ in range(2)]
    worker = made.worker().start()
    made.write([*live, *twins])
    made.drained(len(live) + len(twins), 60, [worker])
    written = [*live, *twins]
    lives = list(orders())
    made.write(lives)
    worker.kill()
    again = chance.sample(written, 400)
    late = traffic(faults_seed + 1, 300, late=0.5)
    batch = traffic(faults_seed + 2, 200)
    made.write([*again, *late, *batch, *batch])
    written += [*lives, *again, *late, *batch, *batch]
    worker.start()
    made.drained(len(written), 60, [worker])
    made.board()
    return made, worker, written


def test_repeats_disorder_and_lateness_leave_every_number_right(disorder):
    """
    (fault 16) The same event twice in a batch, in another batch, and after kill -9: counted once, told as duplicates.

    (fault 17) A batch that a producer without idempotence sent twice: as fault 16.
    (fault 18) Five events of a life in all 120 orders: the same figures as in order.
    (fault 19) Events up to 20 hours late, half of all: the windows that they belong to are put right.
    """
    made, worker, written = disorder
    invariants.check(made, workers=[worker], acknowledged=written)
    books = made.accounting()
    assert books["duplicate"] >= 50 + 400 + 200
    assert books["dead"] > 0


def test_all_orders_of_a_life_end_in_the_same_state(disorder):
    """
    (fault 18) What is held of the 120 lives differs by name only: none waits where another was answered.
    """
    made, *_ = disorder
    waiting = {item["relationship"] for item in made.api("/api/v1/clocks?limit=1000")["items"]}
    assert not {who for who in waiting if who.startswith("order-")}


@pytest.mark.slow
@pytest.mark.long
def test_a_repeat_beyond_the_horizon_of_ids_is_counted_and_told_as_late(system, kafka):
    """
    (fault 16) A repeat within the 4,096 ids that a journey keeps behind its facts is a duplicate.

    One beyond is counted again: no more is promised, and it can be seen, because it is late by far.
    """
    made = system(kafka.address)
    life = [answered(number, START - 40 * DAY + number * 10 * MINUTE) for number in range(LONG_LIFE)]
    worker = made.worker().start()
    made.write(life)
    made.drained(len(life), 60, [worker])
    made.write([life[-4_000], life[0]])
    made.drained(len(life) + 2, 30, [worker])
    made.board()
    assert made.fates() == len(life) + 2
    books = made.accounting()
    assert (books["applied"], books["duplicate"], books["late"]) == (LONG_LIFE + 1, 1, 1)


def test_an_event_beyond_lateness_is_counted_in_its_own_time_and_told(system, kafka):
    """
    (fault 19) An event more than 24 hours behind its relationship: counted in the panes of its own time, told as late.

    One inside the lateness: counted, not told. The newest windows do not see either.
    """
    made = system(kafka.address)
    newest = START
    lines = [
        (b"ada", event("now", "ada", "interaction.logged", newest, direction="in", medium="chat")),
        (b"ada", event("inside", "ada", "interaction.logged", newest - 23 * HOUR, direction="in", medium="email")),
        (b"ada", event("outside", "ada", "interaction.logged", newest - 25 * HOUR, direction="in", medium="call")),
    ]
    worker = made.worker().start()
    made.write(lines)
    made.drained(3, 30, [worker])
    made.board()
    invariants.check(made, workers=[worker], acknowledged=lines)
    assert made.accounting()["late"] == 1


def test_the_log_itself_is_what_was_written(disorder):
    """
    (fault 17) The repeats are really in the topic: the test would be empty if the broker had dropped them.
    """
    made, _, written = disorder
    found = [record.value() or b"" for record in log.read(made.settings, made.settings.relationships_topic)]
    assert len([value for value in found if FORWARD not in value]) == len(written)
