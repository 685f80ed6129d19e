"""Histogram: quantiles within 1 %, from counts in logarithmic bins that add and subtract exactly.

The mapping is that of DDSketch (Masson, Rim, Lee: DDSketch, VLDB 2019, section 2.1):
with gamma = (1 + a) / (1 - a), bin i holds the values in (gamma^(i-1), gamma^i] and
stands for 2 gamma^i / (gamma + 1), which is within a = 1 % of each of them.
"""

from collections.abc import Iterator, Sequence
from math import ceil, floor, log
from typing import ClassVar, Final, Self

import msgspec

from stream_app.measures import formats

ACCURACY: Final = 0.01
_GAMMA: Final = (1 + ACCURACY) / (1 - ACCURACY)
_PER_LOG: Final = 1 / log(_GAMMA)
_MIDDLE: Final = 2 / (_GAMMA + 1)

_decode = msgspec.msgpack.Decoder(tuple[int, int | str, int, dict[int, int]]).decode


class Histogram:
    """A distribution of integers >= 0; a negative one counts as 0 but keeps its share of `total`."""

    __slots__ = ("bins", "n", "total", "zero")
    subtractable: ClassVar[bool] = True

    def __init__(self, n: int = 0, total: int = 0, zero: int = 0, bins: dict[int, int] | None = None) -> None:
        self.n = n
        self.total = total
        self.zero = zero
        self.bins = {} if bins is None else bins

    def add(self, value: int, weight: int = 1) -> None:
        """Add a value, or take it back with weight -1."""
        self.extend((value,), weight)

    def extend(self, values: Sequence[int], weight: int = 1) -> None:
        """Add many values of one weight."""
        self.n += len(values) * weight
        self.total += sum(values) * weight
        bins = self.bins
        for value in values:
            if value > 0:
                place = ceil(log(value) * _PER_LOG)
                count = bins.get(place, 0) + weight
                if count:
                    bins[place] = count
                else:
                    del bins[place]
            else:
                self.zero += weight

    def merge(self, other: Self) -> None:
        """Take in what `other` holds."""
        self._shift(other, 1)

    def subtract(self, other: Self) -> None:
        """Take out what `other` holds."""
        self._shift(other, -1)

    def _shift(self, other: Self, sign: int) -> None:
        self.n += sign * other.n
        self.total += sign * other.total
        self.zero += sign * other.zero
        bins = self.bins
        for place, more in other.bins.items():
            count = bins.get(place, 0) + sign * more
            if count:
                bins[place] = count
            else:
                del bins[place]

    @property
    def mean(self) -> float | None:
        """Return the exact mean, None of nothing."""
        return self.total / self.n if self.n else None

    def quantile(self, q: float) -> float | None:
        """Return the q-quantile (0..1) within 1 %, None of nothing.

        Linear between the two values at rank q * (n - 1), as numpy and R's type 7 do, so
        that it agrees with an exact quantile of the raw values up to the bins' 1 %.
        """
        if self.n <= 0:
            return None
        rank = q * (self.n - 1)
        below, above = floor(rank), ceil(rank)
        low: float | None = None
        seen, value = 0, 0.0
        for value, count in self.points():
            seen += count
            if low is None and seen > below:
                low = value
            if seen > above:
                break
        start = value if low is None else low
        return start + (value - start) * (rank - below)

    def points(self) -> Iterator[tuple[float, int]]:
        """Yield (representative, count) in rising order."""
        yield 0.0, self.zero
        for place in sorted(self.bins):
            yield _MIDDLE * _GAMMA**place, self.bins[place]

    def count_at_most(self, limit: int) -> int:
        """Return how many values are <= `limit`; values up to 2 % above it may be counted in."""
        if limit < 0:
            return 0
        last = ceil(log(limit) * _PER_LOG) if limit else -1
        return self.zero + sum(count for place, count in self.bins.items() if place <= last)

    def copy(self) -> Self:
        """Return an independent equal."""
        return type(self)(self.n, self.total, self.zero, self.bins.copy())

    def is_zero(self) -> bool:
        """Tell whether nothing is left in it."""
        return not (self.n or self.total or self.zero or self.bins)

    def pack(self) -> bytes:
        """Return the stored form."""
        return formats.HISTOGRAM + formats.encode((self.n, formats.wide(self.total), self.zero, self.bins))

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read the stored form; UnreadableStateError if it is of something else."""
        n, total, zero, bins = _decode(formats.body(payload, formats.HISTOGRAM))
        return cls(n, int(total), zero, bins)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Histogram)
            and (other.n, other.total, other.zero) == (self.n, self.total, self.zero)
            and other.bins == self.bins
        )

    __hash__ = None  # type: ignore[assignment]  # it changes in place

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={self.n}, total={self.total}, bins={len(self.bins)})"
