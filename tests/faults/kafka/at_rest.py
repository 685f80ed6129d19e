"""What must hold of a counting installation once a fault is over: the invariants I1 to I7, for the fast scenarios.

The journeys count events per key and the cells count them all, so an independent fold of the topic is a `Counter`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.engine.counting import count_of
from tests.engine.log import drained, latest, read, write
from tests.faults.kafka.logs import unexplained
from tests.faults.owners import one_each

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream_app.settings import Settings
    from tests.engine.worker_process import WorkerProcess

Event = tuple[bytes, bytes]


def counted(settings: Settings) -> tuple[Counter[bytes], int]:
    """Return events per key and in total, as the state topics have them."""
    journeys = Counter({key: count_of(value) for (_, key), value in latest(settings, settings.journeys_topic).items()})
    return journeys, sum(count_of(value) for value in latest(settings, settings.cells_topic).values())


def folded(settings: Settings) -> tuple[Counter[bytes], int]:
    """Return the same from the source topic: the oracle."""
    records = read(settings, settings.relationships_topic)
    return Counter(record.key() or b"?" for record in records), len(records)


def await_all(settings: Settings, workers: Sequence[WorkerProcess], seconds: float = 60.0) -> int:
    """Wait until every record of the topic is committed, while these workers run; return how many there are."""
    _, total = folded(settings)

    def alive() -> None:
        for process in workers:
            assert process.exit_code is None, process.tail()

    drained(settings, total, seconds, alive)
    return total


def check(
    settings: Settings,
    workers: Sequence[WorkerProcess],
    make: Callable[..., WorkerProcess],
    *,
    written: Sequence[Event],
    gone: Sequence[WorkerProcess] = (),
    explained: Sequence[str] = (),
) -> None:
    """Drain, stop the workers that run, and check I1 to I7.

    Args:
        settings: The installation, reached without a proxy.
        workers: Those that run; all of them must fold to the end and stop in order.
        make: Makes one more worker (I6).
        written: What was produced and acknowledged (I1).
        gone: Workers that the fault has ended; their logs are looked at too.
        explained: Patterns of log lines that are part of this fault (I7).
    """
    total = await_all(settings, workers)
    one_each(workers, [settings.relationships_topic], settings.partitions, seconds=30)
    for process in workers:
        assert process.terminate(30) == 0, process.tail()
    oracle = folded(settings)
    assert oracle[1] == total, "somebody writes still"
    assert not Counter(key for key, _ in written) - oracle[0], "I1: an acknowledged record is not in the topic"
    assert counted(settings) == oracle, "I2, I3, I4"
    fresh = make(settings, "fresh", commit_interval=0.5).start()
    assert fresh.metric("crm_kpi_events_total") == 0, "I6: something was left to do"
    write(settings, [(key, b"one more") for key in oracle[0]])
    await_all(settings, [fresh])
    assert fresh.metric('crm_kpi_events_total{outcome="applied"}') == len(oracle[0]), "I6"
    assert fresh.terminate() == 0, fresh.tail()
    assert counted(settings) == (oracle[0] + Counter(oracle[0].keys()), total + len(oracle[0])), "I6"
    for process in (*workers, *gone, fresh):
        severe = unexplained(process.log, *explained)
        assert severe == [], f"I7: {severe}"
