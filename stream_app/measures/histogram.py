"""Histogram: quantiles within 1 %, from counts in logarithmic bins that add and subtract exactly.

The mapping is that of DDSketch (Masson, Rim, Lee: DDSketch, VLDB 2019, section 2.1):
with gamma = (1 + a) / (1 - a), bin i holds the values in (gamma^(i-1), gamma^i] and
stands for 2 gamma^i / (gamma + 1), which is within a = 1 % of each of them.
"""

from collections.abc import Iterator, Mapping
from math import ceil, floor, log
from typing import ClassVar, Final, Self

import msgspec

from stream_app.measures import formats

ACCURACY: Final = 0.01
_GAMMA: Final = (1 + ACCURACY) / (1 - ACCURACY)
_PER_LOG: Final = 1 / log(_GAMMA)
_MIDDLE: Final = 2 / (_GAMMA + 1)
_ZERO: Final = -1
"""The bin of 0, below that of 1, which is bin 0."""

_CODE = bytes((formats.HISTOGRAM,))
_encode = formats.encode
_decode = msgspec.msgpack.Decoder(tuple[int, int | str, dict[int, int]]).decode


def _bin(value: int) -> int:
    return ceil(log(value) * _PER_LOG) if value > 0 else _ZERO


def _value(place: int) -> float:
    """Return what stands for the values in a bin."""
    return _MIDDLE * _GAMMA**place if place >= 0 else 0.0


class Histogram:
    """A distribution of integers >= 0; a negative one counts as 0 but keeps its share of `total`."""

    __slots__ = ("bins", "n", "total")
    subtractable: ClassVar[bool] = True

    def __init__(self, n: int = 0, total: int = 0, bins: dict[int, int] | None = None) -> None:
        self.n = n
        self.total = total
        self.bins = {} if bins is None else bins

    def add(self, value: int, weight: int = 1) -> None:
        """Add a value, or take it back with weight -1."""
        self.absorb(self.digest([value]), weight)

    @staticmethod
    def digest(values: list[int]) -> list[int]:
        """Return what `absorb` takes of the values: each followed by its bin."""
        digested: list[int] = []
        for value in values:
            digested += value, _bin(value)
        return digested

    def absorb(self, digested: list[int], weight: int = 1) -> None:
        """Add many digested values of one weight."""
        if len(digested) == 2:  # one value, as in most cells of a batch: no lists for it
            self.n += weight
            self.total += digested[0] * weight
            places = digested[1:]
        else:
            places = digested[1::2]
            self.n += len(places) * weight
            self.total += sum(digested[::2]) * weight
        bins = self.bins
        for place in places:
            count = bins.get(place, 0) + weight
            if count:
                bins[place] = count
            else:
                bins.pop(place, None)

    def merge(self, other: Self) -> None:
        """Take in what `other` holds."""
        self.n += other.n
        self.total += other.total
        self._shift(other.bins, 1)

    def subtract(self, other: Self) -> None:
        """Take out what `other` holds."""
        self.n -= other.n
        self.total -= other.total
        mine, theirs = self.bins, other.bins
        if len(theirs) * 2 < len(mine):
            self._shift(theirs, -1)
            return
        # Most bins go: of a cell's new value and its old one, only a few differ.
        times = theirs.get
        rest = {place: left for place, count in mine.items() if (left := count - times(place, 0))}
        if not theirs.keys() <= mine.keys():
            rest.update((place, -theirs[place]) for place in theirs.keys() - mine.keys())
        self.bins = rest

    def _shift(self, more: Mapping[int, int], sign: int) -> None:
        bins = self.bins
        for place, times in more.items():
            count = bins.get(place, 0) + sign * times
            if count:
                bins[place] = count
            else:
                bins.pop(place, None)

    @property
    def zero(self) -> int:
        """Return how many values were 0 or less."""
        return self.bins.get(_ZERO, 0)

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
        low: int | None = None
        seen, place = 0, _ZERO
        bins = self.bins
        for place in sorted(bins):
            seen += bins[place]
            if low is None and seen > below:
                low = place
            if seen > above:
                break
        end = _value(place)
        start = end if low is None else _value(low)
        return start + (end - start) * (rank - below)

    def points(self) -> Iterator[tuple[float, int]]:
        """Yield (representative, count) in rising order."""
        for place in sorted(self.bins):
            yield _value(place), self.bins[place]

    def count_at_most(self, limit: int) -> int:
        """Return how many values are <= `limit`; values up to 2 % above it may be counted in."""
        if limit < 0:
            return 0
        last = _bin(limit)
        return sum(count for place, count in self.bins.items() if place <= last)

    def copy(self) -> Self:
        """Return an independent equal."""
        return type(self)(self.n, self.total, self.bins.copy())

    def is_zero(self) -> bool:
        """Tell whether nothing is left in it."""
        return not (self.n or self.total or self.bins)

    def pack(self) -> bytes:
        """Return the stored form."""
        return _CODE + _encode((self.n, formats.wide(self.total), self.bins))

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read the stored form; UnreadableStateError if it is of something else."""
        if payload[:1] != _CODE:
            formats.refuse(payload, formats.HISTOGRAM)
        n, total, bins = _decode(payload[1:])
        return cls(n, int(total), bins)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and (other.n, other.total, other.bins) == (self.n, self.total, self.bins)

    __hash__ = None  # type: ignore[assignment]  # it changes in place

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={self.n}, total={self.total}, bins={len(self.bins)})"
