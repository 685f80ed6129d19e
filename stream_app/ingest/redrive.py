"""Send dead letters back to where they belong, mended, each at most once per run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from stream_app.ingest.destination import Destinations
from stream_app.ingest.letters import Headers, Letter, refusal
from stream_app.ingest.patch import Unmendable, mend
from stream_app.ingest.sinks import KafkaSink
from stream_app.settings import Settings

REDRIVEN = "redriven-from"
"""Header that says where a record was refused before; it comes back with the letter if it is refused again."""


@dataclass(frozen=True, slots=True)
class Mend:
    """What to change before sending.

    Attributes:
        changes: Path and value of each field to set.
        key: Key to send with instead of the record's own.
        value: Whole value to send instead of the record's own.
        force: Send also what would be refused again.
    """

    changes: tuple[tuple[str, Any], ...] = ()
    key: str | None = None
    value: bytes | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one letter; *why* says what is still wrong with one that was kept."""

    source: str
    outcome: Literal["sent", "would_send", "kept"]
    why: str = ""


def redrive_all(settings: Settings, letters: Iterable[Letter], how: Mend, *, dry_run: bool) -> Iterator[Result]:
    """Send each of *letters* to the topic of its family, or to its source topic, and yield what became of it.

    Raises:
        UserError: The broker did not take all of them.
    """
    sink: KafkaSink | None = None
    for letter in letters:
        key = letter.key if how.key is None else how.key.encode()
        try:
            value, headers = (how.value, letter.headers) if how.value is not None else mend(letter, how.changes)
        except Unmendable as problem:
            yield Result(letter.source, "kept", str(problem))
            continue
        if (why := refusal(key, value, headers)) and not how.force:
            yield Result(letter.source, "kept", why)
            continue
        if dry_run:
            yield Result(letter.source, "would_send", why)
            continue
        if sink is None:
            sink = KafkaSink(settings, Destinations(settings.sources))
        sink.send(key, value, _marked(headers, letter.source), otherwise=letter.topic)
        yield Result(letter.source, "sent", why)
    if sink is not None:
        sink.close()


def _marked(headers: Headers, source: str) -> Headers:
    kept = [header for header in headers if header[0] != REDRIVEN]
    return [*kept, (REDRIVEN, source.encode())]
