"""State records for a board, with as many series as are asked for: real cells, their breakdown values multiplied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import msgspec

from benchmarks.traffic import SEED
from stream_app.board.live import LiveModel
from stream_app.board.progress import PartitionProgress, Progress
from stream_app.journeys.shard import Shard
from stream_app.kpis import MEASURES, catalogue
from stream_app.measures import keys, stamp
from stream_app.measures.read_model import ReadModel
from stream_app.measures.window import Window
from stream_app.policies import Policies
from stream_app.simulate import Options, generate

Cells = dict[bytes, bytes]
HOUR_MS = 3_600_000
BATCH = 5_000
_READY = Progress((PartitionProgress("cells", 0, 1, 1, caught_up=True),))
_split = msgspec.json.Decoder().decode
_join = msgspec.json.Encoder().encode


class _Record(msgspec.Struct, frozen=True):
    offset: int
    key: bytes
    value: bytes
    timestamp: int
    headers: tuple[tuple[str, bytes], ...] = ()


def folded(now: int, events: int) -> Cells:
    """Return the cells of simulated traffic whose last two hours end at *now* (ms)."""
    options = Options(rate=events / 7_200, residents=300, rhythm="never", families=("relationships",))
    made = islice(generate(SEED, now - 2 * HOUR_MS, options), events)
    records = [_Record(offset, one.key, one.value, one.due) for offset, one in enumerate(made)]
    shard = Shard(0, Policies(), {}, {})
    found: Cells = {}
    for start in range(0, len(records), BATCH):
        for key, value in shard.apply(records[start : start + BATCH]).cells:
            if value is None:
                found.pop(key, None)
            else:
                found[key] = value
    return found


def multiplied(cells: Mapping[bytes, bytes], times: int) -> Cells:
    """Return the cells with each value of each breakdown label *times* over, under names of their own."""
    found = dict(cells)
    for key, value in cells.items():
        if keys.family(key) in {keys.CELL, keys.STOCK}:
            path = _split(key)
            if path[3]:
                for copy in range(1, times):
                    found[_join([*path[:4], f"{path[4]}-{copy}", *path[5:]])] = value
    return found


def sized(cells: Mapping[bytes, bytes], series: int, now: int) -> tuple[Cells, int]:
    """Return cells that give about so many series, and how many they give."""
    single, double = (_series(multiplied(cells, times), now) for times in (1, 2))
    if series <= single:
        kept = _fewer(cells, series, now)
        return kept, _series(kept, now)
    found = multiplied(cells, max(1, 1 + -(-(series - single) // (double - single))))
    return found, _series(found, now)


def again(cells: Mapping[bytes, bytes], version: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the cells as a later record would have written them: the same content, a higher stamp."""
    for key, value in cells.items():
        yield key, stamp.pack(stamp.stamp_of(value) + version * 1_000_000, stamp.payload_of(value))


def _series(cells: Mapping[bytes, bytes], now: int) -> int:
    policies = Policies()
    windows = [Window.parse(text) for text in policies.windows]
    live = LiveModel(lambda: ReadModel(windows, MEASURES), catalogue(policies), wall=lambda: now)
    live.progress = _READY
    live.apply([(0, key, value) for key, value in cells.items()])
    return sum(len(one.samples) for one in live.take().collected.values())


def _fewer(cells: Mapping[bytes, bytes], series: int, now: int) -> Cells:
    """Leave measures out, the last first, until so few series are left."""
    names = sorted({keys.path(keys.split(key)[0]).measure for key in cells if keys.family(key) in {"c", "s"}})
    kept = dict(cells)
    while names and _series(kept, now) > series:
        gone = f'["c","{names[-1]}",'.encode(), f'["s","{names.pop()}",'.encode()
        kept = {key: value for key, value in kept.items() if not key.startswith(gone)}
    return kept
