"""Sum: an exact total, with how many made it."""

from typing import ClassVar, Self

import msgspec

from stream_app.measures import formats

_CODE = bytes((formats.SUM,))
_encode = formats.encode
_decode = msgspec.msgpack.Decoder(tuple[int, int | str]).decode


class Sum:
    """A total of integers (money in minor units, ms) and the number of them, both exact."""

    __slots__ = ("n", "total")
    subtractable: ClassVar[bool] = True

    def __init__(self, n: int = 0, total: int = 0) -> None:
        self.n = n
        self.total = total

    def add(self, value: int, weight: int = 1) -> None:
        """Add a value, or take it back with weight -1."""
        self.n += weight
        self.total += value * weight

    @staticmethod
    def digest(values: list[int]) -> list[int]:
        """Return what `absorb` takes of the values."""
        return values

    def absorb(self, digested: list[int], weight: int = 1) -> None:
        """Add many values of one weight."""
        self.n += len(digested) * weight
        self.total += sum(digested) * weight

    def merge(self, other: Self) -> None:
        """Take in what `other` summed."""
        self.n += other.n
        self.total += other.total

    def subtract(self, other: Self) -> None:
        """Take out what `other` summed."""
        self.n -= other.n
        self.total -= other.total

    @property
    def mean(self) -> float | None:
        """Return total / n in the values' unit, None of nothing."""
        return self.total / self.n if self.n else None

    def copy(self) -> Self:
        """Return an independent equal."""
        return type(self)(self.n, self.total)

    def is_zero(self) -> bool:
        """Tell whether nothing is left in it."""
        return not self.n and not self.total

    def pack(self) -> bytes:
        """Return the stored form."""
        return _CODE + _encode((self.n, formats.wide(self.total)))

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read the stored form; UnreadableStateError if it is of something else."""
        if payload[:1] != _CODE:
            formats.refuse(payload, formats.SUM)
        n, total = _decode(payload[1:])
        return cls(n, int(total))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and (other.n, other.total) == (self.n, self.total)

    __hash__ = None  # type: ignore[assignment]  # it changes in place

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={self.n}, total={self.total})"
