"""Every sample of every published version of the contract, kept for good: what was once written must stay readable.

The file holds one event a line. `make gen` adds the samples of today where they are new, and takes nothing away.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.registry import EVENTS
from schemas.sample_events import sample_events

PATH = "schemas/published.jsonl"
_FILE = Path(__file__).with_name("published.jsonl")


def published() -> tuple[str, ...]:
    """Return the lines of all samples that were ever published, the oldest first."""
    return tuple(_FILE.read_text(encoding="utf-8").splitlines()) if _FILE.is_file() else ()


def published_file() -> dict[str, str]:
    """Return the file with the samples of today added at its end: path relative to the repository, and content."""
    lines = dict.fromkeys((*published(), *_today()))
    return {PATH: "".join(f"{line}\n" for line in lines)}


def line(sample: Any) -> str:
    """Write one event as a line that is the same whatever the order of its keys."""
    return json.dumps(sample, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _today() -> Iterator[str]:
    for model in EVENTS.values():
        yield from map(line, sample_events(model).values())
