"""Changes of open clocks on their way from the thread that reads them to the event loop."""

from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final

from stream_app.alerting.watch import Place
from stream_app.measures.clock import OpenClock


class Mark(Enum):
    """Says that all clocks follow anew, and that they are all there."""

    BEGIN = "begin"
    END = "end"


News = tuple[Place, OpenClock | None] | Mark
MOST: Final = 2_000
"""Changes that are taken at a time: some 20 ms, for which the event loop stands still."""


class Feed:
    """A queue without a lock: one thread puts in, the event loop takes out, neither waits for the other."""

    def __init__(self) -> None:
        self._news: deque[News] = deque()

    def __len__(self) -> int:
        return len(self._news)

    def __call__(self, place: Place, clock: OpenClock | None) -> None:
        """Put in a clock as it is now, None when it is closed."""
        self._news.append((place, clock))

    def anew(self, clocks: Iterable[tuple[Place, OpenClock]]) -> None:
        """Put in that what was told so far is void, and that these are all."""
        self._news.append(Mark.BEGIN)
        self._news.extend(clocks)
        self._news.append(Mark.END)

    def take(self, most: int = MOST) -> Iterator[News]:
        """Yield the oldest changes."""
        news = self._news
        for _ in range(min(most, len(news))):
            yield news.popleft()
