"""The accounting of a source partition: what became of each of its records."""

from typing import Self

import msgspec

from stream_app.measures import formats, stamp


class Accounting(msgspec.Struct, frozen=True, array_like=True):
    """Numbers of records by fate, each record once; `late` ones are among the applied.

    `forwarded` ones are no events but what a journey of another partition has sent on.
    `redelivered` counts what came again after a crash and was skipped: it is no fate of
    its own. `watermark` is the highest event time seen, in ms, -1 before the first.
    """

    applied: int = 0
    duplicates: int = 0
    dead: int = 0
    late: int = 0
    redelivered: int = 0
    watermark: int = -1
    forwarded: int = 0

    @property
    def records(self) -> int:
        """Return the number of records that met their fate."""
        return self.applied + self.duplicates + self.dead + self.forwarded

    def plus(self, other: Self) -> Self:
        """Return both together, at the later watermark."""
        return type(self)(
            self.applied + other.applied,
            self.duplicates + other.duplicates,
            self.dead + other.dead,
            self.late + other.late,
            self.redelivered + other.redelivered,
            max(self.watermark, other.watermark),
            self.forwarded + other.forwarded,
        )

    def pack(self) -> bytes:
        """Return the stored form, without stamp."""
        return bytes((formats.ACCOUNTING,)) + formats.encode(self)

    @classmethod
    def read(cls, value: bytes) -> Self:
        """Read a stored entry."""
        packed = formats.body(stamp.payload_of(value), formats.ACCOUNTING)
        return _DECODER.decode(packed)  # type: ignore[return-value]


_DECODER = msgspec.msgpack.Decoder(Accounting)
