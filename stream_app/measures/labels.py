"""The cap on breakdown values: the first so many keep their name, the rest are "other".

Which value got a place is part of the state, because a replay must send a record's
contribution to the cell that it went to before. Two rules make that hold after a crash,
given that a registry is written before the cells of its batch:

* A value admitted at offset `a` was not admitted before `a`: where the records of a batch are not
  folded in their order, `a` is the offset at which the batch begins.
* An unknown value of a record at or below the registry's stamp was refused then, and is
  refused again, even where an eviction has made room since.

A value leaves when its last cell has left, and only if somebody waits for the place.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from stream_app.measures import formats, keys, stamp

OTHER: Final = "other"

_decode = msgspec.msgpack.Decoder(tuple[dict[str, int], bool]).decode


def read(value: bytes) -> tuple[dict[str, int], bool]:
    """Read a stored registry: value -> admission offset, and whether values were refused."""
    return _decode(formats.body(stamp.payload_of(value), formats.LABELS))


class LabelRegistry:
    """The values of one label that have a name of their own in one source partition."""

    __slots__ = ("_base", "_cap", "cells", "changed", "full", "key", "refused", "stamp", "values")

    def __init__(self, label: str, cap: int) -> None:
        self.key = keys.label(label)
        self.values: dict[str, int] = {}
        self.full = False
        self.refused = 0
        self.stamp = stamp.NEVER
        self.changed = False
        self.cells: dict[str, int] = {}
        self._base = stamp.NEVER
        self._cap = cap

    def load(self, value: bytes) -> None:
        """Take over a recovered registry."""
        self.values, self.full = read(value)
        self.stamp = self._base = stamp.stamp_of(value)

    def resolve(self, value: str, offset: int, begin: int = stamp.NEVER) -> str:
        """Return the name under which a record at `offset`, of a batch that begins at `begin`, counts `value`."""
        admitted = self.values.get(value)
        if admitted is not None:
            return value if admitted <= offset else OTHER
        if value == OTHER or offset <= self._base:
            return OTHER
        if len(self.values) < self._cap:
            self.values[value] = offset if begin == stamp.NEVER else begin
            self._touch(offset)
            return value
        self.refused += 1
        if not self.full:
            self.full = True
            self._touch(offset)
        return OTHER

    def hold(self, value: str, cells: int) -> None:
        """Note that `value` has so many cells more (or fewer)."""
        held = self.cells.get(value, 0) + cells
        if held:
            self.cells[value] = held
        else:
            del self.cells[value]

    def evict(self, offset: int) -> bool:
        """Take the places of values without cells, `offset` being the last seen; tell whether any was."""
        if not self.full:
            return False
        gone = [value for value in self.values if value not in self.cells]
        for value in gone:
            del self.values[value]
        emptied = OTHER not in self.cells
        if emptied:
            self.full = False
        if gone or emptied:
            self._touch(offset)
        return bool(gone)

    def _touch(self, offset: int) -> None:
        self.changed = True
        self.stamp = max(self.stamp, offset)

    def encode(self) -> bytes:
        """Return the stored form."""
        return stamp.pack(self.stamp, bytes((formats.LABELS,)) + formats.encode((self.values, self.full)))

    def drain(self) -> bytes:
        """Return the stored form and count the batch as done."""
        self.changed = False
        self._base = self.stamp
        return self.encode()


class LabelBook:
    """The registries of one source partition, by label."""

    def __init__(self, cap: int, caps: Mapping[str, int] = MappingProxyType({})) -> None:
        """Cap every label at *cap* values, and those in *caps* at their own."""
        self._cap = cap
        self._caps = caps
        self._registries: dict[str, LabelRegistry] = {}

    def __len__(self) -> int:
        return sum(one.stamp != stamp.NEVER for one in self._registries.values())

    def __getitem__(self, label: str) -> LabelRegistry:
        registry = self._registries.get(label)
        if registry is None:
            registry = self._registries[label] = LabelRegistry(label, self._caps.get(label, self._cap))
        return registry

    @property
    def refused(self) -> int:
        """Return how many sets of labels have met a full registry since the start of the process."""
        return sum(one.refused for one in self._registries.values())

    def evict(self, offset: int) -> bool:
        """Evict from every registry that is full; tell whether a place became free."""
        return bool([one for one in self._registries.values() if one.evict(offset)])

    def drain(self) -> list[tuple[bytes, bytes | None]]:
        """Return the registries that changed since the last drain."""
        return [(one.key, one.drain()) for one in self._registries.values() if one.changed]

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every registry."""
        for one in self._registries.values():
            if one.stamp != stamp.NEVER:
                yield one.key, one.encode()
