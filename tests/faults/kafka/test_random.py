"""Random faults of every kind, for as long as one gives it, on the whole product and a real Kafka."""

from __future__ import annotations

import sys
import time
from random import Random

import pytest

from tests.e2e.system import System
from tests.faults.kafka.driver import SESSION_SECONDS, Chooser, play
from tests.faults.kafka.stage import Stage

CHECKPOINT_SECONDS = 50
CHECKPOINTS = 4
RATE = 150.0


@pytest.mark.kafka
@pytest.mark.long
@pytest.mark.timeout(0)
def test_no_invariant_fails_while_faults_of_every_kind_strike(
    tmp_path, broker, proxies, faults_seed, faults_minutes, record_property
):
    """
    (faults 1 to 14, 34, 38) Two or three workers, a board and traffic; I1 to I5 every minute, I6 and I7 after a round.

    Rounds of a few minutes, each an installation of its own with a seed of its own, until half the time is over.
    """
    started, number, faults = time.monotonic(), 0, 0
    until = started + faults_minutes * 30
    severe: list[str] = []

    def say(line: str) -> None:
        # For the captured output of a failure, and for who watches with -s.
        sys.stdout.write(f"{time.strftime('%H:%M:%S')} {time.monotonic() - started:7.1f} s  {line}\n")
        sys.stdout.flush()

    while number == 0 or time.monotonic() < until:
        seed = faults_seed + number
        number += 1
        chance = Random(seed)
        interval = chance.choice((0.2, 1.0, 15.0))
        say(f"round {number}: seed {seed}, commits every {interval} s")
        folder = tmp_path / f"round-{number}"
        folder.mkdir()
        made = System(folder, broker.address, commit_interval=interval, session_timeout=SESSION_SECONDS)
        stage = Stage(made, proxies, seed, RATE, say)
        try:
            stage.start(2)
            chooser = Chooser(stage, broker, chance)
            for checkpoint in range(CHECKPOINTS):
                stage.writer.go()
                faults += play(chooser, chance, CHECKPOINT_SECONDS, say)
                stage.check(f"checkpoint {number}.{checkpoint + 1} after {faults} faults")
                if time.monotonic() > until:
                    break
            stage.restart_from_state()
            severe += stage.logs()
        finally:
            stage.close()
            made.close()
    # A line in a log spoils nothing that comes after it, so all rounds are played before it is told.
    assert severe == [], "I7:\n" + "\n".join(severe[:40])
    done = f"{faults} random faults in {number} rounds and {(time.monotonic() - started) / 60:.1f} minutes"
    record_property("did", done)
    say(f"{done}; no invariant failed")
