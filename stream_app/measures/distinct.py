"""Distinct: how many different ids, exact up to 256, then within about 2 %.

While exact it counts how often each id came, so an id can be taken back and two
distincts subtract. Beyond 256 ids it becomes a HyperLogLog, which only grows: taking
back is ignored from then on, and windows merge their panes anew instead of subtracting.
"""

from collections.abc import Iterable
from typing import ClassVar, Final, Self

import msgspec
import xxhash

from stream_app.measures import formats, hyperloglog

EXACT: Final = 256

_digest = xxhash.xxh3_64_intdigest
_CODE = bytes((formats.DISTINCT,))
_encode = formats.encode
_decode = msgspec.msgpack.Decoder(tuple[dict[int, int], bytes]).decode

Identity = str | bytes | int


def stable_hash(value: Identity) -> int:
    """Return 64 bits that are the same for an id in every process and version (XXH3)."""
    return _digest(value if isinstance(value, bytes) else str(value).encode())


class Distinct:
    """A set of ids: `ids` (hash -> times seen) while exact, `registers` once dense."""

    __slots__ = ("ids", "registers")
    subtractable: ClassVar[bool] = False

    def __init__(self, ids: dict[int, int] | None = None, registers: bytearray | None = None) -> None:
        self.ids = {} if ids is None else ids
        self.registers = registers

    def add(self, value: Identity, weight: int = 1) -> None:
        """Add an id, or take it back with weight -1 (ignored once dense)."""
        self._shift(((stable_hash(value), weight),))

    @staticmethod
    def digest(values: list[Identity]) -> list[int]:
        """Return what `absorb` takes of the values: their hashes."""
        return [stable_hash(value) for value in values]

    def absorb(self, digested: list[int], weight: int = 1) -> None:
        """Add many hashes of one weight."""
        self._shift((hashed, weight) for hashed in digested)

    def merge(self, other: Self) -> None:
        """Take in the ids of `other`."""
        if other.registers is not None:
            self._densify()
            assert self.registers is not None
            hyperloglog.union(self.registers, other.registers)
        self._shift(other.ids.items())

    def subtract(self, other: Self) -> None:
        """Take out the ids of `other`; ValueError once either is dense."""
        if self.registers is not None or other.registers is not None:
            raise ValueError("a distinct of more than 256 ids cannot be subtracted from: merge anew")
        self._shift((hashed, -times) for hashed, times in other.ids.items())

    def _shift(self, changes: Iterable[tuple[int, int]]) -> None:
        if self.registers is not None:
            hyperloglog.observe(self.registers, (hashed for hashed, times in changes if times > 0))
            return
        ids = self.ids
        for hashed, times in changes:
            count = ids.get(hashed, 0) + times
            if count:
                ids[hashed] = count
            else:
                del ids[hashed]
        if len(ids) > EXACT:
            self._densify()

    def _densify(self) -> None:
        if self.registers is None:
            self.registers = bytearray(hyperloglog.REGISTERS)
            hyperloglog.observe(self.registers, (h for h, times in self.ids.items() if times > 0))
            self.ids = {}

    @property
    def n(self) -> int:
        """Return how many different ids: exact up to 256, else the estimate."""
        if self.registers is not None:
            return round(hyperloglog.estimate(self.registers))
        return sum(times > 0 for times in self.ids.values())

    def copy(self) -> Self:
        """Return an independent equal."""
        return type(self)(self.ids.copy(), None if self.registers is None else self.registers[:])

    def is_zero(self) -> bool:
        """Tell whether nothing is left in it."""
        return not self.ids and self.registers is None

    def pack(self) -> bytes:
        """Return the stored form: up to 2.6 kB while exact, 4.1 kB once dense."""
        return _CODE + _encode((self.ids, self.registers or b""))

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read the stored form; UnreadableStateError if it is of something else."""
        if payload[:1] != _CODE:
            formats.refuse(payload, formats.DISTINCT)
        ids, registers = _decode(payload[1:])
        return cls(ids, bytearray(registers) if registers else None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distinct) and (other.ids, other.registers) == (
            self.ids,
            self.registers,
        )

    __hash__ = None  # type: ignore[assignment]  # it changes in place

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n})"
