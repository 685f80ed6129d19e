"""The state topics of all families as a broker keeps them, and the numbers that a board makes of them."""

from collections import Counter

from stream_app.journeys.families import FAMILIES, MEASURES
from stream_app.journeys.shard import Shard
from stream_app.kpis import CATALOGUE, all_samples
from stream_app.kpis.quality import OF_DELIVERIES
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies
from tests.journeys.generated import HOUR, START, Record, numbered

POLICIES = Policies()
NOW = START + 30 * HOUR


class Log:
    """What a broker keeps of the state topics of all families, and a shard over each pair of them."""

    def __init__(self):
        self.cells: dict[str, dict[bytes, bytes]] = {family.name: {} for family in FAMILIES}
        self.journeys: dict[str, dict[bytes, bytes]] = {family.name: {} for family in FAMILIES}
        self.open()

    def open(self):
        self.shards = {
            family.name: Shard(0, POLICIES, dict(self.cells[family.name]), dict(self.journeys[family.name]), family)
            for family in FAMILIES
        }

    def apply(self, records, keep_cells=None, keep_journeys=None):
        """Fold a batch of each family; only the first so many entries reach the broker, as in a crash.

        Return what is to be sent to other relationships.
        """
        sent = []
        for name, shard in self.shards.items():
            changes = shard.apply([record for record in records if record.family == name])
            for store, entries, keep in (
                (self.cells[name], changes.cells, keep_cells),
                (self.journeys[name], changes.journeys, keep_journeys),
            ):
                for key, value in entries[:keep]:
                    if value is None:
                        store.pop(key, None)
                    else:
                        store[key] = value
            sent += changes.forwards
        return sent

    def durable(self, records):
        """Let the shards know that all that *records* changed is written."""
        for record in records:
            self.shards[record.family].durable(record.offset)


def view_of(log, now=NOW):
    view = ReadModel([Window.parse(text) for text in POLICIES.windows], MEASURES)
    for source, cells in enumerate(log.cells.values()):
        for key, value in cells.items():
            view.update(source, key, value)
    view.advance(now)
    return view


def numbers(log, now=NOW):
    """Every number of every KPI, as text, so that floats compare as they print."""
    samples = all_samples(view_of(log, now), CATALOGUE)
    return {
        (s.kpi, s.part, s.window, tuple(sorted(s.labels.items()))): (round(s.value, 9), s.n)
        for s in samples
        if s.value or s.n  # a breakdown whose last item left may still show its 0
    }


def said(log, now=NOW):
    """The numbers of what events say, without those of how they arrive: order and repetition change nothing in them."""
    return {name: number for name, number in numbers(log, now).items() if name[0] not in OF_DELIVERIES}


def settled(records, batch=1000):
    log = Log()
    records = numbered(records)
    for start in range(0, len(records), batch):
        log.apply(records[start : start + batch])
        log.durable(records[start : start + batch])
    return log


def delivered(records):
    """As `settled`, and what relationships that are one with others have sent those has come, too."""
    log, waiting, ends = Log(), numbered(records), Counter(record.family for record in records)
    while waiting:
        sent = log.apply(waiting)
        log.durable(waiting)
        end = ends["relationships"]
        waiting = [
            Record(end + number, key, value, NOW, tuple(headers)) for number, (key, value, headers) in enumerate(sent)
        ]
        ends["relationships"] += len(sent)
    return log
