"""More names than anyone can look at: breakdowns are capped, what is beyond is "other", totals stay exact (37)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stream_app.measures import keys
from tests.engine import log
from tests.faults.data.records import MINUTE, START, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.system import Event, System
    from tests.engine.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka

CAP = 25


def answered_leads(first: int, count: int) -> Iterator[Event]:
    """Yield leads, each of its own campaign and owner and answered by it, two events a lead."""
    for number in range(first, first + count):
        who = f"lead-{number}"
        yield who.encode(), event(f"{who}-a", who, channel="web", campaign_id=f"c{number}", owner_id=f"o{number}")
        at = START + MINUTE + number % 1_000
        yield who.encode(), event(f"{who}-b", who, "interaction.logged", at, direction="out", medium="call")


def resident_bytes(worker: WorkerProcess) -> int:
    """Return the memory that the worker's process has."""
    for line in Path(f"/proc/{worker.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def check_cap(system: System, leads: int) -> None:
    """Check that every breakdown keeps to the cap, that it adds up, and that the totals are exact."""
    gauges = system.settled_gauges(2 * leads)
    values: dict[tuple[str, str, str | None, str], dict[str, float]] = {}
    totals: dict[tuple[str, str, str | None], float] = {}
    for sample in gauges:
        labels = {name: value for name, value in sample.labels.items() if name in ("campaign", "owner_id")}
        if len(sample.labels) == 1 and labels:
            ((name, value),) = labels.items()
            values.setdefault((sample.kpi, sample.part, sample.window, name), {})[value] = sample.value
        elif not sample.labels:
            totals[sample.kpi, sample.part, sample.window] = sample.value
    assert {name for *_, name in values} == {"campaign", "owner_id"}
    assert totals["leads_created", "", "90d"] == leads
    for (kpi, part, window, name), shown in values.items():
        assert len(shown) <= CAP + 1, (kpi, part, window, name)
        if kpi == "leads_created":
            assert sum(shown.values()) == totals[kpi, part, window]
            assert shown["other"] >= leads - CAP * system.settings.partitions


def cells_of(system: System) -> int:
    """Return how many entries are published; not the clocks, of which those closed in the last batch are kept."""
    found = log.latest(system.settings, system.settings.cells_topic)
    return sum(keys.family(key) != keys.CLOCK for _, key in found)


def capped(system: System) -> float:
    """Return of how many labels values are hidden in "other" for want of a place, by the board's own metric."""
    lines = [line for line in system.get("/metrics").splitlines() if line.startswith("crm_kpi_model_capped_labels ")]
    (line,) = lines
    return float(line.rsplit(" ", 1)[1])


def make(system, kafka, tmp_path, **settings) -> tuple[System, WorkerProcess]:
    """Make an installation with a small cap and a worker."""
    policies = tmp_path / "policies.toml"
    policies.write_text(f"label_cap = {CAP}\n")
    made = system(kafka.address, policies=policies, **settings)
    return made, made.worker().start()


def test_more_owners_and_campaigns_than_the_cap_are_other(system, kafka, tmp_path):
    """
    (fault 37) Forty times as many campaigns and owners as the cap: no breakdown shows more than the cap and "other".

    Values and "other" add up to the exact total, and a metric tells that a label is capped.
    """
    made, worker = make(system, kafka, tmp_path)
    made.write(answered_leads(0, CAP))
    made.drained(2 * CAP, 30, [worker])
    made.board()
    made.settled_gauges(2 * CAP)
    assert capped(made) == worker.metric("crm_kpi_capped_labels_total") == 0
    made.write(answered_leads(CAP, 39 * CAP))
    made.drained(80 * CAP, 60, [worker])
    check_cap(made, 40 * CAP)
    assert capped(made) > 0
    assert worker.metric("crm_kpi_capped_labels_total") > 0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_hundred_thousand_owners_and_campaigns_cost_bounded_memory(system, kafka, tmp_path):
    """
    (fault 37) 100,000 campaigns and owners: cells do not grow with the names beyond the cap, the board stays small.

    The worker's memory grows by no more than its journeys do.
    """
    made, worker = make(system, kafka, tmp_path)
    made.write(answered_leads(0, 20_000))
    made.drained(40_000, 120, [worker])
    cells, memory = cells_of(made), resident_bytes(worker)
    made.write(answered_leads(20_000, 80_000))
    made.drained(200_000, 300, [worker])
    board = made.board()
    check_cap(made, 100_000)
    assert cells_of(made) < 2 * cells
    assert resident_bytes(worker) - memory < 80_000 * 4_000
    assert resident_bytes(board) < 400 * 2**20
    assert worker.exit_code is None
