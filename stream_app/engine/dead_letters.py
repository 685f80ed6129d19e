"""Dead letters: a record that cannot be used, sent on whole, with where it came from and why.

The value and key are the original bytes and the original headers keep their names behind a
prefix, so that sending key, value and those headers back is all that a redrive has to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faust.types.tuples import TP

    from stream_app.engine.protocol import DeadLetter

ORIGINAL = "original-"

Sent = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]


def letter(dead: DeadLetter, tp: TP, at: int) -> Sent:
    """Return key, value and headers of the dead letter of a record; ``at`` is now, ms."""
    record = dead.record
    about = {
        "reason": dead.reason,
        "field": dead.field,
        "message": dead.message,
        "source-topic": tp.topic,
        "source-partition": str(tp.partition),
        "source-offset": str(record.offset),
        "dead-at": str(at),
    }
    headers = [(name, text.encode("utf-8", "replace")) for name, text in about.items()]
    headers += [(ORIGINAL + name, value) for name, value in record.headers or ()]
    return record.key, record.value, headers
