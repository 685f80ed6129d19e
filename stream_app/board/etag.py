"""Weak ETags of answers: equal as long as nothing but the time of day has changed.

The answer's `at`, and the durations up to it, move with every second. A tag over them would never match, and a tag
of the snapshot would match for a second at most. What is said with the tag here is therefore what "weak" means: the
answers are equivalent. Whoever holds the older one holds the right figures, due times and lists still, and can count
the seconds on by `since` and `due`. Figures that move with the time by themselves, such as the longest wait, are
figures: the tag changes with them. It depends on the answer alone, so two boards and a restarted one agree.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from stream_app import __version__
from stream_app.board.failures import encode

MOVING = frozenset({"at", "waiting_seconds", "due_in_seconds"})
"""Fields that follow from the others and the time of day."""


def etag(answer: Mapping[str, Any]) -> str:
    """Return the tag's value, without quotes."""
    return blake2b(encode(settled(answer)), digest_size=12, key=__version__.encode()[:64]).hexdigest()


def settled(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return *answer* without what moves with the time of day, in it and in its lists of clocks."""
    kept = _still(answer)
    if "items" in kept:
        kept["items"] = _each_still(kept["items"])
    if "open_clocks" in kept:
        kept["open_clocks"] = [{**one, "items": _each_still(one["items"])} for one in kept["open_clocks"]]
    return kept


def _each_still(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [_still(row) for row in rows]


def _still(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in MOVING}
