"""The events that every contestant folds: busy traffic of the simulator, the same for all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from stream_app.simulate import Options, generate

SEED = 20260302
START_MS = 1_772_445_600_000  # 2026-03-02T10:00:00Z
RATE = 2_000.0
"""Events per second of event time: a busy hour, so that batches look as they do under load."""


@dataclass(frozen=True, slots=True)
class Event:
    """One record, shaped like a consumer's."""

    offset: int
    key: bytes
    value: bytes
    timestamp: int
    headers: tuple[tuple[str, bytes], ...] = ()


def events(count: int) -> list[Event]:
    """Return so many events; their customers grow with them, as they do in a business that is that busy."""
    options = Options(rate=RATE, residents=max(200, count // 10), rhythm="never", families=("relationships",))
    made = islice(generate(SEED, START_MS, options), count)
    return [Event(offset, record.key, record.value, record.due) for offset, record in enumerate(made)]
