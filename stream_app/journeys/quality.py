"""What each source system sends: events that count, records that are refused or come twice, fields left empty.

An event counts at its own time, a refused record at the time that it names or, where that cannot be read, at the time
of the record. Each contribution is dated with the offset of its record, as those of the journeys are: a crash and a
replay change none of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

import msgspec

from schemas import EARLIEST_MS, EVENTS, LATEST_MS, Event, to_ms
from stream_app.journeys.changes import Record
from stream_app.journeys.part import Emission
from stream_app.measures.measure import Kind, Measure
from stream_app.measures.window import MINUTE

UNKNOWN: Final = "unknown"
"""Source of a refused record that does not say, in readable words, where it comes from."""
_LONGEST: Final = 200
_BY = ("source",)

APPLIED = Measure("events_applied", Kind.COUNT, "1", "Events that were folded, each once.", by=_BY)
REFUSED = Measure("events_refused", Kind.COUNT, "1", "Records that went to the dead letters.", by=_BY)
DUPLICATES = Measure("events_duplicate", Kind.COUNT, "1", "Records whose event was known already.", by=_BY)
LATE = Measure("events_late", Kind.COUNT, "1", "Events that came later than the lateness horizon.", by=_BY)
ASKED = Measure("fields_asked", Kind.COUNT, "1", "Optional fields to break figures down by, of what begins.", by=_BY)
FILLED = Measure("fields_filled", Kind.COUNT, "1", "Those of them that were filled.", by=_BY)

MEASURES = (APPLIED, REFUSED, DUPLICATES, LATE, ASKED, FILLED)

BEGINNINGS: Final = (
    "lead.created", "customer.created", "deal.opened", "order.placed", "subscription.started", "case.opened",
    "call.queued", "callback.promised", "user.created", "campaign.launched", "cost.recorded",
)  # fmt: skip
"""Events whose fields all later figures of the same thing are broken down by."""
LABELS: Final = frozenset(
    {"channel", "team", "owner_id", "campaign_id", "segment", "tier", "country", "plan", "queue", "role", "kind"}
)
"""Fields that figures are broken down by."""

Fields = tuple[int, Callable[[Any], tuple[Any, ...]]]
"""How many fields of an event are asked for, and what reads them, with one more value that is never None."""


def _asked(type_: str) -> Fields:
    fields = EVENTS[type_].model_fields.items()
    # One with a default of its own, such as the kind of a deal, is never empty: it says nothing of the source.
    names = [name for name, field in fields if name in LABELS and not field.is_required() and field.default is None]
    return len(names), attrgetter(*names, "__class__")  # a getter of one name alone would return no tuple


FIELDS: Mapping[str, Fields] = MappingProxyType({f"crm.{name}.v1": _asked(f"crm.{name}.v1") for name in BEGINNINGS})
"""The optional fields that are asked for, by event type."""

Emit = Callable[[Iterable[Emission], int], None]
"""Takes emissions and the offset of the record that says them."""


class Arrivals:
    """What a batch brings, counted by source and minute, and emitted once for each of those.

    It is dated with the last offset of the batch: what is written holds all that the batch brings. With *again*, for
    offsets that were counted before a crash in cells that may have survived it, each record speaks for itself.

    Attributes:
        seen: Source and minute of each event that was folded; whoever folds it adds it.
        again: Whether every event is to be told by `more`, and not only one that has more to tell.
    """

    __slots__ = ("_emit", "_fields", "again", "seen")

    def __init__(self, emit: Emit, *, again: bool) -> None:
        self.seen: list[tuple[str, int]] = []
        self.again = again
        self._emit = emit
        self._fields: dict[tuple[str, int], list[int]] = {}

    def more(self, event: Event, fields: Fields | None, offset: int, *, late: bool = False) -> None:
        """Count the fields of an event that was seen, and whether it came late."""
        if fields is not None:
            asked, read = fields
            counts = self._fields.setdefault((event.source, event.at // MINUTE.size), [0, 0])
            counts[0] += asked
            counts[1] += asked - read(event.data).count(None)
        if late:
            self.one(LATE, event, offset)
        if self.again:
            self.close(offset)

    def one(self, measure: Measure, event: Event, offset: int) -> None:
        """Count an event by something that is seldom."""
        self._emit([(measure, event.at, 1, (), (event.source,), 1)], offset)

    def refused(self, record: Record) -> None:
        """Count a record that went to the dead letters."""
        source, at = origin(record)
        self._emit([(REFUSED, at, 1, (), (source,), 1)], record.offset)

    def close(self, offset: int) -> None:
        """Emit what was counted up to *offset*."""
        for (source, minute), events in Counter(self.seen).items():
            self._emit([(APPLIED, minute * MINUTE.size, 1, (), (source,), events)], offset)
        for (source, minute), (asked, filled) in self._fields.items():
            weights = ((ASKED, asked), (FILLED, filled))
            at = minute * MINUTE.size
            self._emit([(measure, at, 1, (), (source,), weight) for measure, weight in weights if weight], offset)
        self.seen.clear()
        self._fields.clear()


class NotAsked(Arrivals):
    """Counts nothing, where nobody looks at data quality."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(lambda _emissions, _offset: None, again=False)

    def more(self, event: Event, fields: Fields | None, offset: int, *, late: bool = False) -> None:
        """Count nothing."""

    def one(self, measure: Measure, event: Event, offset: int) -> None:
        """Count nothing."""

    def refused(self, record: Record) -> None:
        """Count nothing."""

    def close(self, offset: int) -> None:  # noqa: ARG002  the signature of who counts
        """Forget what was seen, without counting it."""
        self.seen.clear()


class _Source(msgspec.Struct):
    source: str


class _Time(msgspec.Struct):
    time: datetime


_read_source = msgspec.json.Decoder(_Source).decode
_read_time = msgspec.json.Decoder(_Time).decode


def origin(record: Record) -> tuple[str, int]:
    """Return where a refused record says that it comes from, and when (ms): what can be read of either."""
    headers: dict[str, bytes | None] = {name.lower(): value for name, value in record.headers}
    return _source(record, headers.get("ce_source")), _time(record, headers.get("ce_time"))


def _source(record: Record, named: bytes | None) -> str:
    try:
        text = _read_source(record.value or b"").source if named is None else named.decode()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return UNKNOWN
    return text if 0 < len(text) <= _LONGEST and text.isprintable() else UNKNOWN


def _time(record: Record, named: bytes | None) -> int:
    """Return the time that it names, that of the record where it names none or one ahead of that."""
    try:
        if named is None:
            moment = _read_time(record.value or b"").time
        else:
            moment = msgspec.convert(named.decode(), datetime)
        at = to_ms(moment)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError, TypeError, OverflowError):
        return record.timestamp
    return at if EARLIEST_MS <= at < LATEST_MS and at <= record.timestamp else record.timestamp
