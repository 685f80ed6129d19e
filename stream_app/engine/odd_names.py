"""Record batches with header names that are not UTF-8, read in Python: slow, rare, and stopping nobody."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiokafka import codec
from aiokafka.record.util import decode_varint

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiokafka.record.default_records import DefaultRecordBatch

    from stream_app.engine.protocol import Record

_frame = struct.Struct(">qi")
"""Base offset of a batch, and the number of its bytes behind these two fields."""
_RECORDS_AT = 61
_APPEND_TIME = 1
_decompress: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    1: codec.gzip_decode,
    2: codec.snappy_decode,
    3: codec.lz4_decode,
    4: codec.zstd_decode,
}


@dataclass(frozen=True, slots=True)
class OddRecord:
    """A record whose header names were made readable: each byte that is not UTF-8 became its escape."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def tolerant(batch: DefaultRecordBatch, fetched: bytes) -> list[Record]:
    """Read a batch (message format 2) again out of the fetch that it came with, whatever its headers are called."""
    at = 0
    base, size = _frame.unpack_from(fetched, at)
    while base != batch.base_offset:
        at += _frame.size + size
        base, size = _frame.unpack_from(fetched, at)
    packed = fetched[at + _RECORDS_AT : at + _frame.size + size]
    content = bytes(_decompress[batch.compression_type](packed))
    records: list[Record] = []
    pos = 0
    while pos < len(content):
        length, pos = decode_varint(content, pos)
        records.append(_read(content, pos, batch))
        pos += length
    return records


def _read(content: bytes, pos: int, batch: DefaultRecordBatch) -> OddRecord:
    late, pos = decode_varint(content, pos + 1)  # behind the attributes
    delta, pos = decode_varint(content, pos)
    key, pos = _bytes(content, pos)
    value, pos = _bytes(content, pos)
    count, pos = decode_varint(content, pos)
    headers: list[tuple[str, bytes]] = []
    for _ in range(count):
        name, pos = _bytes(content, pos)
        text, pos = _bytes(content, pos)
        # The protocol asks for bytes, and aiokafka passes a null on as None.
        headers.append(((name or b"").decode("utf-8", "backslashreplace"), text))  # type: ignore[arg-type]
    stamped = batch.timestamp_type == _APPEND_TIME
    timestamp = batch.max_timestamp if stamped else batch.first_timestamp + late
    return OddRecord(batch.base_offset + delta, timestamp, key, value, headers)


def _bytes(content: bytes, pos: int) -> tuple[bytes | None, int]:
    size, pos = decode_varint(content, pos)
    return (None, pos) if size < 0 else (content[pos : pos + size], pos + size)
