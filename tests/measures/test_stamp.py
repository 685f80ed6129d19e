"""Stamps and keys: the bytes that other programs and other versions rely on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.measures import keys, stamp

OFFSETS = st.integers(0, 2**63 - 1)


@given(OFFSETS, st.binary())
def test_a_stamp_comes_back(offset, payload):
    value = stamp.pack(offset, payload)
    assert (stamp.stamp_of(value), stamp.payload_of(value)) == (offset, payload)


def test_a_stamp_is_eight_bytes_big_endian():
    assert stamp.pack(258, b"x") == b"\0\0\0\0\0\0\x01\x02x"


@given(OFFSETS, OFFSETS, st.binary(), st.binary())
def test_older_is_lower(one, other, payload, known):
    assert stamp.is_older(stamp.pack(one, payload), stamp.pack(other, known)) == (one < other)


@pytest.mark.parametrize("value", [b"", b"1234567"])
def test_a_value_without_a_stamp_is_an_error(value):
    with pytest.raises(ValueError, match="8 bytes of stamp"):
        stamp.stamp_of(value)


WORDS = st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.builds(keys.Path, st.sampled_from("cs"), WORDS, st.lists(WORDS).map(tuple), WORDS, WORDS, WORDS), OFFSETS)
def test_the_key_of_a_cell_comes_back(path, index):
    """Whatever is in a label: commas, quotes, brackets."""
    start, found = keys.split(keys.cell(keys.prefix(path), index))
    assert (keys.path(start), found) == (path, index)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (
            keys.cell(keys.prefix(keys.Path("c", "leads", ("a",), "team", "nörd", "m")), 5),
            '["c","leads",["a"],"team","nörd","m",5]',
        ),
        (keys.clock("lead|r1"), '["k","lead|r1"]'),
        (keys.label("team"), '["l","team"]'),
        (keys.ACCOUNTING, '["a"]'),
    ],
    ids=["cell", "clock", "label", "accounting"],
)
def test_keys_can_be_read_with_the_eye(key, text):
    assert key.decode() == text
    assert keys.family(key) == text[2]
