"""The same fold over a list of events, with no broker: what the KPIs were at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from schemas import BadEvent, decode
from stream_app.journeys.changes import DeadLetter
from stream_app.journeys.families import FAMILIES, MEASURES, RELATIONSHIPS, family_of
from stream_app.journeys.family import Family
from stream_app.journeys.forward import is_forward
from stream_app.journeys.relationship import LINKING
from stream_app.journeys.shard import Shard
from stream_app.kpis.kpi import Kpi, Sample
from stream_app.measures.accounting import Accounting
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies

BATCH = 5_000
"""Records folded at a time, as a worker would."""


class Line(msgspec.Struct, frozen=True):
    """One event of a file, shaped like a record of a partition; its offset is its place in time."""

    offset: int
    key: bytes | None
    value: bytes
    timestamp: int
    headers: Sequence[tuple[str, bytes]] = ()
    number: int = 0
    family: Family = RELATIONSHIPS
    links: bool = False
    erases: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a file.

    Attributes:
        at: The moment of the KPIs, in ms.
        view: The cells, for asking more.
        accounting: How many events were applied, repeated or refused.
        dead: The refused ones, with reasons; each record knows its line number.
        skipped: Events later than the moment.
    """

    at: int
    view: ReadModel
    accounting: Accounting
    dead: list[DeadLetter]
    skipped: int

    def samples(self, kpis: Mapping[str, Kpi]) -> Iterable[Sample]:
        """Compute every number of *kpis*."""
        for kpi in kpis.values():
            yield from kpi.samples(self.view)


class _Envelope(msgspec.Struct):
    subject: str | None = None
    partitionkey: str | None = None


_ERASED = "crm.relationship.erased.v1"
_LINKING = frozenset(f"crm.{name}.v1" for name in LINKING)
_key_of = msgspec.json.Decoder(_Envelope).decode


def fold(lines: Iterable[bytes], policies: Policies, at: int | None = None) -> Result:
    """Fold JSON Lines of CloudEvents, in any order, and look at the moment *at*.

    Args:
        lines: One structured CloudEvent each, of any family; its ``subject`` (or ``partitionkey``) is the record key.
        policies: Promises, calendars, funnels and windows.
        at: The moment, in ms; events after it do not count yet. Default: the time of the latest event.
    """
    known, refused = _read(lines)
    # What happens in the moment of an erasure comes before it, wherever it stands in the file: after it, it is lost.
    known.sort(key=lambda line: (line.timestamp, line.erases))
    moment = known[-1].timestamp if at is None and known else at or 0
    counted = [line for line in known if line.timestamp <= moment]
    records = [*(msgspec.structs.replace(line, timestamp=moment) for line in refused), *counted]
    view = ReadModel([Window.parse(text) for text in policies.windows], MEASURES)
    dead: list[DeadLetter] = []
    for number, family in enumerate(FAMILIES):
        topic = [line for line in records if line.family is family]
        dead += _fold_topic(Shard(number, policies, {}, {}, family), topic, view)
    dead.sort(key=lambda letter: getattr(letter.record, "number", 0))
    view.advance(moment)
    return Result(moment, view, view.accounting(), dead, len(known) - len(counted))


def _fold_topic(shard: Shard, records: Sequence[Line], view: ReadModel) -> list[DeadLetter]:
    """Fold the lines of one family as a topic of one partition; what changes goes into *view*."""
    dead: list[DeadLetter] = []
    offset = 0
    for lines in _batches(records):
        waiting = lines
        while waiting:
            batch = [msgspec.structs.replace(line, offset=offset + place) for place, line in enumerate(waiting)]
            offset += len(batch)
            changes = shard.apply(batch)
            shard.durable(batch[-1].offset)
            dead += changes.dead
            for key, value in changes.cells:
                view.update(shard.partition, key, value)
            moved = batch[-1]
            waiting = [Line(0, key, value, moved.timestamp, number=moved.number) for key, value, _ in changes.forwards]
    return dead


def _batches(records: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Cut *records* where a relationship may become another one, so that what it knows is there before what follows.

    What is told of it after that belongs to the other one too, and is there before what follows.
    """
    start = 0
    linked: set[bytes | None] = set()
    for end, line in enumerate(records, start=1):
        if line.links:
            linked.add(line.key)
        if line.key in linked or end - start == BATCH:
            yield records[start:end]
            start = end
    yield records[start:]


def _read(lines: Iterable[bytes]) -> tuple[list[Line], list[Line]]:
    """Return the lines that are events, with their times, and the lines that are not."""
    known: list[Line] = []
    refused: list[Line] = []
    for number, line in enumerate(lines, start=1):
        value = line.strip()
        if not value:
            continue
        try:
            event = decode(value)
            envelope = _key_of(value)
        except (BadEvent, msgspec.MsgspecError):
            if is_forward(value):
                continue  # of a worker, in a topic that was copied: what moved is found out anew
            refused.append(Line(0, b"unknown", value, 0, number=number))
            continue
        key = envelope.subject or envelope.partitionkey
        name = key.encode() if key else None
        links = event.type in _LINKING and getattr(event.data, "customer_id", "") not in (None, key)
        family, erases = family_of(event.type), event.type == _ERASED
        known.append(Line(0, name, value, event.at, number=number, family=family, links=links, erases=erases))
    return known, refused
