"""Panes, the aligned slices of event time, and the rolling windows that are made of them.

All times and sizes are ms. A pane's index is `at // pane.size`, so panes are aligned to
UTC. A window of W ms at `now` is the W / pane.size panes that end with the one `now`
lies in; it slides pane by pane.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class Pane:
    """A slice of event time: its letter in keys, its size in ms."""

    code: str
    size: int


MINUTE: Final = Pane("m", 60_000)
HOUR: Final = Pane("h", 3_600_000)
DAY: Final = Pane("d", 86_400_000)
PANES: Final = (MINUTE, HOUR, DAY)

_LONGEST_OF_MINUTES = 2 * HOUR.size
_LONGEST_OF_HOURS = 7 * DAY.size
_TEXT = re.compile(r"([1-9][0-9]{0,4})([mhd])\Z")


@dataclass(frozen=True, slots=True)
class Window:
    """A rolling window: its name ("15m"), its size in ms and the pane it slides by."""

    name: str
    size: int
    pane: Pane

    def __hash__(self) -> int:
        return hash(self.name)  # each look at a window's sum hashes it: this takes a tenth of what was generated

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "15m", "24h" or "30d"; ValueError says what is wrong and what would do."""
        match = _TEXT.match(text)
        if match is None:
            raise ValueError(f"window {text!r}: write a number and m, h or d, such as 15m, 24h or 30d")
        size = int(match[1]) * next(pane.size for pane in PANES if pane.code == match[2])
        pane = MINUTE if size <= _LONGEST_OF_MINUTES else HOUR if size <= _LONGEST_OF_HOURS else DAY
        if size % pane.size:
            raise ValueError(
                f"window {text!r}: above 2h a window is whole hours, above 7d whole days; "
                f"try {size // pane.size}{pane.code}"
            )
        return cls(text, size, pane)

    def span(self, now: int) -> range:
        """Return the pane indices that the window covers at `now`."""
        last = now // self.pane.size
        return range(last - self.size // self.pane.size + 1, last + 1)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the panes of one kind are kept behind the watermark, in ms."""

    pane: Pane
    keep: int

    def oldest(self, watermark: int) -> int:
        """Return the first pane index that is still kept at `watermark`."""
        return (watermark - self.keep) // self.pane.size


def retentions(windows: Iterable[Window], lateness: int) -> tuple[Retention, ...]:
    """Return what to keep of each kind of pane that some window is made of, finest first.

    Kept is the longest window of the kind plus a slack for readers whose "now" is behind
    the watermark: the lateness, but no more than that window again (at least an hour).
    A minute pane that left the 1 h window cannot be seen, so keeping it for a day of
    lateness would cost 25 times the cells and show nothing.
    """
    longest: dict[Pane, int] = {}
    for window in windows:
        longest[window.pane] = max(window.size, longest.get(window.pane, 0))
    return tuple(
        Retention(pane, size + min(lateness, max(size, HOUR.size))) for pane in PANES if (size := longest.get(pane))
    )
