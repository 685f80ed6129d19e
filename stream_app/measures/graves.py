"""What is empty but still stored, because its stamp may yet be needed.

A cell that recovery does not find has no stamp to compare with. Were an empty cell deleted at once, the
replay of a record whose journey is not durable yet would add to it again.
"""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Graves(Generic[T]):
    """Emptied entries by the offset that must be durable before they may go."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, list[T]]] = deque()

    def dig(self, offset: int, entries: list[T]) -> None:
        """Add entries none of whose stamps is above `offset`; offsets never fall."""
        if entries:
            self._waiting.append((offset, entries))

    def release(self, durable: int) -> Iterator[T]:
        """Yield, once, the entries that wait for no more than `durable`."""
        while self._waiting and self._waiting[0][0] <= durable:
            yield from self._waiting.popleft()[1]
