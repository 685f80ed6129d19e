"""Merging a state topic: the higher stamp wins, whatever the order in the log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.engine.stamps import Merge, stamp_of, tombstone_headers, tombstone_stamp


def value(stamp: int, content: str = "") -> bytes:
    return stamp.to_bytes(8, "big") + (content or str(stamp)).encode()


def merged(*log: tuple[str, int | None]) -> Merge:
    """Merge records of one key: ("v", stamp) a value, ("t", stamp or None) a tombstone."""
    merge = Merge()
    for kind, stamp in log:
        if kind == "v":
            assert stamp is not None
            merge.value(b"k", value(stamp))
        else:
            merge.tombstone(b"k", stamp)
    return merge


CASES = {
    "in order": ([("v", 1), ("v", 2)], 2, []),
    "a lower stamp behind a higher one": ([("v", 2), ("v", 1)], 2, [2]),
    "repaired by a still higher one": ([("v", 2), ("v", 1), ("v", 3)], 3, []),
    "the same stamp again": ([("v", 2), ("v", 2)], 2, []),
    "deleted": ([("v", 1), ("t", 2)], None, []),
    "deleted without a stamp": ([("v", 1), ("t", None)], None, []),
    "deleted by somebody who was behind": ([("v", 5), ("t", 3)], 5, [5]),
    "written by somebody who was behind a deletion": ([("v", 1), ("t", 4), ("v", 3)], None, [None]),
    "written after a deletion": ([("v", 1), ("t", 4), ("v", 5)], 5, []),
    "older than what a bare tombstone removed": ([("v", 4), ("t", None), ("v", 3)], None, [None]),
    "a tombstone for a key that compaction has removed": ([("t", 4), ("v", 3)], None, [None]),
    "two tombstones": ([("t", 4), ("t", 2), ("v", 3)], None, [None]),
    "a bare tombstone first": ([("t", None), ("v", 0)], 0, []),
}


@pytest.mark.parametrize(("log", "live", "repairs"), CASES.values(), ids=CASES)
def test_what_is_live_and_what_is_written_again(log, live, repairs):
    merge = merged(*log)
    assert (None if b"k" not in merge.live else stamp_of(merge.live[b"k"])) == live
    written = [None if entry[1] is None else stamp_of(entry[1]) for entry, _ in merge.repairs()]
    assert written == repairs


@given(st.permutations(range(6)))
def test_values_merge_to_the_highest_stamp_in_any_order(stamps):
    merge = merged(*(("v", stamp) for stamp in stamps))
    assert stamp_of(merge.live[b"k"]) == 5
    assert merge.highest == 5
    assert bool(merge.repairs()) == (stamps[-1] != 5)


@given(st.lists(st.tuples(st.sampled_from("vt"), st.integers(0, 50)), max_size=12))
def test_reading_the_repairs_too_gives_the_same_entries_and_nothing_more_to_repair(log):
    once = merged(*log)
    again = merged(*log)
    for (key, repaired), stamp in once.repairs():
        if repaired is None:
            again.tombstone(key, stamp)
        else:
            again.value(key, repaired)
    assert again.live == once.live
    assert not again.repairs()


@pytest.mark.parametrize(
    ("headers", "stamp"),
    [
        (tombstone_headers(7), 7),
        (tombstone_headers(-1), 0),
        ([("other", b"x"), *tombstone_headers(2**40)], 2**40),
        ([("stamp", b"short")], None),
        ([("stamp", "text")], None),
        ([], None),
        (None, None),
    ],
)
def test_a_tombstone_has_its_stamp_in_a_header(headers, stamp):
    assert tombstone_stamp(headers) == stamp


def test_a_value_without_a_stamp_is_refused():
    with pytest.raises(ValueError, match="7 bytes has no stamp"):
        Merge().value(b"k", b"1234567")
