"""What a relationship keeps of things by their ids, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def forget_oldest(known: dict[str, T], ended_at: Callable[[T], int | None], most_ended: int, most: int) -> None:
    """Forget the oldest ended ones beyond *most_ended*, and then the oldest of all beyond *most*.

    *ended_at* tells when one ended, ms; ``None`` while it has not.
    """
    if len(known) <= most_ended:
        return
    ended = sorted((at, name) for name, one in known.items() if (at := ended_at(one)) is not None)
    for _, name in ended[: max(len(ended) - most_ended, 0)]:
        del known[name]
    while len(known) > most:
        del known[next(iter(known))]
