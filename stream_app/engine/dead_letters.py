"""Dead letters: a record that cannot be used, sent on whole, with where it came from and why.

The value and key are the original bytes and the original headers keep their names behind a
prefix, so that sending key, value and those headers back is all that a redrive has to do.

A compressed batch may hold a record that is larger than any topic takes. Its letter leaves out
what does not fit and says so: it must not stop the records behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faust.types.tuples import TP

    from stream_app.engine.protocol import DeadLetter

ORIGINAL = "original-"
LETTER_BYTES = 7 * 1024 * 1024
"""Most bytes of a letter, with room for its frame in the 8 MiB that the topic takes."""

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
    key, value = record.key, record.value
    original = [(ORIGINAL + name, content) for name, content in record.headers or ()]
    sizes = {
        "value": len(value or b""),
        "headers": sum(len(name) + len(content or b"") for name, content in original),
        "key": len(key or b""),
    }
    left_out: list[str] = []
    for part in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if sum(size for name, size in sizes.items() if name not in left_out) > LETTER_BYTES:
            left_out.append(part)
    if left_out:
        parts = ", ".join(f"{part} ({sizes[part]} bytes)" for part in left_out)
        about["message"] += f"; too large for a letter, left out: {parts}"
    headers = [(name, text.encode("utf-8", "replace")) for name, text in about.items()]
    return (
        None if "key" in left_out else key,
        None if "value" in left_out else value,
        headers if "headers" in left_out else headers + original,
    )
