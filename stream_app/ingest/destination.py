"""Which topic an event belongs into: that of its family, told by its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from stream_app.journeys.families import FAMILIES

_TYPE_HEADER = "ce_type"


class _Envelope(msgspec.Struct):
    type: str = ""


_read = msgspec.json.Decoder(_Envelope).decode


class Destinations:
    """The topics of an installation, by event type."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        """Take the source topic of each family, by the family's name."""
        self._topics = {type_: sources[family.name] for family in FAMILIES for type_ in family.types}
        self.topics = tuple(sources.values())
        self.first = sources[FAMILIES[0].name]
        """Where goes what nobody can tell."""

    def of(self, value: bytes | None, headers: Sequence[tuple[str, bytes | None]] = ()) -> str | None:
        """Return the topic of an event in either mode of CloudEvents; ``None`` where its type is unknown."""
        named = next((text for name, text in headers if name.lower() == _TYPE_HEADER and text), None)
        if named is not None:
            return self._topics.get(named.decode(errors="replace"))
        try:
            return self._topics.get(_read(value or b"").type)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None
