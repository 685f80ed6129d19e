"""The stamp: the source offset in front of every stored value, which makes replay harmless.

A stored value is 8 bytes of offset, big-endian, then the payload. Big-endian because
the bytes then sort as the numbers do: two values are compared without decoding them.
"""

import struct
from typing import Final

SIZE: Final = 8
NEVER: Final = -1
"""The stamp of what was never written: below every offset."""

_HEAD = struct.Struct(">Q")
head = _HEAD.pack


def pack(offset: int, payload: bytes) -> bytes:
    """Put the stamp of `offset` (>= 0) in front of `payload`."""
    return head(offset) + payload


def stamp_of(value: bytes) -> int:
    """Return the source offset that last changed a stored value; ValueError if it has no stamp."""
    if len(value) < SIZE:
        raise ValueError(f"a stored value has {SIZE} bytes of stamp, this one {len(value)} in all")
    return int.from_bytes(value[:SIZE], "big")


def payload_of(value: bytes) -> bytes:
    """Return what follows the stamp."""
    return value[SIZE:]


def is_older(value: bytes, known: bytes) -> bool:
    """Tell whether `value` is an outdated copy: the late write of a worker that lost its partition."""
    return value[:SIZE] < known[:SIZE]
