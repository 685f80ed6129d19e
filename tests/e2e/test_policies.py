"""Published policies: workers and boards follow without being restarted, and what was promised stays promised."""

import time
from http.client import HTTPException

import pytest

from schemas import encode
from tests.e2e.system import System
from tests.engine.worker_process import WorkerProcess

BEFORE = 'response = [{ within = "1h", name = "slow" }]\n'
AFTER = """\
response = [{ within = "2h", name = "slower" }]
[[goals]]
kpi = "leads_waiting"
at_most = 1
"""


def lead(who):
    value = encode("crm.lead.created.v1", {"channel": "web"}, id=who, source="/crm/live", time=now_ms(), subject=who)
    return who.encode(), value


def now_ms():
    return int(time.time() * 1000)


def run(made: System, name: str, *arguments) -> str:
    """Run a command of the product to its end, and return what it said."""
    process = made._process(name, *map(str, arguments)).start(wait=False)
    made._until(lambda: process.exit_code is not None, 30, f"{name} does not end")
    assert process.exit_code == 0, process.tail()
    return process.tail()


def promised(made: System) -> dict[str, tuple[str, float]]:
    """Return what is promised to whom: the policy, and the hours until it is due."""
    return {
        clock["relationship"]: (clock["policy"], round((clock["due_in_seconds"] + clock["waiting_seconds"]) / 3600, 3))
        for clock in made.api("/api/v1/clocks?clock=lead_response")["items"]
    }


def goals_met(made: System) -> dict[str, float] | None:
    """Return which goals are met, None where the board starts anew that moment."""
    try:
        return {s.labels["kpi"]: s.value for s in made.gauges() if s.kpi == "kpi_goal_met"}
    except (OSError, HTTPException):
        return None


def restarts(worker: WorkerProcess) -> int:
    return worker.log.read_text(errors="replace").count("this worker starts anew")


@pytest.mark.slow
def test_everybody_follows_what_was_published_and_old_clocks_keep_their_due_time(system, embedded_kafka, tmp_path):
    """
    A worker that runs, one that starts later and the board go by the published file, until it is withdrawn.
    """
    own, published = tmp_path / "own.toml", tmp_path / "published.toml"
    own.write_text(BEFORE)
    published.write_text(AFTER)
    made: System = system(embedded_kafka.address, one_record_batches=True, clock="live", policies=own)
    worker = made.worker().start()
    made.board()
    made.write([lead("ada")])
    made.drained(1, 20, [worker])
    made._until(lambda: promised(made) == {"ada": ("slow", 1.0)}, 10, "the first clock is not there")
    assert goals_met(made) == {}

    assert "published: workers and boards follow" in run(made, "apply", "policies", "apply", published)
    assert "the policies published at" in run(made, "show", "policies", "show", "--json")
    made._until(lambda: made.ready() and goals_met(made) == {"leads_waiting": 1.0}, 40, "the board does not follow")
    made._until(lambda: restarts(worker) == 1, 20, "the worker does not follow")
    worker.wait_ready()
    made.write([lead("bob")])
    made.drained(2, 40, [worker])
    made._until(lambda: len(promised(made)) == 2, 10, "the second clock is not there")
    assert promised(made) == {"ada": ("slow", 1.0), "bob": ("slower", 2.0)}
    made._until(lambda: goals_met(made) == {"leads_waiting": 0.0}, 5, "two wait, and one may")

    run(made, "withdraw", "policies", "apply", "--withdraw")
    made._until(lambda: restarts(worker) == 2, 20, "the worker does not go back")
    made._until(lambda: made.ready() and goals_met(made) == {}, 40, "the board does not go back")
    worker.wait_ready()
    made.write([lead("eve")])
    made.drained(3, 40, [worker])
    made._until(lambda: len(promised(made)) == 3, 10, "the third clock is not there")
    assert promised(made)["eve"] == ("slow", 1.0)
    assert worker.exit_code is None
