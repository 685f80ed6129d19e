"""Events for the counting shard, written in the background while something is broken."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.engine.log import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream_app.settings import Settings


def events(count: int, keys: int = 200, seed: int = 7) -> list[tuple[bytes, bytes]]:
    """Return so many events of so many relationships."""
    chance = random.Random(seed)
    return [(b"r%d" % chance.randrange(keys), b"event %d" % number) for number in range(count)]


@contextmanager
def flowing(settings: Settings, log: Sequence[tuple[bytes, bytes]], rate: float = 1_000) -> Iterator[threading.Thread]:
    """Write the events at a rate while the block runs; wait for the last one behind it."""
    writing = threading.Thread(target=write, args=(settings, log), kwargs={"rate": rate}, daemon=True)
    writing.start()
    try:
        yield writing
    finally:
        writing.join(120)
        assert not writing.is_alive(), "the broker did not take the events"
