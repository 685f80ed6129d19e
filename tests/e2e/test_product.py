"""Events in, gauges out: the numbers of a board equal an independent fold of the topic."""

import random
import threading
import time
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stream_app.cli import app
from stream_app.kpis import CATALOGUE
from stream_app.kpis.evaluation import fold
from stream_app.kpis.quality import OF_DELIVERIES
from stream_app.policies import Policies
from stream_app.simulate import Options, generate
from tests.e2e.system import System
from tests.engine import log
from tests.engine.worker_process import WorkerProcess
from tests.oracle.compare import differences
from tests.oracle.fold import accounting, numbers
from tests.reference.figures import (
    check_bank_call_centre,
    check_helpdesk,
    check_maven,
    check_olist,
    check_ravenstack,
    folder,
)

START = 1_772_445_600_000  # 2026-03-02T10:00:00Z
EXAMPLES = Path(__file__).parents[2] / "examples"
FAMILY_NAMES = ("relationships", "users", "campaigns")


def traffic(count, families=("relationships",), **options):
    """So many records of the simulator, with retries, late mail and broken records among them."""
    made = generate(
        20260302,
        START,
        Options(duplicates=0.02, late=0.03, broken=0.01, squeeze=0.52, families=families, **options),
    )
    return [(record.key, record.value) for record in islice(made, count)]


def assert_equals_the_oracle(system):
    """Fold the topic independently and compare every number of every KPI."""
    records = system.told()
    gauges = system.settled_gauges(len(records))
    now = int(datetime.fromisoformat(system.api("/api/v1/kpis")["at"]).timestamp() * 1000)

    assert differences(numbers(records, now, arrived=True), gauges) == []
    valid, duplicates, bad = accounting(records, arrived=True)
    books = system.accounting()
    assert (books["applied"], books["duplicate"], books["dead"]) == (valid, duplicates, bad)
    assert valid + duplicates + bad == len(records)


def test_gauges_equal_an_independent_fold_on_the_embedded_broker(system, embedded_kafka):
    """
    One worker that is killed once and asked to stop once; all KPIs equal the oracle.
    """
    made: System = system(embedded_kafka.address, one_record_batches=True)
    events = traffic(4_000, rate=20, residents=400)
    worker = made.worker().start()
    made.write(events[:2_000])
    worker.kill()
    worker.start()
    made.write(events[2_000:])
    made.drained(len(events), 90, [worker])
    made.board()

    assert_equals_the_oracle(made)
    assert worker.terminate() == 0, worker.tail()


def test_all_families_are_folded_beside_each_other(system, embedded_kafka):
    """
    Relationships, users and campaigns through one worker that is killed: the figures are those of a fold of the files.
    """
    made: System = system(embedded_kafka.address, one_record_batches=True, partitions=2)
    events = traffic(2_500, families=FAMILY_NAMES, rate=20, residents=400)
    worker = made.worker().start()
    made.write(events[:1_200])
    worker.kill()
    made.write(events[1_200:])
    worker.start()
    made.drained(len(events), 90, [worker])
    made.board()

    gauges = made.settled_gauges(len(events))
    read = {topic: log.read(made.settings, topic) for topic in made.settings.sources.values()}
    assert all(read.values())
    lines = [message.value() or b"" for messages in read.values() for message in messages]
    now = int(datetime.fromisoformat(made.api("/api/v1/kpis")["at"]).timestamp() * 1000)
    samples = list(fold(lines, Policies(), now).samples(CATALOGUE))
    assert {CATALOGUE[sample.kpi].area for sample in samples} >= {"adoption", "quality", "marketing"}
    expected = {}
    for sample in samples:
        labels = dict(sample.labels)
        window = labels.pop("window", sample.window)  # on a gauge, a goal's window is a window like any other
        expected[sample.kpi, sample.part, window, tuple(sorted(labels.items()))] = sample.value
    found = differences(expected, gauges)
    # A file is folded in order of time, and its broken lines count now: how events arrive is another story there.
    assert [line for line in found if line.split()[0] not in OF_DELIVERIES] == []
    assert worker.terminate() == 0, worker.tail()


class Chaos:
    """Two workers under load: one of them is killed every now and then, a third joins and one leaves."""

    def __init__(self, system: System, seed: int) -> None:
        self.chance = random.Random(seed)
        self.system = system
        self.workers: list[WorkerProcess] = [system.worker(f"worker-{number}").start() for number in range(2)]
        self.kills = 0

    def pause(self) -> None:
        time.sleep(self.chance.uniform(0.3, 2.5))

    def kill(self) -> None:
        victim = self.chance.choice(self.workers)
        victim.kill()
        self.kills += 1
        self.pause()
        victim.start(wait=False)

    def join(self) -> None:
        self.workers.append(self.system.worker("worker-joined").start())

    def leave(self) -> None:
        leaver = self.workers.pop(0)
        if leaver.exit_code is None:
            leaver.wait_ready()
        assert leaver.terminate(30) == 0, leaver.tail()

    def settled(self) -> None:
        """Let every worker that is still there come up again."""
        for worker in self.workers:
            worker.wait_ready()


@pytest.mark.kafka
@pytest.mark.timeout(600)
def test_fifty_thousand_events_through_kills_joins_and_leaves(system, kafka):
    """
    50,000 events, two workers, six kill -9 at random moments, one joins, one leaves: nothing lost, nothing double.
    """
    made: System = system(kafka.address)
    events = traffic(50_000, rate=40, residents=4_000)
    writing = threading.Thread(target=made.write, args=(events,), kwargs={"rate": 1_500})
    chaos = Chaos(made, seed=5)
    writing.start()
    for act in (chaos.kill, chaos.kill, chaos.join, chaos.kill, chaos.kill, chaos.leave, chaos.kill, chaos.kill):
        chaos.pause()
        act()
    writing.join()
    chaos.settled()
    made.drained(len(events), 180, chaos.workers)
    made.board()

    assert chaos.kills >= 5
    assert_equals_the_oracle(made)


@pytest.mark.data
@pytest.mark.parametrize(
    ("mapping", "data", "pattern", "window", "check"),
    [
        pytest.param("olist.toml", "olist-marketing-funnel", "*.csv", "730d", check_olist, id="olist"),
        pytest.param("helpdesk.toml", "helpdesk-italian", "helpdesk.csv", "2000d", check_helpdesk, id="helpdesk"),
        pytest.param(
            "maven-crm-sales.toml", "maven-crm-sales", "sales_pipeline.csv", "730d", check_maven, id="maven-crm-sales"
        ),
        # All files but that of the usage, which goes into the topic of the users.
        pytest.param(
            "ravenstack-saas.toml", "ravenstack-saas", "*s.csv", "731d", check_ravenstack, id="ravenstack-saas"
        ),
        pytest.param(
            "bank-call-centre.toml",
            "bank-call-centre",
            "august_calls.csv",
            "40d",
            check_bank_call_centre,
            id="bank-call-centre",
        ),
    ],
)
@pytest.mark.kafka
def test_imported_data_gives_the_published_figures_on_gauges(
    system, kafka, tmp_path, mapping, data, pattern, window, check
):
    """
    Import into Kafka, fold, scrape: the same figures as others computed from the same files; twice changes nothing.
    """
    policies = tmp_path / "policies.toml"
    policies.write_text(f'windows = ["{window}"]\n[money]\nreporting = "USD"\n')
    made: System = system(kafka.address, policies=policies)
    worker = made.worker().start()
    files = [str(path) for path in sorted(folder(data).glob(pattern))]
    environment = {
        f"CRM_PULSE_{name.upper()}": str(value)
        for name, value in made.settings.model_dump(exclude_defaults=True).items()
    }
    for _ in range(2):
        result = CliRunner().invoke(
            app,
            ["import", str(EXAMPLES / mapping), *files, "--rejects", str(tmp_path / "rejects.csv")],
            env=environment,
        )
        assert result.exit_code == 0, result.output
    made.drained(1, 60, [worker])
    records = len(made.told(150))
    made.board()

    found = {(s.kpi, s.part, tuple(sorted(s.labels.items()))): s.value for s in made.settled_gauges(records)}

    def find(kpi, part, **labels):
        return found.get((kpi, part, tuple(sorted(labels.items()))))

    check(find)
    assert made.accounting()["duplicate"] == records // 2
