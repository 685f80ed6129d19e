"""Open clocks that are counted together, with their times in order, so that a window is two bisections."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final

from stream_app.measures.clock import OpenClock


class ClockGroup:
    """Some open clocks at one moment; what is derived of them is made once, when it is first asked for."""

    def __init__(self, clocks: Iterable[OpenClock] = ()) -> None:
        self.clocks = tuple(clocks)

    def __len__(self) -> int:
        return len(self.clocks)

    @cached_property
    def since(self) -> list[int]:
        """Return when each began, in ms, rising."""
        return sorted([clock.since for clock in self.clocks])

    @cached_property
    def due(self) -> list[int]:
        """Return when those with a due time are due, in ms, rising."""
        return sorted([clock.due for clock in self.clocks if clock.due is not None])

    @cached_property
    def promised(self) -> list[int]:
        """Return when those that page somebody are due, in ms, rising."""
        return sorted([clock.due for clock in self.clocks if clock.due is not None and not clock.imported])

    @cached_property
    def risky(self) -> tuple[list[int], list[int]]:
        """Return from when and until when those that page somebody are at risk, in ms, each rising.

        The end is the moment at which it is due; what has no end is in the first list alone.
        """
        spans = [(clock.risk, clock.due) for clock in self.clocks if clock.risk is not None and not clock.imported]
        lasting = [(risk, due) for risk, due in spans if due is None or risk <= due]
        return sorted([risk for risk, _ in lasting]), sorted([due for _, due in lasting if due is not None])


NOBODY: Final = ClockGroup()


def by_label(clocks: Iterable[OpenClock], label: str) -> Mapping[str, ClockGroup]:
    """Group *clocks* by the value of a label, in order of the values; those without it are in no group.

    The policy of a clock is a label as well.
    """
    found: dict[str, list[OpenClock]] = {}
    for clock in clocks:
        value = clock.policy if label == "policy" else clock.labels.get(label)
        if value is not None:
            found.setdefault(value, []).append(clock)
    return MappingProxyType({value: ClockGroup(found[value]) for value in sorted(found)})
