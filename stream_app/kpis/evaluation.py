"""The same fold over a list of events, with no broker: what the KPIs were at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from schemas import BadEvent, decode
from stream_app.journeys.changes import DeadLetter
from stream_app.journeys.families import FAMILIES, MEASURES, RELATIONSHIPS, family_of
from stream_app.journeys.family import Family
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


_key_of = msgspec.json.Decoder(_Envelope).decode


def fold(lines: Iterable[bytes], policies: Policies, at: int | None = None) -> Result:
    """Fold JSON Lines of CloudEvents, in any order, and look at the moment *at*.

    Args:
        lines: One structured CloudEvent each, of any family; its ``subject`` (or ``partitionkey``) is the record key.
        policies: Promises, calendars, funnels and windows.
        at: The moment, in ms; events after it do not count yet. Default: the time of the latest event.
    """
    known, refused = _read(lines)
    known.sort(key=lambda line: line.timestamp)
    moment = known[-1].timestamp if at is None and known else at or 0
    counted = [line for line in known if line.timestamp <= moment]
    records = [*refused, *counted]
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
    for start in range(0, len(records), BATCH):
        batch = [
            msgspec.structs.replace(line, offset=start + place)
            for place, line in enumerate(records[start : start + BATCH])
        ]
        changes = shard.apply(batch)
        shard.durable(batch[-1].offset)
        dead += changes.dead
        for key, value in changes.cells:
            view.update(shard.partition, key, value)
    return dead


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
            refused.append(Line(0, b"unknown", value, 0, number=number))
            continue
        key = envelope.subject or envelope.partitionkey
        name = key.encode() if key else None
        known.append(Line(0, name, value, event.at, number=number, family=family_of(event.type)))
    return known, refused
