"""The read side of open clocks: who waits, by the name of the clock."""

from collections.abc import Collection

from stream_app.measures import stamp
from stream_app.measures.clock import OpenClock


class ClockList:
    """The open clocks of all partitions; a closed one leaves its stamp until it is deleted."""

    def __init__(self) -> None:
        self._open: dict[str, dict[tuple[int, bytes], OpenClock]] = {}
        self._known: dict[tuple[int, bytes], tuple[bytes, str]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def update(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take in an entry, None where it was deleted; an outdated one is ignored."""
        place = partition, key
        known = self._known.get(place)
        if known is not None:
            if value is not None and stamp.is_older(value, known[0]):
                return
            self._open.get(known[1], {}).pop(place, None)
        if value is None:
            self._known.pop(place, None)
            return
        clock = OpenClock.read(value)
        self._known[place] = value[: stamp.SIZE], clock.clock if clock else ""
        if clock is not None:
            self._open.setdefault(clock.clock, {})[place] = clock

    def named(self, name: str) -> Collection[OpenClock]:
        """Return the open clocks of one name, a live view."""
        return self._open.get(name, {}).values()

    def names(self) -> list[str]:
        """Return the names that have an open clock."""
        return sorted(name for name, clocks in self._open.items() if clocks)
