"""The format byte: what kind of payload follows a stamp, and in which version.

The high four bits name the kind, the low four the version. A reader refuses what it
does not know, loudly: guessing at state would publish wrong numbers.
"""

from typing import Final

import msgspec

COUNT: Final = b"\x11"
SUM: Final = b"\x21"
HISTOGRAM: Final = b"\x31"
DISTINCT: Final = b"\x41"
STOCK: Final = b"\x51"
CLOCK: Final = b"\x61"
ACCOUNTING: Final = b"\x71"
LABELS: Final = b"\x81"

encode = msgspec.msgpack.Encoder().encode


class UnreadableStateError(ValueError):
    """State of another version or kind than this code reads."""


def body(payload: bytes, code: bytes) -> bytes:
    """Return what follows the format byte, or raise UnreadableStateError if it is not `code`."""
    if payload[:1] != code:
        raise UnreadableStateError(
            f"stored state has format 0x{payload[:1].hex() or '--'}, this version reads 0x{code.hex()}: "
            "run the version that wrote it, or raise the state version to rebuild from the source topic"
        )
    return payload[1:]


def wide(number: int) -> int | str:
    """Return an exact sum as msgpack can carry it: an int of 64 bits, or its decimal digits."""
    return number if -(1 << 63) <= number < (1 << 64) else str(number)
