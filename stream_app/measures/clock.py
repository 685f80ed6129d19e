"""An open clock: a promise that is still running, as the board lists it."""

from typing import Final, Self

import msgspec

from stream_app.measures import formats, stamp

_encode = msgspec.msgpack.Encoder().encode
SOURCE: Final = "source"
"""The label that says which system has sent the event with which the wait began; what waits is found there."""
CLOSED: Final = bytes((formats.CLOCK,))
"""The payload of a clock that is closed but whose stamp is still needed."""


class OpenClock(msgspec.Struct, frozen=True, array_like=True):
    """Who waits, since when, due when; all times in ms, None where there is no such time."""

    clock: str
    relationship: str
    item: str
    since: int
    due: int | None
    risk: int | None
    labels: dict[str, str]
    policy: str | None
    imported: bool = False
    paused: bool = False

    @property
    def source(self) -> str | None:
        """Return which system the wait began in; ``None`` where that is unknown."""
        return self.labels.get(SOURCE)

    def of_source(self, source: str | None) -> Self:
        """Return the same clock, begun in *source*."""
        labels = {name: label for name, label in self.labels.items() if name != SOURCE}
        return msgspec.structs.replace(self, labels=labels if source is None else {**labels, SOURCE: source})

    def pack(self) -> bytes:
        """Return the form that CellStore.clock takes."""
        return _encode(self)

    @classmethod
    def read(cls, value: bytes) -> Self | None:
        """Read a stored entry; None where the clock is closed."""
        return cls.of(stamp.payload_of(value))

    @classmethod
    def of(cls, payload: bytes) -> Self | None:
        """Read what a stored entry holds behind its stamp; None where the clock is closed."""
        packed = formats.body(payload, formats.CLOCK)
        return _DECODER.decode(packed) if packed else None  # type: ignore[return-value]


_DECODER = msgspec.msgpack.Decoder(OpenClock)
