"""Events in order of time, however many: sorted runs on disk, merged while they are read."""

from __future__ import annotations

import heapq
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO

from stream_app.ingest.build import Built

RUN = 200_000
"""Events sorted in memory at once: about 150 MB of them."""


def by_time(events: Iterable[Built], run: int = RUN) -> Iterator[Built]:
    """Yield *events* by time; events of one moment keep the order in which they came.

    Up to *run* events never touch the disk.
    """
    source = iter(events)
    held = sorted(islice(source, run), key=_time)
    if len(held) < run:
        yield from held
        return
    with tempfile.TemporaryDirectory(prefix="crm-pulse-import-") as folder:
        files: list[IO[bytes]] = []
        try:
            while held:
                file: IO[bytes] = open(f"{folder}/{len(files)}", "w+b")  # noqa: PTH123, SIM115  closed below
                files.append(file)
                for event in held:
                    pickle.dump(tuple(event), file, protocol=pickle.HIGHEST_PROTOCOL)
                file.seek(0)
                held = sorted(islice(source, run), key=_time)
            yield from heapq.merge(*(_stored(file) for file in files), key=_time)
        finally:
            for file in files:
                file.close()


def _time(event: Built) -> int:
    return event.at


def _stored(file: IO[bytes]) -> Iterator[Built]:
    while True:
        try:
            yield Built(*pickle.load(file))  # noqa: S301  our own temporary file, readable by this user only
        except EOFError:
            return
