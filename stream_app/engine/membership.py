"""Whether this worker still owns a partition: asked before anything is written for it.

Kafka cannot fence a plain producer, so a worker that was paused (a stopped process, a long
garbage collection, a sleeping machine) must notice by itself that its session has run out.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from faust.types.tuples import TP

_POLL_SECONDS = 0.05


class LostPartitionError(Exception):
    """Writing for a partition that belongs to somebody else by now."""


class Membership:
    """What this process knows about its place in the consumer group."""

    def __init__(self, session_timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start as nobody; ``session_timeout`` in seconds as the broker was told."""
        self._session_timeout = session_timeout
        self._clock = clock
        self.confirmed_at = clock()
        """Time of the clock when the broker was last asked, of those times that it knew this member."""
        self._leaving = False
        self._heard = -1
        """Generation that the broker last spoke of, or of the assignment after it."""
        self._heard_at = self.confirmed_at
        """Time that it was asked then."""
        self.generation = -1
        self.assigned: frozenset[TP] = frozenset()

    def join(self, generation: int, assigned: set[TP]) -> bool:
        """Take a new assignment; return whether state of partitions held before is still current.

        It is when the new generation directly follows the old one: then nobody else can have
        owned a partition in between. After a gap all state has to be read again.
        Nothing may be written before the broker has spoken of that generation: an assignment may have waited here,
        in a paused process, until it was somebody else's.
        """
        continuous = generation == self.generation + 1
        self.generation = generation
        self.assigned = frozenset(assigned)
        self._leaving = False
        if self._heard == generation:
            self.confirm(self._heard_at)
        self._heard = generation
        return continuous

    def leave(self) -> None:
        """Note that the group wants the partitions back; after a lapsed session they are lost already."""
        self._leaving = True

    def confirm(self, asked_at: float, generation: int | None = None) -> None:
        """Note that the broker knew this member when it was asked. Called from the consumer's thread.

        In a later generation than the one that was joined here it says nothing of the partitions: a worker that is
        told to stop is put into new generations, and Faust passes on neither what they take nor what they give.
        """
        if generation is not None:
            self._heard = generation
            if generation > self.generation:
                self._heard_at = asked_at
                return
        self.confirmed_at = max(self.confirmed_at, asked_at)

    @property
    def silence(self) -> float:
        """Seconds since the broker last confirmed this member."""
        return self._clock() - self.confirmed_at

    async def require(self, tp: TP, generation: int) -> None:
        """Return when this worker owns the partition for sure.

        After a silence longer than the session the answer is not known: wait for the next
        heartbeat, however long the broker is away (the watchdog bounds it). Nor is it when the
        group has gone on: wait for the new assignment, or the end.
        Raises LostPartitionError when the partition or the generation has moved on.
        """
        while True:
            if generation != self.generation or tp not in self.assigned:
                raise LostPartitionError(
                    f"{tp.topic}/{tp.partition} was fetched in generation {generation}, "
                    f"this worker is in generation {self.generation} and owns it: {tp in self.assigned}"
                )
            lapsed = self.silence >= self._session_timeout
            if not lapsed and self._heard <= self.generation:
                return
            if lapsed and self._leaving:
                raise LostPartitionError(f"the session had lapsed for {self.silence:.0f} s before the group asked")
            await asyncio.sleep(_POLL_SECONDS)
