"""How far the board has read the state topics, and therefore whether it may speak."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartitionProgress:
    """What is known of one partition of one state topic.

    Attributes:
        topic: The state topic.
        partition: Its partition number, the same as that of the source topic.
        position: The next offset to read; None before the first record or end mark.
        end: The offset after the newest record that the broker told of; None while unknown.
        caught_up: True once the end was seen, and from then on.
    """

    topic: str
    partition: int
    position: int | None = None
    end: int | None = None
    caught_up: bool = False

    @property
    def lag(self) -> int | None:
        """Offsets between the position and the end; None while one of them is unknown."""
        if self.position is None or self.end is None:
            return None
        return max(0, self.end - self.position)


@dataclass(frozen=True, slots=True)
class Progress:
    """All partitions together, replaced as a whole by the reader and read by anyone without a lock.

    Attributes:
        partitions: One entry per partition of every state topic; the index is the source number in the model.
        missing: State topics that do not exist.
        damage: Why the state must not be believed, one sentence each; no figure is shown then.
        trouble: Why the broker cannot be read right now; "" when it can.
        records: State records read since the start of the process.
        rejected: Of those, the ones that the model could not take.
        rebuilds: How often the model was thrown away and read anew.
        last_record_at: Wall time in ms of the newest read; None before the first.
    """

    partitions: tuple[PartitionProgress, ...] = ()
    missing: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    trouble: str = ""
    records: int = 0
    rejected: int = 0
    rebuilds: int = 0
    last_record_at: int | None = None

    @property
    def ready(self) -> bool:
        """Tell whether every partition of every state topic was read to its end once, and found whole."""
        return (
            bool(self.partitions) and not self.missing and not self.damage and all(p.caught_up for p in self.partitions)
        )

    @property
    def read_ratio(self) -> float | None:
        """The share of the known offsets that is read, 0..1; None while no end is known."""
        known = [p for p in self.partitions if p.position is not None and p.end]
        total = sum(p.end or 0 for p in known)
        return sum(min(p.position or 0, p.end or 0) for p in known) / total if total else None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the board is not ready, most basic first, one sentence each; empty when it is."""
        if self.ready:
            return ()
        if self.damage:
            return self.damage
        if self.missing:
            return tuple(
                f"topic {topic} does not exist yet: start a worker, or run `crm-pulse topics apply`"
                for topic in self.missing
            )
        if self.trouble:
            return (self.trouble,)
        if not self.partitions:
            return ("waiting for the broker to describe the state topics",)
        return tuple(
            f"{p.topic}[{p.partition}] is being read: "
            + (f"{p.lag} of {p.end} offsets to go" if p.lag is not None else "nothing received yet")
            for p in self.partitions
            if not p.caught_up
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the figures should know although the board is ready."""
        found = []
        if self.trouble and self.ready:
            found.append(f"the figures may be old: {self.trouble}")
        if self.rejected:
            found.append(f"{self.rejected} state records could not be read: do worker and board have one version?")
        return tuple(found)
