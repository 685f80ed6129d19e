"""The value at a rank of a list of (value, how many), interpolated linearly as numpy and R's type 7 do."""

from __future__ import annotations

from collections.abc import Sequence


def at_rank(points: Sequence[tuple[float, int]], rank: float) -> float:
    """Return the value at *rank* (0 is the lowest) of rising (value, count) pairs; there is at least one."""
    low = int(rank)
    below = _whole(points, low)
    return below if rank == low else below + (_whole(points, low + 1) - below) * (rank - low)


def _whole(points: Sequence[tuple[float, int]], rank: int) -> float:
    for value, count in points:
        if rank < count:
            return value
        rank -= count
    return points[-1][0]
