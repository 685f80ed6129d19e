"""Whether the state that was read is whole: what the manifests of the cells say against what came."""

from collections.abc import Callable, Iterable, Mapping

from stream_app.engine.manifest import COPY, KEY, REBUILD, Manifest, read
from stream_app.engine.surroundings import committed, topics_seen
from stream_app.settings import Settings


class Tally:
    """What one partition holds, counted while it is read for the first time."""

    __slots__ = ("after", "keys", "manifest")

    def __init__(self) -> None:
        self.keys: set[bytes] = set()
        self.manifest: Manifest | None = None
        self.after = 0

    def add(self, key: bytes, value: bytes | None) -> None:
        """Count one record."""
        if key == KEY:
            found = read(value or b"")
            if found.outranks(self.manifest):
                self.manifest, self.after = found, 0
            return
        self.after += 1
        if value is None:
            self.keys.discard(key)
        else:
            self.keys.add(key)


Judge = Callable[[Mapping[tuple[str, int], Tally]], tuple[str, ...]]
"""Returns what is damaged, one sentence each; empty when the figures may be shown."""


def judge(settings: Settings, tallies: Mapping[tuple[str, int], Tally]) -> tuple[str, ...]:
    """Look over the partitions of every cells topic; blocking.

    Raises KafkaException when the broker does not answer.
    """
    found: list[str] = []
    for source, topic in zip(settings.sources.values(), settings.cells_topics, strict=True):
        mine = {number: tally for (name, number), tally in tallies.items() if name == topic}
        found += _judge_topic(settings, source, topic, mine) if mine else ()
    return tuple(found)


def _judge_topic(settings: Settings, source: str, topic: str, tallies: Mapping[int, Tally]) -> Iterable[str]:
    """Look over the partitions of one cells topic, by number."""
    seen = topics_seen(settings, (source, topic))
    empty = [number for number, tally in tallies.items() if tally.manifest is None]
    counted = committed(settings, source, empty) if empty else {}
    found: list[str] = []
    for number, tally in tallies.items():
        manifest = tally.manifest
        if manifest is None:
            if tally.after or counted.get(number, -1) > 0:
                found.append(f"{topic}[{number}] has no manifest, though events were counted into it")
            continue
        missing = manifest.entries - len(tally.keys) - tally.after
        if missing > 0:
            found.append(f"{topic}[{number}] lacks at least {missing} of {manifest.entries} entries")
        for name, noted in ((source, manifest.topics.source), (topic, manifest.topics.cells)):
            present = seen[name]
            if noted and present and present.id and noted != present.id:
                found.append(f"topic {name} was deleted and made again since {topic}[{number}] was written")
    moved = [manifest.partitions for tally in tallies.values() if (manifest := tally.manifest) and manifest.partitions]
    other = sorted({count for count in moved if count != len(tallies)})
    if other:
        return (f"{topic} has {len(tallies)} partitions, and had {other[0]} when it was written. {COPY}",)
    return tuple(f"{sentence}. {REBUILD}" for sentence in found)
