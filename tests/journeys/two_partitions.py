"""A broker in a few lines: two partitions of one topic, their state topics, and what shards send to each other."""

from dataclasses import replace

from schemas import decode, encode
from stream_app.journeys.families import MEASURES
from stream_app.journeys.shard import Shard
from stream_app.kpis import CATALOGUE, all_samples
from stream_app.measures import keys
from stream_app.measures.accounting import Accounting
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies
from tests.journeys.generated import HOUR, START, Record

Entries = dict[bytes, bytes]
"""The durable entries of a state topic."""
POLICIES = Policies()
LINKS = {
    "crm.relationship.merged.v1": lambda data: data.into,
    "crm.lead.converted.v1": lambda data: data.customer_id,
}
"""The id that an event says to be one with its own."""
AREAS = frozenset(kpi.area for kpi in CATALOGUE.values())
OF_PEOPLE = AREAS - {"quality"}
"""Areas whose figures tell of people, and not of the records that came."""
LATER = START + 24 * 60 * HOUR


def partition_of(key):
    return sum(key) % 2


class Topic:
    """The source topic: a log for each partition."""

    def __init__(self):
        self.logs: tuple[list[Record], list[Record]] = [], []

    def put(self, key, value, headers=()):
        log = self.logs[partition_of(key)]
        log.append(Record(len(log), key, value, LATER, tuple(headers)))


class Version:
    """The state of one version: durable entries, and shards over them."""

    def __init__(self, topic, policies=POLICIES):
        self.topic, self.policies = topic, policies
        self.cells: tuple[Entries, Entries] = {}, {}
        self.journeys: tuple[Entries, Entries] = {}, {}
        self.committed = [0, 0]
        self.dead = []
        self.shards = [self._opened(number) for number in (0, 1)]

    def _opened(self, number):
        return Shard(number, self.policies, dict(self.cells[number]), dict(self.journeys[number]))

    def left(self, number):
        return len(self.topic.logs[number]) - self.committed[number]

    def step(self, number, size=1000, *, forwards=None, cells=None, journeys=None, commit=True):
        """Fold a batch; in a crash only so many forwards, cells and journeys are written, in that order."""
        start = self.committed[number]
        batch = self.topic.logs[number][start : start + size]
        if not batch:
            return
        changes = self.shards[number].apply(batch)
        crashed = not commit
        for sent in changes.forwards[:forwards]:
            self.topic.put(*sent)
        if forwards is None or forwards >= len(changes.forwards):
            _written(self.cells[number], changes.cells[:cells])
            if cells is None or cells >= len(changes.cells):
                _written(self.journeys[number], changes.journeys[:journeys])
        if crashed:
            self.shards[number] = self._opened(number)
        else:
            self.dead += changes.dead
            self.shards[number].durable(batch[-1].offset)
            self.committed[number] = start + len(batch)

    def drain(self, size=1000):
        """Fold until nobody has anything left to say."""
        for _ in range(100_000):
            if not (self.left(0) or self.left(1)):
                return
            for number in (0, 1):
                self.step(number, size)
        raise AssertionError("it never ends")

    def view(self, now):
        view = ReadModel([Window.parse(text) for text in self.policies.windows], MEASURES)
        for number, cells in enumerate(self.cells):
            for key, value in cells.items():
                view.update(number, key, value)
        view.advance(now)
        return view

    def numbers(self, now=START + 30 * HOUR, areas=AREAS):
        """Return every number of every KPI of *areas*."""
        return {
            (s.kpi, s.part, s.window, tuple(sorted(s.labels.items()))): (round(s.value, 6), s.n)
            for s in all_samples(self.view(now), CATALOGUE)
            if (s.value or s.n) and CATALOGUE[s.kpi].area in areas
        }

    def clocks(self):
        view = self.view(LATER)
        return sorted((c.clock, c.item, c.since) for name in view.clock_names() for c in view.clocks(name))

    def books(self):
        found = [cells.get(keys.ACCOUNTING) for cells in self.cells]
        return [Accounting() if value is None else Accounting.read(value) for value in found]


def _written(store, entries):
    for key, value in entries:
        if value is None:
            store.pop(key, None)
        else:
            store[key] = value


def one_by_one(records):
    """What the same events give when nobody is ever anybody else: one shard, in order of time."""
    topic = Topic()
    topic.logs[0].extend(replace(record, offset=offset) for offset, record in enumerate(records))
    version = Version(topic)
    version.drain()
    return version


def as_one(records):
    """The same events with one id for all that are one, without the merges: the meaning of a link."""
    events = [(record, decode(record.value)) for record in records]
    named = (LINKS[found.type](found.data) for _, found in events if found.type in LINKS)
    same = {name: name for name in (*(record.key.decode() for record in records), *named)}
    for record, found in events:
        other = LINKS[found.type](found.data) if found.type in LINKS else None
        if other is not None:
            one, two = same[record.key.decode()], same[other]
            same = {name: one if root == two else root for name, root in same.items()}
    told = []
    for record, found in sorted(events, key=lambda pair: pair[1].at):
        if found.type == "crm.relationship.merged.v1":
            continue
        who = same[record.key.decode()]
        fields = {name: getattr(found.data, name) for name in found.data.__struct_fields__ if name != "customer_id"}
        if found.type == "crm.order.placed.v1":
            fields["lines"] = [
                {name: getattr(line, name) for name in line.__struct_fields__ if getattr(line, name) is not None}
                for line in fields["lines"]
            ]
        value = encode(
            found.type, {name: value for name, value in fields.items() if value is not None},
            id=found.id, source=found.source, time=found.at, subject=who,
        )  # fmt: skip
        told.append(Record(0, who.encode(), value, LATER))
    return told
