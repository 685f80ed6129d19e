"""The manifest: what a state partition says of itself, so that damage is seen at recovery and not in the figures.

Every flush ends with it, in the topic of the cells and in that of the journeys. So it may be believed for all that
lies before it, and a crash leaves at most a piece of one batch behind it. It names the number of live entries, the
Kafka ids of the three topics that belong together, their partitions, and the version of the state (ADR 11).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import msgspec

from stream_app.errors import UserError

if TYPE_CHECKING:
    from stream_app.engine.protocol import Entry

KEY: Final = b"\xffmanifest"
"""No UTF-8 text, so no relationship and no cell can have this key."""
FORMAT: Final = 0x91
"""The high four bits name the kind, the low four the version of the manifest itself."""
REBUILD: Final = "Compute the state anew from the events: crm-pulse rebuild"
COPY: Final = (
    "Keys move to other partitions than their state and their earlier events, so a rebuild does not help: choose a new "
    "CRM_PULSE_RELATIONSHIPS_TOPIC and a new CRM_PULSE_STATE_VERSION, and import the history again"
)

_head = struct.Struct(">QB").pack
_HEAD_BYTES: Final = 9


class DamagedStateError(UserError):
    """Stored state that would give wrong figures; the message names what is damaged, the hint the way out."""


class NewerStateError(UserError):
    """Stored state that a newer program has written."""


class TopicIds(msgspec.Struct, frozen=True, array_like=True):
    """Kafka's ids of the topics of an agent, "" where the broker gives none: a topic made again has another."""

    source: str = ""
    cells: str = ""
    journeys: str = ""


class Manifest(msgspec.Struct, frozen=True, array_like=True):
    """What a partition of a state topic holds, as of the record that it is stored in."""

    stamp: int
    """Source offset up to which this topic is complete; -1 before the first record."""
    entries: int
    """Live entries before this record, itself not counted; there may be more."""
    schema: int
    """Version of the state; a program refuses one above its own."""
    pair: str
    """Drawn when the partition was new, and the same in the topics of cells and journeys."""
    rules: str
    """Fingerprint of what the fold depends on beside state and record."""
    topics: TopicIds
    partitions: int = 0
    """How many partitions the source had; 0 where it was not noted."""
    term: int = 0
    """Counts the workers that have opened the partition: who wrote this was the so manieth."""

    def outranks(self, other: Manifest | None) -> bool:
        """Say whether this one holds, found behind the other in the log.

        What a worker wrote that had lost the partition is of a lower term. Two that opened it at once have one term:
        the higher stamp is the later, and of equal ones the lower number of entries claims less.
        """
        return other is None or (self.term, self.stamp, -self.entries) >= (other.term, other.stamp, -other.entries)

    def entry(self) -> Entry:
        """Return key and stored value."""
        return KEY, _head(max(self.stamp, 0), FORMAT) + _encode(self)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Manifest).decode


def read(value: bytes) -> Manifest:
    """Read a stored manifest.

    Raises NewerStateError when it has another format, DamagedStateError when it cannot be read.
    """
    if value[_HEAD_BYTES - 1 : _HEAD_BYTES] != bytes((FORMAT,)):
        raise NewerStateError(
            f"a manifest has format 0x{value[_HEAD_BYTES - 1 : _HEAD_BYTES].hex() or '--'}, "
            f"this program reads 0x{FORMAT:02x}.",
            "Run the version that wrote it, or a later one.",
        )
    try:
        return _decode(value[_HEAD_BYTES:])
    except msgspec.MsgspecError as error:
        raise DamagedStateError(f"a manifest cannot be read: {error}.", REBUILD) from error


def refuse_newer(found: Manifest, schema: int, where: str) -> None:
    """Raise NewerStateError when *found* was written by a program with a higher version of the state."""
    if found.schema > schema:
        raise NewerStateError(
            f"{where} holds state of version {found.schema}, this program reads versions up to {schema}.",
            "Run the version that wrote it, or a later one; to go back to this one, set a new "
            "CRM_PULSE_STATE_VERSION that it builds from the events: crm-pulse rebuild",
        )


class Seal:
    """What the manifests of one lane have in common."""

    __slots__ = ("_common",)

    def __init__(self, pair: str, schema: int, rules: str, topics: TopicIds, partitions: int, term: int = 0) -> None:
        self._common = schema, pair, rules, topics, partitions, term

    def entry(self, stamp: int, entries: int) -> Entry:
        """Return the manifest of a topic that is complete up to *stamp* with so many live *entries*."""
        return Manifest(stamp, entries, *self._common).entry()
