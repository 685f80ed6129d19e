"""Unpacking fetches: the same records as aiokafka's own way, and the batches that it stops at."""

from __future__ import annotations

import gc
import struct
import weakref
from typing import Any

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from stream_app.engine.odd_names import OddRecord
from stream_app.engine.patches import FetchedRecords
from stream_app.engine.unpack import unpacked

HERE = TopicPartition("events", 3)
TRANSACTIONAL, CONTROL, APPEND_TIME = 0x10, 0x20, 0x08


def batch(base: int, records: list[Any], *, compression: int = 0, flags: int = 0, producer: int = -1) -> bytes:
    """Return a record batch as a broker stores it; records are (offset delta, key, value, headers)."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=compression, is_transactional=0, producer_id=producer, producer_epoch=0,
        base_sequence=0, batch_size=1 << 20,
    )  # fmt: skip
    for delta, key, value, headers in records:
        builder.append(delta, 1_000 + delta, key, value, headers)
    data = bytearray(builder.build())
    struct.pack_into(">q", data, 0, base)
    (attributes,) = struct.unpack_from(">h", data, 21)
    struct.pack_into(">h", data, 21, attributes | flags)
    return sealed(data)


def sealed(data: bytearray) -> bytes:
    """Return the batch with its checksum made right."""
    struct.pack_into(">I", data, 17, calc_crc32c(bytes(data[21:])))
    return bytes(data)


def plain(base: int, count: int, **options: Any) -> bytes:
    return batch(base, [(n, b"k%d" % n, b"v" * n, [("a", b"1"), ("b", None)]) for n in range(count)], **options)


def fetch(data: bytes, at: int = 0, *, level: int = READ_UNCOMMITTED, aborted: Any = None) -> PartitionRecords:
    return PartitionRecords(HERE, FetchedRecords(data), aborted, at, None, None, True, level)


def seen(records: Any) -> list[tuple[object, ...]]:
    return [(r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in records]


def in_pieces(parsed: PartitionRecords, limit: int) -> tuple[list[Any], list[int]]:
    found, positions = [], []
    while not unpacked(parsed).exhausted:
        found += unpacked(parsed).take(limit)
        positions.append(parsed.next_fetch_offset)
    return found, positions


@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    compression=st.sampled_from([0, 1, 2, 3, 4]),
    start=st.integers(0, 12),
    limit=st.integers(1, 20),
)
def test_whatever_the_pieces_they_are_the_records_that_aiokafka_finds(sizes, compression, start, limit):
    data, base = b"", 0
    for size in sizes:
        data += plain(base, size, compression=compression)
        base += size + 1  # as if compaction had taken a batch between
    start %= sizes[0]  # a broker answers with the batch that the position is in
    theirs, ours = fetch(data, start), fetch(data, start)
    expected = seen(theirs)
    found, positions = in_pieces(ours, limit)
    assert seen(found) == expected
    assert ours.next_fetch_offset == theirs.next_fetch_offset
    assert positions == sorted(positions)


def test_markers_of_transactions_take_offsets_and_are_no_records():
    marker = batch(2, [(0, b"\0\0\0\1", b"\0" * 6, [])], flags=TRANSACTIONAL | CONTROL, producer=9)
    found, positions = in_pieces(fetch(plain(0, 2) + marker), 100)
    assert [record.offset for record in found] == [0, 1]
    assert positions[-1] == 3


@pytest.mark.parametrize(
    ("level", "expected"), [(READ_UNCOMMITTED, [0, 1, 2, 3, 6, 7]), (READ_COMMITTED, [0, 1, 6, 7])]
)
def test_aborted_records_are_left_out_where_that_was_asked(level, expected):
    abort = batch(4, [(0, b"\0\0\0\0", b"\0" * 6, [])], flags=TRANSACTIONAL | CONTROL, producer=9)
    data = plain(0, 2) + plain(2, 2, flags=TRANSACTIONAL, producer=9) + abort
    data += plain(6, 2, flags=TRANSACTIONAL, producer=9)
    found, _ = in_pieces(fetch(data, level=level, aborted=[(9, 2)]), 3)
    assert [record.offset for record in found] == expected


@pytest.mark.parametrize("flags", [0, APPEND_TIME])
@pytest.mark.parametrize("compression", [0, 1, 2, 3, 4])
def test_a_header_name_that_is_no_text_stops_nobody(compression, flags):
    records = [(0, b"k", b"v", [("good", b"1")]), (1, None, b"w", [("ODD", None)]), (2, b"", None, [])]
    good = batch(5, records, flags=flags)
    odd = bytearray(good.replace(b"ODD", b"O\xff\xfe"))
    if compression:
        odd = compressed(odd, compression)
    found, positions = in_pieces(fetch(plain(0, 5) + sealed(odd) + plain(8, 1), at=6), 2)
    assert isinstance(found[0], OddRecord)
    times = [1_002, 1_002] if flags else [1_001, 1_002]
    assert seen(found) == [
        (6, times[0], None, b"w", (("O\\xff\\xfe", None),)),
        (7, times[1], b"", None, ()),
        *seen(fetch(plain(8, 1), 8)),
    ]
    assert positions[-1] == 9


def compressed(data: bytearray, kind: int) -> bytearray:
    """Return a batch with its records compressed."""
    from aiokafka import codec

    encode = {1: codec.gzip_encode, 2: codec.snappy_encode, 3: codec.lz4_encode, 4: codec.zstd_encode}[kind]
    packed = bytearray(data[:61] + encode(bytes(data[61:])))
    struct.pack_into(">i", packed, 8, len(packed) - 12)
    packed[22] |= kind
    return packed


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda data: data[:-1] + b"\xee", "checksum"),
        (lambda data: sealed(bytearray(data[:61] + b"\x02" + data[62:])), "Error"),
    ],
    ids=["checksum", "structure"],
)
def test_a_damaged_batch_is_named_after_what_lies_before_it_was_handed_out(damage, complaint):
    parsed = fetch(plain(0, 2) + damage(plain(2, 2)))
    assert [record.offset for record in unpacked(parsed).take(100)] == [0, 1]
    assert parsed.next_fetch_offset == 2
    for _ in range(2):
        assert not unpacked(parsed).exhausted
        with pytest.raises(
            CorruptRecordException, match=rf"events/3: the record batch at offset 2 is damaged: .*{complaint}"
        ):
            unpacked(parsed).take(100)


@pytest.mark.parametrize("taken", [0, 1, 100])
def test_a_fetch_is_let_go_with_its_last_user_not_with_the_collector(taken):
    parsed = fetch(plain(0, 2) + plain(2, 2))
    gone = weakref.ref(parsed)
    unpacked(parsed).take(taken)
    gc.disable()
    try:
        del parsed
        assert gone() is None
    finally:
        gc.enable()
