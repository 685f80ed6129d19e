"""What a partition remembers of relationships that it has forgotten: a hash of the id, and when.

A relationship that was erased has no journey, and so no stamp that says which records it has
seen. Without this, a replay after a crash would count it anew from its middle, and a webhook
that is tried again would bring it back.
"""

import struct
from collections.abc import Iterator
from typing import Final

from stream_app.measures import formats, keys, stamp

KEPT: Final = 100_000
"""Hashes kept for a partition; the oldest make room."""

_time = struct.Struct(">q")


class Erasures:
    """The erasures of one source partition: hash of the id -> (offset of the record, event time in ms)."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[int, int]] = {}
        self._changed: dict[bytes, None] = {}

    def __len__(self) -> int:
        return len(self._known)

    def load(self, key: bytes, value: bytes) -> None:
        """Take over a recovered entry; they come in the order of their stamps."""
        packed = formats.body(stamp.payload_of(value), formats.ERASURE)
        self._known[keys.erased(key)] = stamp.stamp_of(value), _time.unpack(packed)[0]

    def of(self, hashed: bytes) -> tuple[int, int] | None:
        """Return offset and time of the erasure; None for what was never erased."""
        return self._known.get(hashed)

    def put(self, hashed: bytes, at: int, offset: int) -> None:
        """Note the erasure at event time `at` (ms) by the record at `offset`; the latest of an id holds."""
        known = self._known.pop(hashed, None)
        if known is not None:
            offset, at = max(offset, known[0]), max(at, known[1])
        self._known[hashed] = offset, at
        self._changed[hashed] = None

    def drain(self) -> list[tuple[bytes, bytes]]:
        """Return the entries that changed since the last drain."""
        changed, self._changed = self._changed, {}
        return [self._entry(hashed) for hashed in changed]

    def bury(self, durable: int) -> Iterator[bytes]:
        """Forget the oldest beyond those that are kept, unless a replay can still meet them; yield their keys."""
        for hashed in list(self._known)[: max(0, len(self._known) - KEPT)]:
            if self._known[hashed][0] <= durable:
                del self._known[hashed]
                yield keys.erasure(hashed)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield all entries."""
        return map(self._entry, self._known)

    def _entry(self, hashed: bytes) -> tuple[bytes, bytes]:
        offset, at = self._known[hashed]
        return keys.erasure(hashed), stamp.pack(offset, bytes((formats.ERASURE,)) + _time.pack(at))
