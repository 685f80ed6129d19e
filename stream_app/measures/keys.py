"""The keys of stored entries: JSON arrays, so that a topic can be read with the eye.

    ["c", measure, [dims], label, value, pane, index]     a cell in a pane
    ["s", measure, [dims], label, value, bucket, index]   a stock in a bucket
    ["k", key]      an open clock
    ["l", label]    the admitted values of a breakdown label
    ["a"]           the partition's accounting
    ["e", hash]     a relationship that was erased

`label` and `value` are "" in the total. `index` is last: what stands before it is the
same for all panes of a series, so a reader parses it once.
"""

from typing import Final, NamedTuple

import msgspec

ACCOUNTING: Final = b'["a"]'
CELL: Final = "c"
STOCK: Final = "s"
CLOCK: Final = "k"
LABEL: Final = "l"
ERASURE: Final = "e"

_encode = msgspec.json.Encoder().encode


class Path(NamedTuple):
    """Which series a cell belongs to, and in which kind of pane or bucket."""

    family: str
    measure: str
    dims: tuple[str, ...]
    label: str
    value: str
    pane: str


_decode_name = msgspec.json.Decoder(tuple[str, str]).decode
_decode_path = msgspec.json.Decoder(tuple[str, str, tuple[str, ...], str, str, str]).decode


def prefix(path: Path) -> bytes:
    """Return the key of a cell up to its index."""
    return _encode(path)[:-1]


def cell(start: bytes, index: int) -> bytes:
    """Return the key of the cell at `index` after the prefix `start`."""
    return b"%b,%d]" % (start, index)


def split(key: bytes) -> tuple[bytes, int]:
    """Undo `cell`."""
    start, _, index = key.rpartition(b",")
    return start, int(index[:-1])


def path(start: bytes) -> Path:
    """Undo `prefix`; msgspec.ValidationError for what is no cell."""
    return Path(*_decode_path(start + b"]"))


def family(key: bytes) -> str:
    """Return the letter that a key starts with."""
    return chr(key[2])


def clock(name: str) -> bytes:
    """Return the key of an open clock."""
    return _encode((CLOCK, name))


def label(name: str) -> bytes:
    """Return the key of a label's admitted values."""
    return _encode((LABEL, name))


def erasure(hashed: bytes) -> bytes:
    """Return the key of the erasure of an id with this hash."""
    return _encode((ERASURE, hashed.hex()))


def erased(key: bytes) -> bytes:
    """Undo `erasure`."""
    return bytes.fromhex(name(key))


def name(key: bytes) -> str:
    """Return the name in the key of a clock or label."""
    return _decode_name(key)[1]
