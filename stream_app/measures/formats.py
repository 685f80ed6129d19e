"""The format byte: what kind of payload follows a stamp, and in which version.

The high four bits name the kind, the low four the version. A reader refuses what it
does not know, loudly: guessing at state would publish wrong numbers.
"""

from typing import Final, Never

import msgspec

COUNT: Final = 0x11
SUM: Final = 0x21
HISTOGRAM: Final = 0x31
DISTINCT: Final = 0x41
STOCK: Final = 0x51
CLOCK: Final = 0x61
ACCOUNTING: Final = 0x71
LABELS: Final = 0x81
ERASURE: Final = 0xA1  # 0x91 is the engine's manifest

encode = msgspec.msgpack.Encoder().encode


class UnreadableStateError(ValueError):
    """State of another version or kind than this code reads."""


def refuse(payload: bytes, code: int) -> Never:
    """Raise UnreadableStateError for a payload that should have had the format `code`."""
    raise UnreadableStateError(
        f"stored state has format 0x{payload[:1].hex() or '--'}, this version reads 0x{code:02x}: "
        "run the version that wrote it, or raise the state version to rebuild from the source topic"
    )


def body(payload: bytes, code: int) -> bytes:
    """Return what follows the format byte; UnreadableStateError if that is not `code`."""
    if payload[:1] != bytes((code,)):
        refuse(payload, code)
    return payload[1:]


def wide(number: int) -> int | str:
    """Return an exact sum as msgpack can carry it: an int of 64 bits, or its decimal digits."""
    return number if -(1 << 63) <= number < (1 << 64) else str(number)
