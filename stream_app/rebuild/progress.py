"""How far a state version has come in the events."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from confluent_kafka import Consumer, TopicPartition

from stream_app.engine.clients import confluent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from stream_app.settings import Settings

_SECONDS = 10.0
_SETTLED_SECONDS = 5.0

Where = tuple[str, int]
"""Source topic and number of a partition."""


@dataclass(frozen=True, slots=True)
class Place:
    """Records folded of those that there are, all partitions together."""

    done: int
    end: int
    rate: float
    """Records per second since the start of this run."""

    @property
    def remaining_seconds(self) -> float | None:
        """Seconds to the end at this rate; None while there is none."""
        return (self.end - self.done) / self.rate if self.rate > 0 else None


class Meter:
    """Asks the broker for the offsets that a version's group has committed, and for the ends."""

    def __init__(self, settings: Settings) -> None:
        self._topics = tuple(settings.sources.values())
        config = confluent(settings) | {"group.id": settings.group, "enable.auto.commit": False}
        self._consumer = Consumer(config)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    def committed(self) -> dict[Where, int]:
        """Return the next offset of each partition of every source, 0 where nothing is committed."""
        known = self._consumer.list_topics(timeout=_SECONDS).topics
        places = [TopicPartition(topic, number) for topic in self._topics for number in known[topic].partitions]
        found = self._consumer.committed(places, timeout=_SECONDS)
        return {(place.topic, place.partition): max(place.offset, 0) for place in found}

    def bounds(self, where: Where) -> tuple[int, int]:
        """Return the first and the next offset of a partition."""
        start, end = self._consumer.get_watermark_offsets(TopicPartition(*where), timeout=_SECONDS)
        return start, end

    def follow(self) -> Iterator[Place]:
        """Yield the place now, each time it is asked for, until the version has caught up with live traffic.

        That is when all that there was at some moment is folded within a few seconds of it.
        """
        started, first = time.monotonic(), None
        goal_at, goal = started, self._ends()
        while True:
            done = self.committed()
            now = time.monotonic()
            total = sum(done.values())
            first = total if first is None else first
            yield Place(total, sum(self._ends().values()), (total - first) / max(now - started, 1e-9))
            if all(done[where] >= end for where, end in goal.items()):
                if now - goal_at <= _SETTLED_SECONDS:
                    return
                goal_at, goal = now, self._ends()

    def _ends(self) -> dict[Where, int]:
        """Return the end of every partition that has records; an empty one may never get a committed offset."""
        found = {where: self.bounds(where) for where in self.committed()}
        return {where: end for where, (start, end) in found.items() if end > start}
