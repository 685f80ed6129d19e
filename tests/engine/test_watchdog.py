"""When the watchdog ends a worker, and when it leaves it alone."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from faust.types.tuples import TP

from stream_app.engine.ledger import Ledger
from stream_app.engine.watchdog import Watchdog

if TYPE_CHECKING:
    from stream_app.engine.app import EngineApp

HERE = TP("events", 0)


class Worker:
    """What the watchdog looks at, and a clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.behind: int | None = 0
        self.heard = cast("float | None", 0.0)
        """Seconds since the last fetch; None when there was none."""
        self.lane = SimpleNamespace(working_since=None)
        self.app: Any = SimpleNamespace(
            settings=SimpleNamespace(stall_timeout=60.0, recovery_timeout=600.0, session_timeout=30.0),
            tables=SimpleNamespace(recovery=SimpleNamespace(started_at=None, joining_since=None)),
            membership=SimpleNamespace(silence=1.0),
            ledger=Ledger(),
            lanes=SimpleNamespace(items=lambda: [(HERE, self.lane)]),
            consumer=SimpleNamespace(
                lag=lambda _tp: self.behind,
                heard_at=lambda _tp: None if self.heard is None else self.now - self.heard,
            ),
        )
        self.dog = Watchdog(cast("EngineApp", self.app), end=print, clock=lambda: self.now, wall_clock=lambda: self.now)

    def after(self, seconds: float, *, beating: bool = True) -> str | None:
        """Let time pass second by second; return what the watchdog says at the end."""
        said = None
        for _ in range(int(seconds)):
            self.now += 1
            if beating:
                self.dog._beat_at = self.now
            said = self.dog.problem()
        return said


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_an_idle_worker_lives_for_ever(worker):
    assert worker.after(5_000) is None


def test_records_that_wait_without_progress_end_it(worker):
    worker.behind = 10
    assert worker.after(60) is None
    assert "records waiting" in worker.after(2)


@pytest.mark.parametrize("heard", [None, 30.0], ids=["never", "not any more"])
def test_a_partition_that_is_not_fetched_ends_it(worker, heard):
    """
    Its lag looks like 0: the end of a partition is known from fetches alone.
    """
    worker.heard = heard
    assert worker.after(60) is None
    assert "unfetched" in worker.after(2)


def test_slow_progress_is_progress(worker):
    worker.behind = 10
    for position in range(10):
        worker.app.ledger.advance(HERE, position + 1)
        assert worker.after(50) is None


def test_a_record_after_a_long_silence_gets_its_full_time(worker):
    worker.after(5_000)
    worker.behind = 1
    assert worker.after(60) is None


def test_a_batch_that_never_ends_ends_it(worker):
    worker.lane.working_since = worker.now
    worker.behind = None
    assert "records waiting" in worker.after(62)


def test_a_broker_that_is_away_is_waited_for_longer(worker):
    worker.lane.working_since = worker.now
    worker.app.membership.silence = 100.0
    assert worker.after(600) is None
    assert worker.after(2) is not None


def test_a_blocked_event_loop_ends_it(worker):
    assert worker.after(60, beating=False) is None
    assert "event loop has been blocked" in worker.after(2, beating=False)


@pytest.mark.parametrize(
    ("phase", "patience", "says"),
    [("started_at", 600, "recovery has not finished"), ("joining_since", 120, "no partitions were assigned")],
)
def test_recovery_and_joining_have_their_own_time(worker, phase, patience, says):
    setattr(worker.app.tables.recovery, phase, worker.now)
    worker.behind = 10
    assert worker.after(patience) is None
    assert says in worker.after(2)


def test_shutting_down_must_not_take_for_ever_either(worker):
    worker.dog.stopping()
    worker.behind = 10
    assert worker.after(60) is None
    assert "shutting down" in worker.after(2)


async def test_it_watches_from_its_own_thread_and_says_why(worker):
    said: list[str] = []
    worker.app.settings.stall_timeout = 0.1
    dog = Watchdog(worker.app, end=said.append)
    dog.start()
    time.sleep(1.3)  # noqa: ASYNC251 - this is what blocks the loop
    dog.stop()
    assert said
    assert "event loop" in said[0]


async def test_it_goes_on_when_it_could_not_look(worker, monkeypatch):
    said: list[str] = []
    found: list[RuntimeError | str] = [RuntimeError("dictionary changed size during iteration"), "stuck"]
    answers = iter(found)

    def problem() -> str:
        answer = next(answers)
        if isinstance(answer, RuntimeError):
            raise answer
        return answer

    monkeypatch.setattr("stream_app.engine.watchdog._CHECK_SECONDS", 0.01)
    dog = Watchdog(worker.app, end=said.append)
    monkeypatch.setattr(dog, "problem", problem)
    dog.start()
    await asyncio.sleep(0.3)
    dog.stop()
    assert said == ["stuck"]
