"""Times that are wrong, clocks that jump, partitions that fall silent: event time decides, nothing else (20 to 22)."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from stream_app.measures import keys
from tests.engine import log
from tests.faults.data import invariants
from tests.faults.data.records import DAY, MINUTE, START, created, event, headers_of, timed, traffic

pytestmark = pytest.mark.kafka


def now() -> int:
    """Return the wall clock, ms."""
    return int(time.time() * 1000)


def in_years(years: int) -> str:
    """Return a time with zone so many years from now, as JSON."""
    return f'"{datetime.now(UTC).year + years}-06-01T00:00:00Z"'


TIMES = {
    "now": (lambda who: event(who, who, at=now()), ""),
    "in 4 minutes": (lambda who: event(who, who, at=now() + 4 * MINUTE), ""),
    "in 6 minutes": (lambda who: event(who, who, at=now() + 6 * MINUTE), "future_time"),
    "in 10 years": (lambda who: timed(who, who, in_years(10)), "future_time"),
    "in 100 years": (lambda who: timed(who, who, in_years(100)), "bad_time"),
    "year 9999": (lambda who: timed(who, who, '"9999-12-31T23:59:59Z"'), "bad_time"),
    "epoch 0": (lambda who: timed(who, who, '"1970-01-01T00:00:00Z"'), "bad_time"),
    "seconds read as ms": (lambda who: timed(who, who, '"1970-01-21T12:00:00Z"'), "bad_time"),
    "ms read as seconds": (lambda who: timed(who, who, '"58154-01-01T00:00:00Z"'), "bad_time"),
    "number of seconds": (lambda who: timed(who, who, str(START // 1000)), "bad_time"),
    "number of ms": (lambda who: timed(who, who, str(START)), "bad_time"),
    "NaN": (lambda who: timed(who, who, "NaN"), "bad_json"),
    "text NaN": (lambda who: timed(who, who, '"NaN"'), "bad_time"),
    "null": (lambda who: timed(who, who, "null"), "bad_time"),
    "naive": (lambda who: timed(who, who, '"2026-03-02T10:00:00"'), "bad_time"),
    "date alone": (lambda who: timed(who, who, '"2026-03-02"'), "bad_time"),
    "30 February": (lambda who: timed(who, who, '"2026-02-30T10:00:00Z"'), "bad_time"),
    "leap second": (lambda who: timed(who, who, '"2016-12-31T23:59:60Z"'), "bad_time"),
    "another zone": (lambda who: timed(who, who, '"2026-03-02T10:00:00+14:00"'), ""),
}
"""Kind: what makes the event, and the reason it is buried with, empty where it counts."""


def test_each_wrong_time_has_its_fate_and_moves_no_watermark(system, kafka):
    """
    (fault 20) Future, epoch 0, seconds for milliseconds and back, NaN, without zone: a dead letter with its reason.

    What is in the future of its record within the skew counts. No watermark is further ahead than that, so no pane
    leaves early. A producer whose record times are wrong too: tests/e2e/test_clock_ahead.py.
    """
    made = system(kafka.address)
    worker = made.worker().start()
    lines = [(f"time-{n}".encode(), make(f"time-{n}")) for n, (make, _) in enumerate(TIMES.values())]
    good = [created(f"good-{number}") for number in range(20)]
    made.write([*lines, *good])
    made.drained(len(lines) + len(good), 30, [worker])
    made.board()
    made.settled_gauges(len(lines) + len(good))
    letters = log.read(made.settings, made.settings.dead_letters_topic)
    reasons = {letter.key(): headers_of(letter)["reason"].decode() for letter in letters}
    found = {kind: reasons.get(f"time-{n}".encode(), "") for n, kind in enumerate(TIMES)}
    assert found == {kind: reason for kind, (_, reason) in TIMES.items()}
    watermarks = [
        float(line.rsplit(" ", 1)[1])
        for line in worker.metrics().splitlines()
        if line.startswith("crm_kpi_watermark_timestamp_seconds{")
    ]
    assert max(watermarks) * 1000 <= now() + 5 * MINUTE
    invariants.check(made, workers=[worker], acknowledged=lines, oracle=False)


@pytest.mark.long
def test_a_clock_that_jumps_changes_no_figure(system, kafka, tmp_path, monkeypatch, faults_seed):
    """
    (fault 21) The worker's wall clock jumps an hour ahead, two hours back and home again, under load and between.

    It goes on, no pane leaves and none stays, every number is the oracle's.
    """
    clock = tmp_path / "clock"
    monkeypatch.setenv("MOVED_CLOCK", str(clock))
    made = system(kafka.address, idle_interval=1, stall_timeout=10)
    worker = made.worker(module="tests.faults.data.moved_clock").start()
    lines = traffic(faults_seed, 1_200)
    for part, shift in enumerate((0, 3600, -3600, 0)):
        half = lines[part * 300 : (part + 1) * 300]
        made.write(half[:150])
        clock.write_text(str(shift))
        made.write(half[150:])
        made.drained(300 * (part + 1), 30, [worker])
        time.sleep(1.5)  # longer than the idle interval
        assert worker.exit_code is None, worker.tail()
    made.board()
    invariants.check(made, workers=[worker], acknowledged=lines)


@pytest.mark.long
def test_a_silent_partition_lets_go_of_old_panes_when_time_goes_on_elsewhere(system, kafka):
    """
    (fault 22) Three of four partitions fall silent, one goes on for 95 days: after the idle interval time has passed.

    The watermark of all is there, and what is older than the longest window has left the silent partitions too.
    """
    made = system(kafka.address, idle_interval=1)
    worker = made.worker().start()
    long_ago = START - 95 * DAY
    early = [created(f"early-{number}", long_ago + number * MINUTE) for number in range(40)]
    made.write(early)
    made.drained(40, 30, [worker])
    made.write([created("alone", START)])
    made.drained(41, 30, [worker])
    deadline = time.monotonic() + 30
    while panes := old_panes(made, long_ago + 30 * DAY):
        assert time.monotonic() < deadline, f"still there: {panes[:5]}"
        time.sleep(0.5)
    marks = {
        float(line.rsplit(" ", 1)[1]) * 1000
        for line in worker.metrics().splitlines()
        if line.startswith("crm_kpi_watermark_timestamp_seconds{")
    }
    assert marks == {START}
    made.board()
    invariants.check(made, workers=[worker], acknowledged=early)


def old_panes(made, before: int) -> list[bytes]:
    """Return the keys of cells in panes that begin before a moment."""
    sizes = {"m": MINUTE, "h": 60 * MINUTE, "d": DAY}
    found = []
    for _, key in log.latest(made.settings, made.settings.cells_topic):
        if keys.family(key) == keys.CELL:
            start, index = keys.split(key)
            if index * sizes[keys.path(start).pane[-1]] < before:
                found.append(key)
    return found
