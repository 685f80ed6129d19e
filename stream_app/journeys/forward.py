"""A forward: what the journey of an absorbed id sends to that of the survivor, as a record of the source topic.

It is a CloudEvent that no importer can write: its type is no part of the contract. The data is packed, because a
past is; its first bytes are always the same, so that nobody decodes a record to find that it is none.
"""

from __future__ import annotations

import msgspec

from schemas import STRUCTURED_HEADERS, BadEvent, to_text
from stream_app.journeys.changes import Sent
from stream_app.journeys.stored import StoredFact
from stream_app.journeys.version import STATE_VERSION, refuse_newer

TYPE = "crm.relationship.absorbed.v1"
LONGEST_TRAIL = 64
"""Most ids that a forward passes on its way."""
FACT_BYTES = 512 * 1024
"""Facts of one forward, together, unless a single one is larger."""
LARGEST = 3 * 1024 * 1024
"""Most bytes of a forward: a source topic takes 4 MiB."""


class Forward(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is known of *gone*, or news of it; it tells the same thing however often it is sent.

    Attributes:
        gone: The id that sends it.
        at: Event time of the cause, ms.
        offset: Offset of the record that is the cause, in the partition of *gone*.
        part: Which of several that this record has caused.
        facts: Events, in order of time.
        past: Whether it brings the settled past, and not news alone.
        settled: The packed state before the facts; empty = nothing happened before.
        settled_at: Time of the newest fact in it, ms.
        trail: The ids that it has passed, *gone* the last of them.
        erased_at: Time of the erasure of *gone*, ms: then all that is one with it is to be forgotten too.
    """

    gone: str
    at: int
    offset: int
    part: int
    facts: list[StoredFact] = []
    past: bool = False
    settled: bytes = b""
    settled_at: int = 0
    trail: tuple[str, ...] = ()
    erased_at: int | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among the forwards of *gone*."""
        return self.offset, self.part


class _Head(msgspec.Struct):
    specversion: str
    type: str
    id: str
    source: str
    time: str
    subject: str
    stateversion: int
    data_base64: bytes


_START = f'{{"specversion":"1.0","type":"{TYPE}",'.encode()
_encode_json = msgspec.json.Encoder().encode
_decode_json = msgspec.json.Decoder(_Head).decode
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Forward).decode


def is_forward(value: bytes | None) -> bool:
    """Tell whether a record is a forward."""
    return value is not None and value.startswith(_START)


def write(forward: Forward, target: str) -> Sent:
    """Return the record that brings *forward* to *target*.

    Raises BadEvent when it is larger than a source topic takes.
    """
    packed = _encode(forward)
    if len(packed) > LARGEST * 3 // 4:
        raise BadEvent("too_large", "", f"what is known of {forward.gone!r} takes {len(packed)} bytes")
    id_ = f"{forward.gone}@{forward.offset}.{forward.part}"
    head = _Head("1.0", TYPE, id_, "/crm-pulse/relationships", to_text(forward.at), target, STATE_VERSION[0], packed)
    return target.encode(), _encode_json(head), list(STRUCTURED_HEADERS)


def read(value: bytes) -> Forward:
    """Read the value of a record that `is_forward`.

    Raises BadEvent when it cannot be read, NewerState when a newer program has written it.
    """
    try:
        head = _decode_json(value)
        refuse_newer(head.stateversion, f"what {head.id} has sent")
        return _decode(head.data_base64)
    except msgspec.MsgspecError as problem:
        raise BadEvent("invalid_field", "data", f"a forward cannot be read: {problem}") from None


def pieces(facts: list[StoredFact]) -> list[list[StoredFact]]:
    """Cut facts into lists that each fit into a forward; at least one list."""
    found: list[list[StoredFact]] = [[]]
    size = 0
    for fact in facts:
        size += len(fact.packed) + 64
        if size > FACT_BYTES and found[-1]:
            found.append([])
            size = len(fact.packed) + 64
        found[-1].append(fact)
    return found
