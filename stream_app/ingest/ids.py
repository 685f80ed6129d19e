"""Event ids that follow from the content, so that a second import changes nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from stream_app.ingest.columns import Value


def digest(source: str, mapping: str, rule: str, values: Sequence[Value]) -> bytes:
    """Return 16 bytes that stand for one event: what made it (*source*, *mapping*, *rule*) and from which values.

    The values are the typed ones: a file saved again by a spreadsheet, with its dates written another way,
    gives the same ids.
    """
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    text = json.dumps([source, mapping, rule, plain], ensure_ascii=False, separators=(",", ":"))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Occurrences:
    """Numbers the rows that have the same id columns, where each of them is an event of its own."""

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def number(self, identity: bytes) -> bytes:
        """Return *identity* for its first row, and another, repeatable id for the second, third, ..."""
        self._seen[identity] += 1
        occurrence = self._seen[identity]
        if occurrence == 1:
            return identity
        return blake2b(identity + occurrence.to_bytes(8, "big"), digest_size=16).digest()
