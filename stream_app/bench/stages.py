"""The stages without a broker: decoding alone, and the whole fold."""

from __future__ import annotations

import time
from collections.abc import Sequence

from schemas import decode
from stream_app.bench.traffic import Event
from stream_app.journeys.shard import Shard
from stream_app.policies import Policies

BATCH = 5_000


def decode_seconds(events: Sequence[Event]) -> float:
    """Return the CPU seconds of decoding and checking every event."""
    started = time.process_time()
    for event in events:
        decode(event.value, event.headers)
    return time.process_time() - started


def fold_seconds(events: Sequence[Event]) -> float:
    """Return the CPU seconds of decoding, folding and encoding every event with the whole catalogue."""
    shard = Shard(0, Policies(), {}, {})
    started = time.process_time()
    for start in range(0, len(events), BATCH):
        batch = events[start : start + BATCH]
        shard.apply(batch)
        shard.durable(batch[-1].offset)
    return time.process_time() - started
