"""Who is one and the same, on a real Kafka: merges across partitions under kill -9, and what is left of the erased."""

import random
import threading
import time

import pytest
from kafka.admin import ConfigResource

from schemas import encode
from stream_app.engine import topics
from stream_app.journeys.families import MEASURES
from stream_app.kpis import CATALOGUE, all_samples
from stream_app.kpis.evaluation import fold
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies
from tests.e2e.system import System
from tests.engine import log
from tests.journeys.generated import HOUR, MINUTE, START, Record
from tests.journeys.two_partitions import LATER, as_one
from tests.oracle.compare import differences

OF_PEOPLE = {name: kpi for name, kpi in CATALOGUE.items() if kpi.area != "quality"}
"""KPIs that tell of people, and not of the records that came."""
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


class Told:
    """Events as a CRM tells them, of many people in few words."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.records = []

    def tell(self, who, name, at, **data):
        number = len(self.records)
        value = encode(f"crm.{name}.v1", data, id=f"e{number}", source="/crm/e2e", time=START + at, subject=who)
        self.records.append(Record(number, who.encode(), value, LATER))

    def life(self, who):
        """Tell of a lead, its case, some talk, and perhaps an order."""
        begin = self.chance.randrange(8 * HOUR)
        self.tell(who, "lead.created", begin, channel=self.chance.choice(["web", "phone"]), team="north")
        self.tell(who, "case.opened", begin + MINUTE, case_id=f"c-{who}", priority="normal", team="north")
        for minutes in sorted(self.chance.sample(range(5, 600), self.chance.randint(0, 4))):
            way = self.chance.choice(["in", "out"])
            self.tell(who, "interaction.logged", begin + minutes * MINUTE, direction=way, medium="call")
        if self.chance.random() < 0.5:
            self.tell(who, "case.resolved", begin + self.chance.randint(5, 600) * MINUTE, case_id=f"c-{who}")
        if self.chance.random() < 0.3:
            lines = [{"sku": "s", "quantity": 1, "price": 100}]
            at = begin + self.chance.randint(5, 600) * MINUTE
            self.tell(who, "order.placed", at, order_id=f"o-{who}", currency="EUR", lines=lines)


def people(seed, count):
    """Return the events, in an order of their own, of so many people, of whom most are one with somebody else."""
    told = Told(seed)
    names = [f"p{number}" for number in range(count)]
    for who in names:
        told.life(who)
    for who in told.chance.sample(names, count * 3 // 5):
        other = told.chance.choice(names)
        at = told.chance.randrange(18 * HOUR)
        if told.chance.random() < 0.5:
            told.tell(who, "lead.converted", at, customer_id=other)
        elif other != who:
            told.tell(who, "relationship.merged", at, into=other)
    told.chance.shuffle(told.records)
    return told.records


def test_merges_across_partitions_survive_kill_9(system, kafka):
    """
    600 of 1,000 people are one with others, on four partitions; both workers are killed again and again.

    The figures are those of the same events told under one id for each who is one.
    """
    records = people(20260302, 1_000)
    made: System = system(kafka.address)
    workers = [made.worker(f"worker-{number}").start() for number in range(2)]
    events = [(record.key, record.value) for record in records]
    writing = threading.Thread(target=made.write, args=(events,), kwargs={"rate": 1_000})
    writing.start()
    chance = random.Random(7)
    for _ in range(4):
        time.sleep(chance.uniform(0.3, 1.0))
        victim = chance.choice(workers)
        victim.kill()
        victim.start()
    writing.join()
    made.drained(len(events), 120, workers)
    assert len(made.told()) == len(events)

    found, books = published(made)
    told = fold([record.value for record in as_one(records)], Policies(), found.now)
    merges = sum(b"relationship.merged" in record.value for record in records)
    assert differences(figures(told.view), list(all_samples(found, OF_PEOPLE))) == []
    assert (books.applied, books.duplicates, books.dead) == (len(events), 0, 0)
    assert books.forwarded >= merges


def published(system):
    """Return what the workers have published of relationships, as a board reads it, and the books."""
    view = ReadModel([Window.parse(text) for text in Policies().windows], MEASURES)
    for (partition, key), value in log.latest(system.settings, system.settings.cells_topic).items():
        view.update(partition, key, value)
    view.advance(view.watermark)
    return view, view.accounting()


def figures(view):
    """Return the value of every number."""
    return {(s.kpi, s.part, s.window, tuple(sorted(s.labels.items()))): s.value for s in all_samples(view, OF_PEOPLE)}


HASTY = {
    "segment.ms": "300",
    "min.cleanable.dirty.ratio": "0.001",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "300",
    "delete.retention.ms": "100",
    "file.delete.delay.ms": "0",
}


@pytest.mark.long
def test_nothing_of_the_erased_is_left_in_a_state_topic(system, own_kafka):
    """
    After compaction no state topic holds an id or a word of who was erased, merged ones included; totals stay.
    """
    made: System = system(own_kafka.address, idle_interval=1)
    worker = made.worker().start()
    told = Told(1)
    secret = "zz-top-secret"
    for who in (f"{secret}-1", f"{secret}-2", f"{secret}-3", "known"):
        told.life(who)
        told.tell(who, "customer.created", 9 * HOUR, segment="smb")
    told.tell(f"{secret}-1", "relationship.merged", 20 * HOUR, into=f"{secret}-2")
    told.tell(f"{secret}-3", "lead.converted", 20 * HOUR, customer_id=f"{secret}-2")
    made.write([(record.key, record.value) for record in told.records])
    made.told()
    held = _holding(made, secret)
    assert held["journeys"] >= 3
    assert held["cells"] > 0  # open clocks
    before = figures(published(made)[0])["leads_created", "", "24h", ()]

    gone = Told(2)
    gone.tell("e", "lead.created", 0, channel="web")  # another id of an event than those above
    gone.records.clear()
    erasure = encode("crm.relationship.erased.v1", {}, id="erase", source="/crm/e2e", time=START + 22 * HOUR,
                     subject=f"{secret}-2")  # fmt: skip
    made.write([(f"{secret}-2".encode(), erasure)])
    made.told()
    with topics.admin(made.settings) as client:
        state = [made.settings.cells_topic, made.settings.journeys_topic]
        client.alter_configs([ConfigResource("TOPIC", name, HASTY) for name in state])
    deadline = time.monotonic() + 60
    number = 0
    while any(_holding(made, secret).values()):
        assert time.monotonic() < deadline, _holding(made, secret)
        number += 1
        for nudge in range(8):  # every partition: a segment is closed by the next write only
            gone.tell(f"nudge-{number}-{nudge}", "customer.created", 23 * HOUR)
        made.write([(record.key, record.value.replace(b'"e', b'"n%d-' % number, 1)) for record in gone.records])
        gone.records.clear()
        time.sleep(0.7)
    worker.kill()
    worker.start()
    made.write([(record.key, record.value) for record in told.records])  # all of it once more
    made.told()

    found, _ = published(made)
    assert _live(made, secret) == 0
    assert figures(found)["leads_created", "", "24h", ()] == before > 0
    assert {clock.relationship for clock in found.clocks("case_resolution")} <= {"known"}


def _holding(system, word):
    """Count the records of each state topic that have a word in key or value, tombstones included."""
    names = {"cells": system.settings.cells_topic, "journeys": system.settings.journeys_topic}
    return {
        table: sum(
            word.encode() in (one.key() or b"") + (one.value() or b"") for one in log.read(system.settings, name)
        )
        for table, name in names.items()
    }


def _live(system, word):
    entries = [
        entry
        for name in (system.settings.cells_topic, system.settings.journeys_topic)
        for entry in log.latest(system.settings, name).items()
    ]
    return sum(word.encode() in key + value for (_, key), value in entries)
