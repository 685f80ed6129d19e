"""Stamps: the source offset that last changed a value, kept in its first eight bytes.

Recovery keeps the value with the higher stamp, not the one that lies later in the log: a worker
that lost its partition without noticing may have written an older value after its successor's.
A tombstone carries its stamp in a header.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from stream_app.engine import manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stream_app.engine.protocol import Entry, Partition

STAMP_HEADER = "stamp"
STAMP_BYTES = 8
NO_STAMP = -1

_pack = struct.Struct(">Q").pack
_unpack_from = struct.Struct(">Q").unpack_from


def stamp_of(value: bytes) -> int:
    """Return the stamp of a stored value.

    Raises ValueError when the value is too short to be one.
    """
    if len(value) < STAMP_BYTES:
        raise ValueError(f"a stored value of {len(value)} bytes has no stamp")
    return int(_unpack_from(value)[0])


def tombstone_headers(stamp: int) -> list[tuple[str, bytes]]:
    """Return the headers that give a tombstone its stamp."""
    return [(STAMP_HEADER, _pack(max(stamp, 0)))]


def tombstone_stamp(headers: Iterable[tuple[str, bytes | str | None]] | None) -> int | None:
    """Return the stamp of a tombstone; None when it has none and so always holds."""
    for name, value in headers or ():
        if name == STAMP_HEADER and isinstance(value, bytes) and len(value) == STAMP_BYTES:
            return int(_unpack_from(value)[0])
    return None


class Merge:
    """Folds one partition of a state topic, in log order, into its live entries; the higher stamp wins."""

    def __init__(self) -> None:
        self.live: Partition = {}
        self.records = 0
        self.highest = NO_STAMP
        """Highest stamp seen, NO_STAMP in an empty partition."""
        self.manifest: manifest.Manifest | None = None
        """What the partition says of itself, the one that holds; it is no entry."""
        self.sealed_until = NO_STAMP
        """Highest stamp of any manifest: also what a worker wrote late is complete up to its own."""
        self.end = 0
        """Offset behind the last record that was read."""
        self._records_before = 0
        self._buried = 0
        self._buried_before = 0
        self._buried_with = 0
        self._graves: dict[bytes, int] = {}
        self._repairs: set[bytes] = set()

    def value(self, key: bytes, value: bytes) -> None:
        """Add a record with a value. HOT: one call per record of the state topic."""
        self.records += 1
        stamp = stamp_of(value)
        live = self.live
        known = live.get(key)
        if known is not None:
            # Stamps are big-endian, so their bytes compare like their numbers.
            if value[:STAMP_BYTES] < known[:STAMP_BYTES]:
                self._repairs.add(key)
                return
        elif self._graves:
            grave = self._graves.get(key)
            if grave is not None:
                if stamp <= grave:
                    self._repairs.add(key)
                    return
                del self._graves[key]
        if stamp > self.highest:
            self.highest = stamp
        live[key] = value
        if self._repairs:
            self._repairs.discard(key)

    def tombstone(self, key: bytes, stamp: int | None) -> None:
        """Add a record without a value; ``stamp`` is None when it carries none."""
        self.records += 1
        self._buried += 1
        known = self.live.get(key)
        if known is not None:
            if stamp is not None and stamp < stamp_of(known):
                self._repairs.add(key)
                return
            del self.live[key]
            self._graves[key] = stamp_of(known) if stamp is None else stamp
        else:
            self._graves[key] = max(self._graves.get(key, NO_STAMP), NO_STAMP if stamp is None else stamp)
        if stamp is not None and stamp > self.highest:
            self.highest = stamp
        self._repairs.discard(key)

    def sealed(self, value: bytes) -> None:
        """Add a manifest; what a worker wrote that had lost the partition does not hold."""
        found = manifest.read(value)
        self.sealed_until = max(self.sealed_until, found.stamp)
        if found.outranks(self.manifest):
            self.manifest = found
            self._records_before = self.records
            self._buried_with = self._buried - self._buried_before
            self._buried_before = self._buried

    @property
    def uncounted(self) -> int:
        """Entries that the manifest may count too many.

        Records that lie after it are a piece of a batch that a crash has cut, or repairs. Graves between it and the
        one before may be of a worker that had lost the partition, and unknown to the one that wrote it.
        """
        return self.records - self._records_before + self._buried_with

    def repairs(self) -> Sequence[tuple[Entry, int]]:
        """Return what must be written again because something older lies after it: entry and stamp."""
        repaired: list[tuple[Entry, int]] = []
        for key in sorted(self._repairs):
            value = self.live.get(key)
            repaired.append(((key, value), self._graves[key] if value is None else stamp_of(value)))
        return repaired
