"""Random faults on the engine's own code in a simulated world.

A failure prints its seed. Again, exactly: ``pytest tests/faults/test_simulator.py --faults-seed N``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.simulator import chaos

ROOT = Path(__file__).parents[2]
_QUICK_SECONDS = 10.0
_QUICK_RUNS = 80
_LONG_RUNS = 10_000


def check(seed: int) -> None:
    outcome = chaos.run(chaos.plan(seed))
    if outcome.problems:
        pytest.fail(f"replay with --faults-seed {seed}\n{chaos.smaller(outcome)}", pytrace=False)


def test_eighty_random_runs(faults_seed):
    """Kills, frozen and lost workers, rebalances, compaction, refusals and repetitions.

    (fault 1) (fault 2) (fault 3) (fault 8) (fault 15) (fault 16) (fault 17) (fault 21) (fault 22) (fault 24)
    """
    started = time.monotonic()
    for seed in range(faults_seed, faults_seed + _QUICK_RUNS):
        check(seed)
        if time.monotonic() - started > _QUICK_SECONDS:
            break


@pytest.mark.long
@pytest.mark.timeout(0)
def test_ten_thousand_random_runs(faults_seed, faults_minutes, record_property):
    """As above, until all are done or a quarter of the time is over.

    (fault 1) (fault 2) (fault 3) (fault 8) (fault 15) (fault 16) (fault 17) (fault 21) (fault 22) (fault 24)
    """
    until, done = time.monotonic() + faults_minutes * 15, 0
    while not done or (done < _LONG_RUNS and time.monotonic() < until):
        check(faults_seed + done)
        done += 1
    record_property("did", f"{done:,} random runs in the simulator")


def test_a_seed_does_the_same_in_every_process():
    """
    The trace is a function of the seed: not of the order of sets, the clock, or what ran before.
    """
    code = (
        "from tests.faults.simulator import chaos\n"
        "for seed in (3, 11): print('\\n'.join(chaos.run(chaos.plan(seed)).trace), chaos.run(chaos.plan(seed)).steps)"
    )
    traces = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hashes, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for hashes in ("1", "2")
    ]
    assert traces[0] == traces[1]
    assert len(traces[0].splitlines()) > 4
