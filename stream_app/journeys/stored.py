"""The stored form of a journey: the packed past, the facts of the horizon, and the state after them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from schemas import unpack

ID_BYTES: Final = 8


class StoredFact(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One event of the horizon: its time (ms), short type, id hash and packed data."""

    at: int
    type: str
    id: bytes
    packed: bytes
    imported: bool = False

    @property
    def data(self) -> Any:
        """The fields of the event."""
        return unpack(f"crm.{self.type}.v1", self.packed)

    @property
    def source(self) -> str | None:
        """Which system has sent it: not worth its bytes in every event that is kept."""
        return None


class Link(msgspec.Struct, array_like=True, gc=False):
    """Which other ids are one and the same with this one (ADR 14)."""

    into: str = ""  # the survivor, where this one is only a marker
    absorbed: dict[str, tuple[int, int]] = {}  # ids that were merged into it: the place of the last that each has sent
    until: int = 0  # time of the newest event that has linked it, or that it has sent on


class Stored(msgspec.Struct, array_like=True, gc=False):
    """The stored form of a journey."""

    settled: bytes = b""  # the packed state before the first of the facts; empty = nothing happened before
    ids: bytes = b""  # ids of all events that are remembered, eight bytes each, in order of arrival
    count: int = 0  # how many facts
    first_at: int = 0
    last_at: int = 0
    last_place: int = 0  # where the last fact begins in the facts
    facts: bytes = b""  # the facts in order of time, packed one after the other: in order, one is only appended
    current: msgspec.Raw = msgspec.Raw()  # the state after all facts: packed until an event needs it
    settled_at: int = 0  # time of the newest settled fact
    link: Link | None = None  # to others that are one and the same with it
    rules: int = 0  # the policies that it was folded by, 0 where that was not noted
