"""Whole fetches out of aiokafka: the records as the C parser made them, and the exact positions around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import CorruptRecordException
from faust.transport.consumer import ensure_TP

from stream_app.engine.unpack import unpacked

if TYPE_CHECKING:
    from collections.abc import Container

    from aiokafka.consumer.fetcher import Fetcher
    from faust.types.tuples import TP

    from stream_app.engine.protocol import Record


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was taken of one partition: its records, and the positions before and after it."""

    records: list[Record]
    start: int
    end: int


def take(fetcher: Fetcher, wanted: Container[TP], limit: int) -> dict[TP, Fetched]:
    """Take fetched records of the wanted partitions out of aiokafka's fetcher, ``limit`` in all.

    Does what ``Fetcher.fetched_records`` does without waiting, and keeps two things that it loses:
    the exact positions, and the records as parsed. Raises what the broker answered instead of records.
    """
    found: dict[TP, Fetched] = {}
    waiting = fetcher._records  # noqa: SLF001 - there is no public way to a whole fetch
    for raw, result in list(waiting.items()):
        if raw not in wanted or limit <= 0:
            continue
        if isinstance(result, FetchResult):
            parsed = result._partition_records  # noqa: SLF001
            if result.check_assignment(raw) and result.has_more():
                start, fetched = parsed.next_fetch_offset, unpacked(parsed)
                try:
                    records = fetched.take(limit)
                except CorruptRecordException:
                    if found:
                        break  # deliver first, the damage is still there for the next call
                    raise
                result._update_position()  # noqa: SLF001
                limit -= len(records)
                found[ensure_TP(raw)] = Fetched(records, start, parsed.next_fetch_offset)
                if fetched.exhausted:
                    result._partition_records = None  # noqa: SLF001
            if result.has_more():
                continue
        elif found:
            break  # deliver first, the error is still there for the next call
        del waiting[raw]
        fetcher._notify(fetcher._wait_consume_future)  # noqa: SLF001 - lets it fetch this partition again
        if not isinstance(result, FetchResult):
            result.check_raise()
    return found
