"""Stock: how many are in a state now."""

from typing import Any, ClassVar, Self

import msgspec

from stream_app.measures import formats

_CODE = bytes((formats.STOCK,))
_encode = formats.encode
_decode = msgspec.msgpack.Decoder(int | str).decode


class Stock:
    """A signed count of what is in one bucket; an amount goes in and out as the weight."""

    __slots__ = ("count",)
    subtractable: ClassVar[bool] = True

    def __init__(self, count: int = 0) -> None:
        self.count = count

    def add(self, value: Any = None, weight: int = 1) -> None:  # noqa: ARG002 - one signature for all
        """Put `weight` in, or take it out where negative; `value` is not looked at."""
        self.count += weight

    @staticmethod
    def digest(values: list[Any]) -> list[Any]:
        """Return what `absorb` takes of the values."""
        return values

    def absorb(self, digested: list[Any], weight: int = 1) -> None:
        """Put `weight` in once for each digested value."""
        self.count += len(digested) * weight

    def merge(self, other: Self) -> None:
        """Take in what `other` holds."""
        self.count += other.count

    def subtract(self, other: Self) -> None:
        """Take out what `other` holds."""
        self.count -= other.count

    def copy(self) -> Self:
        """Return an independent equal."""
        return type(self)(self.count)

    def is_zero(self) -> bool:
        """Tell whether nothing is left in it."""
        return not self.count

    def pack(self) -> bytes:
        """Return the stored form."""
        return _CODE + _encode(formats.wide(self.count))

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read the stored form; UnreadableStateError if it is of something else."""
        if payload[:1] != _CODE:
            formats.refuse(payload, formats.STOCK)
        return cls(int(_decode(payload[1:])))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stock) and other.count == self.count

    __hash__ = None  # type: ignore[assignment]  # it changes in place

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.count})"
