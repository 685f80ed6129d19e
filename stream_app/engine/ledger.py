"""The ledger: up to which offset each source partition is durable, and committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from faust.types.tuples import TP


class Ledger:
    """Positions of the partitions that this worker holds; a position is the next offset to read."""

    def __init__(self) -> None:
        self._position: dict[TP, int] = {}
        self._committed: dict[TP, int] = {}

    def resume(self, committed: Mapping[TP, int | None], stamps: Mapping[TP, int]) -> dict[TP, int]:
        """Take the group's committed offsets after a rebalance; return where partitions continue.

        A partition held before continues at its durable position, a new one at its committed offset, but
        never past what its state is complete up to (``stamps``): that is less where a new state version begins, or
        where state was read from a replica that lags. Left out is what has no state or no committed offset;
        it starts at the beginning of its topic (`begin`).
        Raises RuntimeError when the group is ahead of a partition held here: its state is then stale.
        """
        positions: dict[TP, int] = {}
        for tp, offset in committed.items():
            known = self._position.get(tp)
            if known is not None:
                if offset is not None and offset > max(known, self._committed.get(tp, -1)):
                    raise RuntimeError(
                        f"{tp.topic}/{tp.partition} is committed up to {offset} by somebody else, "
                        f"this worker holds its state up to {known}"
                    )
                positions[tp] = known
            elif offset is not None and offset >= 0 and stamps.get(tp, -1) >= 0:
                positions[tp] = min(offset, stamps[tp] + 1)
            if offset is not None and offset >= 0:
                self._committed[tp] = offset
        self._position.update(positions)
        return positions

    def begin(self, earliest: Mapping[TP, int]) -> dict[TP, int]:
        """Start partitions at the first offset that their topic still has; return these positions."""
        self._position.update(earliest)
        return dict(earliest)

    def position(self, tp: TP) -> int | None:
        """Return the next offset that is not durable yet; None before anything is known."""
        return self._position.get(tp)

    def advance(self, tp: TP, position: int) -> None:
        """Note that everything before ``position`` is durable. It never moves back."""
        if position > self._position.get(tp, -1):
            self._position[tp] = position

    def uncommitted(self, owned: Collection[TP]) -> dict[TP, int]:
        """Return the durable positions of owned partitions that the group does not know yet."""
        return {
            tp: position
            for tp, position in self._position.items()
            if tp in owned and position > self._committed.get(tp, 0)
        }

    def committed(self, offsets: Mapping[TP, int]) -> None:
        """Note a commit that the broker has confirmed."""
        for tp, offset in offsets.items():
            self._committed[tp] = max(offset, self._committed.get(tp, 0))

    def forget(self, tp: TP) -> None:
        """Drop a partition that was given up."""
        self._position.pop(tp, None)
        self._committed.pop(tp, None)
