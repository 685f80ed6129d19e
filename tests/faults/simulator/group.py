"""The group coordinator: members, generations, sessions and committed offsets, as Kafka's eager protocol has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiokafka.errors import CommitFailedError
from faust.types.tuples import TP

REBALANCE_SECONDS = 60.0
Reply = Callable[[str, int, set[TP]], None]


@dataclass
class Member:
    """A member as the broker knows it."""

    name: str
    seen_at: float
    waiting: Reply | None = None
    """Answers its request to join; None when it is not joining."""


class Coordinator:
    """One consumer group over the source partitions."""

    def __init__(self, clock: Callable[[], float], partitions: list[TP], session: float) -> None:
        self._clock = clock
        self._partitions = partitions
        self._session = session
        self._numbers = 0
        self.rotate = False
        """Deal partitions anew each time, so that they move; else they stay where they can."""
        self.members: dict[str, Member] = {}
        self.generation = 0
        self.preparing_since: float | None = None
        self.offsets: dict[TP, int] = {}
        self.owners: dict[TP, str] = {}
        self.committed: Callable[[TP, int], None] = lambda _tp, _offset: None
        """Told of every commit that is accepted."""

    def join(self, member: str, name: str, reply: Reply) -> None:
        """Let a member join, new ("") or again; it is answered when all have."""
        if member not in self.members:
            self._numbers += 1
            member = f"{name}-{self._numbers}"
            self.members[member] = Member(name, self._clock())
        self.members[member].waiting = reply
        self.members[member].seen_at = self._clock()
        self._prepare()
        self._complete()

    def leave(self, member: str) -> None:
        if self.members.pop(member, None) is not None:
            self._prepare()
            self._complete()

    def heartbeat(self, member: str, generation: int) -> str:
        """Answer "ok", "rebalance", "illegal" or "unknown"."""
        known = self.members.get(member)
        if known is None:
            return "unknown"
        if generation != self.generation:
            return "illegal"
        known.seen_at = self._clock()
        return "ok" if self.preparing_since is None else "rebalance"

    def sync(self, member: str, generation: int) -> str:
        """Give the assignment of a generation: answer as to a heartbeat, which it counts as."""
        return self.heartbeat(member, generation)

    def commit(self, member: str, generation: int, offsets: dict[TP, int]) -> None:
        """Store offsets; raise CommitFailedError for who is not in this generation."""
        simple = generation < 0 and not self.members  # what a broker lets pass: nobody is there to mind
        if not simple and (member not in self.members or generation != self.generation):
            raise CommitFailedError("the group has moved on")
        for tp, offset in offsets.items():
            self.offsets[tp] = offset
            self.committed(tp, offset)

    def expire(self) -> None:
        """Remove members that have not been heard of, and those that do not join in time."""
        now = self._clock()
        silent = [
            member
            for member, known in self.members.items()
            if known.waiting is None
            and (
                now - known.seen_at > self._session
                or (self.preparing_since is not None and now - self.preparing_since > REBALANCE_SECONDS)
            )
        ]
        for member in silent:
            del self.members[member]
        if silent:
            self._prepare()
            self._complete()

    def _prepare(self) -> None:
        if self.preparing_since is None:
            self.preparing_since = self._clock()

    def _complete(self) -> None:
        if not all(member.waiting for member in self.members.values()):
            return
        self.preparing_since = None
        self.generation += 1
        dealt = self._deal(sorted(self.members))
        for member, known in self.members.items():
            reply, known.waiting, known.seen_at = known.waiting, None, self._clock()
            assert reply is not None
            reply(member, self.generation, dealt[member])

    def _deal(self, members: list[str]) -> dict[str, set[TP]]:
        dealt: dict[str, set[TP]] = {member: set() for member in members}
        if not members:
            self.owners = {}
            return dealt
        share = -(-len(self._partitions) // len(members))
        for number, tp in enumerate(self._partitions):
            owner = self.owners.get(tp)
            if self.rotate:
                owner = members[(number + self.generation) % len(members)]
            elif owner not in dealt or len(dealt[owner]) >= share:
                owner = min(members, key=lambda member: (len(dealt[member]), member))
            assert owner is not None
            dealt[owner].add(tp)
            self.owners[tp] = owner
        return dealt
