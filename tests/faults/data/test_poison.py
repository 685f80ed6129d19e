"""Poison by the hundred: every record is counted or buried with its reason, and its neighbours are unharmed (23)."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaProducer

from schemas import REASONS
from tests.engine import log
from tests.faults.data import invariants
from tests.faults.data.records import Odd, created, event, headers_of, mutated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.e2e.system import System
    from tests.engine.worker_process import WorkerProcess

pytestmark = pytest.mark.kafka


class RawName(str):
    """The name of a header that is sent as other bytes than its text, as a client in another language may."""

    __slots__ = ("raw",)
    raw: bytes

    @classmethod
    def of(cls, raw: bytes) -> RawName:
        """Return a name that is sent as *raw*."""
        made = cls(raw.decode("latin-1"))
        made.raw = raw
        return made

    def encode(self, *_: str, **__: str) -> bytes:
        """Return the bytes that are sent."""
        return self.raw


def write_odd(system: System, records: Iterable[Odd]) -> None:
    """Produce records with headers."""
    out = log.producer(system.settings)
    for number, (key, value, headers) in enumerate(records):
        out.produce(system.settings.relationships_topic, value, key, partition=number % 4, headers=headers)
        out.poll(0)
    assert out.flush(60) == 0


def with_neighbours(odd: Sequence[Odd], run: str) -> list[Odd]:
    """Put a good record behind each odd one, in the same partition: four odd ones, four good ones, and so on."""
    good = [Odd(*created(f"after-{run}-{number}"), []) for number in range(len(odd))]
    return [record for at in range(0, len(odd), 4) for record in (*odd[at : at + 4], *good[at : at + 4])]


def leads(system: System) -> float:
    """Return the number of leads on the gauges."""
    return next(s.value for s in system.gauges() if s.kpi == "leads_created" and s.window == "90d" and not s.labels)


def check_fuzz(system: System, worker: WorkerProcess, *, killed: bool = False) -> None:
    """Check what must hold whatever was written: nothing vanishes, letters are whole, neighbours count.

    A record of a batch that kill -9 has cut may have its letter twice: it is written before the batch is complete.
    """
    settings = system.settings
    invariants.check(system, workers=[worker], oracle=False)
    records = {(m.partition(), m.offset()): m for m in log.read(settings, settings.relationships_topic)}
    letters = log.read(settings, settings.dead_letters_topic)
    places: Counter[tuple[int, int]] = Counter()
    for letter in letters:
        headers = headers_of(letter)
        place = int(headers["source-partition"]), int(headers["source-offset"])
        places[place] += 1
        source = records[place]
        assert (letter.key(), letter.value()) == (source.key(), source.value())
        reason = headers["reason"].decode()
        assert reason in REASONS
        assert reason != "unfoldable", f"a defect: {headers['message']!r} of {source.value()!r}"
    assert len(places) == system.accounting()["dead"]
    assert killed or set(places.values()) <= {1}, "a record has two letters"
    buried = set(places)
    neighbours = [place for place, m in records.items() if (m.key() or b"").startswith(b"after-")]
    assert neighbours
    assert not buried & set(neighbours), "a good record was buried"


@pytest.fixture(scope="module")
def fuzzed(shared_system, kafka, faults_seed):
    """An installation that runs, and has read some hundred mutated records."""
    made = shared_system(kafka.address)
    worker = made.worker().start()
    chance = random.Random(faults_seed)
    records = with_neighbours([mutated(chance, number) for number in range(400)], "first")
    write_odd(made, records)
    made.drained(len(records), 60, [worker])
    made.board()
    return made, worker


def test_mutated_records_are_counted_or_buried_and_nothing_else(fuzzed):
    """
    (fault 23) Whatever is done to a valid CloudEvent, it counts, or is a dead letter with reason, place and all bytes.

    Bytes are turned, cut, repeated and inserted, JSON values replaced, keys are null, empty or no text, headers of
    binary mode at random. The good record behind each of them counts; the worker never ends.
    """
    made, worker = fuzzed
    check_fuzz(made, worker)
    assert leads(made) >= 400


BINARY = [
    ("content-type", b"application/json"), ("ce_specversion", b"1.0"), ("ce_type", b"crm.lead.created.v1"),
    ("ce_source", b"/crm/faults"), ("ce_time", b"2026-03-02T10:00:00Z"),
]  # fmt: skip

ODD = {
    "binary mode": (Odd(b"b1", b'{"channel":"web"}', [*BINARY, ("ce_id", b"b1")]), ""),
    "binary mode without id": (Odd(b"b2", b'{"channel":"web"}', list(BINARY)), "bad_envelope"),
    "binary mode, id no text": (Odd(b"b3", b"{}", [*BINARY, ("ce_id", b"\xff")]), "bad_envelope"),
    "a batch of events": (Odd(b"b4", b"[]", [("content-type", b"application/cloudevents-batch+json")]), "bad_envelope"),
    "header without value": (Odd(b"b5", event("b5", "b5"), [("trace", None)]), ""),
    "header value no text": (Odd(b"b6", event("b6", "b6"), [("trace", b"\xff\xfe")]), ""),
    "header name empty": (Odd(b"b7", event("b7", "b7"), [("", b"x")]), ""),
    "2,000 headers": (Odd(b"b8", event("b8", "b8"), [("h", b"x")] * 2_000), ""),
    "null key": (Odd(None, event("b9", "b9"), []), "no_key"),
    "key no text": (Odd(b"\xff\xfe", event("b10", "b10"), []), "no_key"),
    "tombstone": (Odd(b"b11", None, []), "tombstone"),
    "gzip garbage": (Odd(b"b12", b"\x1f\x8b\x08\x00garbage", []), "not_utf8"),
    "avro": (Odd(b"b13", b"\x00\x00\x00\x00\x01\x06web", []), "bad_json"),
}
"""Kind: record, and the reason it is buried with, empty where it counts."""


def test_each_kind_of_odd_record_has_its_fate(fuzzed):
    """
    (fault 23) Binary mode, odd headers, null key, tombstone, gzip garbage: counted, or buried with the right reason.

    What CloudEvents bodies can be is in tests/e2e/test_poison.py, one of a kind, on both brokers.
    """
    made, worker = fuzzed
    before = len(log.read(made.settings, made.settings.dead_letters_topic))
    total = made.fates()
    write_odd(made, [record for record, _ in ODD.values()])
    made.drained(total + len(ODD), 30, [worker])
    letters = log.read(made.settings, made.settings.dead_letters_topic)
    wanted = Counter(reason for _, reason in ODD.values() if reason)
    assert len(letters) - before == wanted.total()
    by_key = {(letter.key(), letter.value()): headers_of(letter)["reason"].decode() for letter in letters}
    found = {kind: by_key.get((record.key, record.value), "") for kind, (record, _) in ODD.items()}
    assert found == {kind: reason for kind, (_, reason) in ODD.items()}
    made.settled_gauges(total + len(ODD))


def test_a_header_whose_name_is_no_text_does_not_stop_the_worker(system, kafka):
    """
    (fault 23) Header names and values that are not UTF-8: Kafka's protocol says text, its broker does not look.

    The record counts like any other, and so does its neighbour.
    """
    made = system(kafka.address, partitions=1)
    worker = made.worker().start()
    out = KafkaProducer(bootstrap_servers=made.settings.brokers)
    for number, name in enumerate((b"good", b"\xff\xfe", b"\xc3(", b"ce_\xff")):
        key, value = created(f"header-{number}")
        assert key is not None
        headers = [(RawName.of(name), b"\xff\x00")]
        out.send(made.settings.relationships_topic, value, key, headers, partition=0).get(20)
    out.close()
    poisoned = Odd(b"buried", b"no event", [])
    write_odd_to_one(made, poisoned)
    made.drained(5, 30, [worker])
    made.board()
    made.settled_gauges(5)
    books = made.accounting()
    assert books["applied"] + books["dead"] == 5
    assert books["dead"] <= 2, "at most the one that says ce_, and the one that is no event"


def write_odd_to_one(system: System, record: Odd) -> None:
    """Produce one record to partition 0."""
    out = log.producer(system.settings)
    out.produce(system.settings.relationships_topic, record.value, record.key, partition=0, headers=record.headers)
    assert out.flush(60) == 0


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_mutated_records_for_minutes(system, kafka, faults_seed, faults_minutes):
    """
    (fault 23) As above, with new mutations until a tenth of the time is over, and kill -9 between the rounds.
    """
    made = system(kafka.address)
    worker = made.worker().start()
    until = time.monotonic() + faults_minutes * 6
    total, rounds = 0, 0
    while time.monotonic() < until or not rounds:
        chance = random.Random(faults_seed * 1_000 + rounds)
        odd = [mutated(chance, rounds * 2_000 + number) for number in range(2_000)]
        records = with_neighbours(odd, f"round-{rounds}")
        write_odd(made, records)
        if rounds % 3 == 1:
            worker.kill()
            worker.start()
        total += len(records)
        made.drained(total, 120, [worker])
        rounds += 1
    made.board()
    check_fuzz(made, worker, killed=True)
