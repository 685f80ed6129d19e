"""Count: how many."""

from typing import Any, ClassVar, Self

import msgspec

from stream_app.measures import formats

_CODE = bytes((formats.COUNT,))
_encode = formats.encode
_decode = msgspec.msgpack.Decoder(int).decode


class Count:
    """A signed number of contributions; their values are not looked at."""

    __slots__ = ("n",)
    subtractable: ClassVar[bool] = True

    def __init__(self, n: int = 0) -> None:
        self.n = n

    def add(self, value: Any = None, weight: int = 1) -> None:  # noqa: ARG002 - one signature for all
        """Count one contribution, or take it back with weight -1."""
        self.n += weight

    @staticmethod
    def digest(values: list[Any]) -> list[Any]:
        """Return what `absorb` takes of the values."""
        return values

    def absorb(self, digested: list[Any], weight: int = 1) -> None:
        """Count many contributions of one weight."""
        self.n += len(digested) * weight

    def merge(self, other: Self) -> None:
        """Take in what `other` counted."""
        self.n += other.n

    def subtract(self, other: Self) -> None:
        """Take out what `other` counted."""
        self.n -= other.n

    def copy(self) -> Self:
        """Return an independent equal."""
        return type(self)(self.n)

    def is_zero(self) -> bool:
        """Tell whether nothing is left in it."""
        return not self.n

    def pack(self) -> bytes:
        """Return the stored form."""
        return _CODE + _encode(self.n)

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read the stored form; UnreadableStateError if it is of something else."""
        if payload[:1] != _CODE:
            formats.refuse(payload, formats.COUNT)
        return cls(_decode(payload[1:]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Count) and other.n == self.n

    __hash__ = None  # type: ignore[assignment]  # it changes in place

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n})"
