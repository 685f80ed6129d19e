"""I5, for every sort of scenario: the series of a partition come from one worker, from the one that owns it."""

from __future__ import annotations

import re
import time
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.engine.worker_process import WorkerProcess

_SERIES = re.compile(r'^crm_kpi_lag_events\{partition="(\d+)",topic="(.+?)"\}', re.MULTILINE)


def one_each(workers: Sequence[WorkerProcess], topics: Iterable[str], partitions: int, seconds: float) -> None:
    """Wait until each partition of the topics shows its series at exactly one worker, and fail where that stays untrue.

    A group needs a moment to settle after a fault, hence the patience (s). One that does not answer shows nothing.
    """
    wanted = sorted((topic, str(number)) for topic, number in product(topics, range(partitions)))
    deadline = time.monotonic() + seconds
    while (shown := sorted(place for worker in workers for place in _shown(worker))) != wanted:
        assert time.monotonic() < deadline, f"I5: the workers show series of {shown}"
        time.sleep(0.3)


def _shown(worker: WorkerProcess) -> list[tuple[str, str]]:
    try:
        page = worker.metrics()
    except OSError:
        return []
    return [(topic, number) for number, topic in _SERIES.findall(page)]
