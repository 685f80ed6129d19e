"""What every aggregate can do, and which aggregate a kind of measure keeps."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol, Self

from stream_app.measures.count import Count
from stream_app.measures.distinct import Distinct
from stream_app.measures.histogram import Histogram
from stream_app.measures.measure import Kind
from stream_app.measures.stock import Stock
from stream_app.measures.sum import Sum


class Aggregate(Protocol):
    """Values folded together: a commutative group, changed in place for speed.

    `merge` is associative and commutative and has the fresh aggregate as its identity.
    Where `subtractable`, `subtract` undoes `merge` exactly. `absorb` of what `digest` made
    of some values, or of several such lists end to end, is `add` of each value: the costly
    part of adding one value to many aggregates is done once. Merging or subtracting
    aggregates of two kinds is a TypeError or AttributeError: a cell has one kind.
    """

    subtractable: ClassVar[bool]

    def add(self, value: Any, weight: int = 1) -> None: ...  # noqa: D102
    @staticmethod
    def digest(values: list[Any]) -> list[Any]: ...  # noqa: D102
    def absorb(self, digested: list[Any], weight: int = 1) -> None: ...  # noqa: D102
    def merge(self, other: Any) -> None: ...  # noqa: D102
    def subtract(self, other: Any) -> None: ...  # noqa: D102
    def copy(self) -> Self: ...  # noqa: D102
    def is_zero(self) -> bool: ...  # noqa: D102
    def pack(self) -> bytes: ...  # noqa: D102
    @classmethod
    def unpack(cls, payload: bytes) -> Self: ...  # noqa: D102


AGGREGATES: Final[Mapping[Kind, type[Aggregate]]] = MappingProxyType(
    {
        Kind.COUNT: Count,
        Kind.SUM: Sum,
        Kind.HISTOGRAM: Histogram,
        Kind.DISTINCT: Distinct,
        Kind.STOCK: Stock,
    }
)


def merged(parts: Iterable[Aggregate | None]) -> Aggregate | None:
    """Return the parts together; a single one as it is, without a copy."""
    held = [part for part in parts if part is not None]
    if len(held) < 2:
        return held[0] if held else None
    total = held[0].copy()
    for part in held[1:]:
        total.merge(part)
    return None if total.is_zero() else total
