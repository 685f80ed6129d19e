"""The benchmark: the worker beside plain Faust, doing the same work in the same run."""

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_worker_is_at_least_fifteen_times_as_fast_as_plain_faust():
    """
    `crm-pulse bench` prints every stage, and the worker's ratio to plain Faust on the same work is 15 or more.
    """
    command = [sys.executable, "-m", "stream_app", "bench", "--events", "20000", "--plain-events", "600", "--json"]

    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=380)

    result = json.loads(done.stdout)
    assert [lap["name"] for lap in result["laps"]] == [
        "decode",
        "decode and fold, whole catalogue",
        "worker, whole catalogue",
        "plain Faust, lead response only",
        "plain Faust, same work",
    ]
    assert result["ratios"]["worker to plain Faust, same work"] >= 15
