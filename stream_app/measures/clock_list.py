"""The read side of open clocks: who waits, by the name of the clock."""

from collections.abc import Callable, Collection, Iterator, Mapping

from stream_app.measures import stamp
from stream_app.measures.clock import OpenClock
from stream_app.measures.clock_group import ClockGroup, by_label

Told = Callable[[tuple[int, bytes], OpenClock | None], None]
"""Takes a clock as it is now, None when it is closed, by the partition and the key of its entry."""


class ClockList:
    """The open clocks of all partitions; a closed one leaves its stamp until it is deleted."""

    def __init__(self) -> None:
        self._open: dict[str, dict[tuple[int, bytes], OpenClock]] = {}
        self._known: dict[tuple[int, bytes], tuple[bytes, str]] = {}
        # Groups by name of the clock and label, "" for all; forgotten when a clock of the name changes.
        self._groups: dict[str, dict[str, Mapping[str, ClockGroup]]] = {}
        self.versions: dict[str, int] = {}
        self.told: Told | None = None

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def update(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take in an entry, None where it was deleted; an outdated one is ignored."""
        place = partition, key
        known = self._known.get(place)
        if known is not None:
            if value is not None and stamp.is_older(value, known[0]):
                return
            if self._open.get(known[1], {}).pop(place, None) is not None:
                self._touch(known[1])
        clock = None if value is None else OpenClock.read(value)
        if self.told is not None:
            self.told(place, clock)
        if value is None:
            self._known.pop(place, None)
            return
        self._known[place] = value[: stamp.SIZE], clock.clock if clock else ""
        if clock is not None:
            self._open.setdefault(clock.clock, {})[place] = clock
            self._touch(clock.clock)

    def _touch(self, name: str) -> None:
        self.versions[name] = self.versions.get(name, 0) + 1
        if name in self._groups:
            del self._groups[name]

    def named(self, name: str) -> Collection[OpenClock]:
        """Return the open clocks of one name, a live view."""
        return self._open.get(name, {}).values()

    def groups(self, name: str, label: str) -> Mapping[str, ClockGroup]:
        """Return the open clocks of one name by the value of a label; with the label "", all of them under ""."""
        known = self._groups.setdefault(name, {})
        found = known.get(label)
        if found is None:
            clocks = self.named(name)
            found = known[label] = by_label(clocks, label) if label else {"": ClockGroup(clocks)}
        return found

    def everything(self) -> Iterator[tuple[tuple[int, bytes], OpenClock]]:
        """Yield every open clock with the partition and the key of its entry."""
        for clocks in self._open.values():
            yield from clocks.items()

    def names(self) -> list[str]:
        """Return the names that have an open clock."""
        return sorted(name for name, clocks in self._open.items() if clocks)
