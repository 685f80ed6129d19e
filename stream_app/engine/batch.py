"""A batch: consecutive records of one source partition, travelling through Faust as one event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import faust
from faust.types.tuples import TP, ConsumerMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faust.serializers.schemas import DecodeFunction
    from faust.types import AppT, Message

    from stream_app.engine.protocol import Record


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Records of one partition in offset order: all that exist from ``start`` up to, not including, ``end``.

    There may be fewer than offsets, down to none: retention deletes records, and the markers of
    transactions take offsets.
    """

    tp: TP
    records: Sequence[Record]
    start: int
    end: int
    generation: int
    """Generation of the consumer group that it is delivered in."""
    lost: int = 0
    """Offsets at its beginning that retention deleted before they were read."""

    def message(self) -> Message:
        """Wrap the batch into the message type that Faust's conductor and streams pass on."""
        return ConsumerMessage(
            self.tp.topic,
            self.tp.partition,
            self.end - 1,
            0.0,
            0,
            None,
            None,
            cast("bytes", self),  # Faust says bytes; what a schema takes is up to the schema
            None,
            tp=self.tp,
            generation_id=self.generation,
        )


class BatchSchema(faust.Schema[None, Batch]):
    """Passes a batch through: nothing is decoded before the shard sees the bytes."""

    def compile(self, app: AppT, **_options: Any) -> DecodeFunction:
        """Return the function that makes a Faust event of a message without looking into it."""
        create_event = app.create_event

        async def decode(message: Message, *, propagate: bool = False) -> Any:  # noqa: ARG001 - Faust's signature
            return create_event(None, message.value, None, message)

        return decode
