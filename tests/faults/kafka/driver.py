"""Faults chosen by a seed: what is done to whom and for how long, one line each, so that a run can be replayed."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.brokers import KafkaBroker
    from tests.faults.kafka.proxy import Proxy
    from tests.faults.kafka.stage import Stage, Worker

SESSION_SECONDS = 6
SHORT, LONG = (0.3, 4.0), (8.0, 16.0)
"""Below the session, and beyond it."""


@dataclass(frozen=True)
class Fault:
    """Something that is done, lasts, and is undone."""

    name: str
    target: str
    """Two faults with one target never overlap."""
    seconds: float
    begin: Callable[[], None]
    end: Callable[[], None]


class Chooser:
    """Draws faults for a stage. The order of draws depends on the seed alone."""

    def __init__(self, stage: Stage, broker: KafkaBroker, chance: Random) -> None:
        self._stage = stage
        self._broker = broker
        self._chance = chance
        self._kinds: list[tuple[int, Callable[[], Fault]]] = [
            (4, self._kill), (2, self._terminate), (4, self._stop), (3, self._join),
            (8, self._network), (1, self._crash_broker), (1, self._freeze_broker), (1, self._reset_all),
        ]  # fmt: skip

    def draw(self) -> Fault:
        """Return the next fault."""
        weights = [weight for weight, _ in self._kinds]
        (_, make), *_ = self._chance.choices(self._kinds, weights)
        return make()

    def _worker(self) -> Worker:
        return self._chance.choice(self._stage.workers[:2])

    def _seconds(self) -> float:
        return self._chance.uniform(*self._chance.choice((SHORT, LONG)))

    def _kill(self) -> Fault:
        worker = self._worker()

        def begin() -> None:
            worker.stopped()
            if worker.process.exit_code is None:
                worker.process.kill()

        return Fault(f"kill -9 {worker.name}", worker.name, self._seconds(), begin, lambda: run(worker))

    def _terminate(self) -> Fault:
        worker = self._worker()
        return Fault(f"SIGTERM {worker.name}", worker.name, self._seconds(), lambda: leave(worker), lambda: run(worker))

    def _stop(self) -> Fault:
        worker = self._worker()
        return Fault(
            f"SIGSTOP {worker.name}",
            worker.name,
            self._seconds(),
            lambda: tell(worker, signal.SIGSTOP),
            lambda: tell(worker, signal.SIGCONT),
        )

    def _join(self) -> Fault:
        """A third worker comes; it leaves in order or is killed."""
        worker = self._stage.workers[2]
        killed = self._chance.random() < 0.5

        def end() -> None:
            worker.stopped()
            if killed and worker.process.exit_code is None:
                worker.process.kill()
            else:
                leave(worker)

        name = f"{worker.name} joins, and {'is killed' if killed else 'leaves'}"
        return Fault(name, worker.name, self._chance.uniform(3, 15), lambda: run(worker), end)

    def _network(self) -> Fault:
        """Something happens to the network of one worker, or of the board."""
        at = self._chance.choice(("worker-0", "worker-1", "worker-1", "board"))
        proxy = self._stage.board_proxy if at == "board" else self._stage.workers[int(at[-1])].proxy
        seconds = self._seconds()
        kind = self._chance.choice(("reset", "lose", "refuse", "silent", "delay", "produce_delay", "bytes_per_second"))
        value = {
            "delay": self._chance.uniform(0.1, 2.0),
            "produce_delay": self._chance.uniform(1.0, 10.0),
            "bytes_per_second": self._chance.choice((5_000, 50_000)),
        }.get(kind, True)
        if kind in {"reset", "lose"}:
            seconds = 0.0
        shown = "" if value is True else f" {value:.1f}"
        name = f"network of {at}: {kind}{shown}"
        return Fault(name, f"network of {at}", seconds, lambda: break_network(proxy, kind, value), proxy.heal)

    def _crash_broker(self) -> Fault:
        return Fault("kill -9 broker", "broker", self._chance.uniform(0, 8), self._broker.crash, self._broker.start)

    def _freeze_broker(self) -> Fault:
        return Fault("SIGSTOP broker", "broker", self._seconds(), self._broker.freeze, self._broker.thaw)

    def _reset_all(self) -> Fault:
        proxies = [*(worker.proxy for worker in self._stage.workers), self._stage.board_proxy]

        def begin() -> None:
            for proxy in proxies:
                proxy.reset()

        return Fault("all connections reset", "all", 0.0, begin, lambda: None)


def break_network(proxy: Proxy, kind: str, value: float) -> None:
    """Begin a fault of a proxy."""
    if kind in {"reset", "lose", "refuse"}:
        getattr(proxy, kind)()
    else:
        setattr(proxy, kind, value)


def tell(worker: Worker, number: signal.Signals) -> None:
    """Send a signal to a worker that runs."""
    if worker.process.exit_code is None:
        worker.process.signal(number)


def run(worker: Worker) -> None:
    """Let the supervisor start it."""
    worker.wanted = True


def leave(worker: Worker) -> None:
    """Ask it to stop in order. Where its broker is away it may end by the watchdog instead, but it ends."""
    worker.stopped()
    if worker.process.exit_code is None:
        code = worker.process.terminate(100)
        # It ends by the signal itself where it has not come so far as to handle it.
        assert code in {0, 70, -signal.SIGTERM}, f"{worker.name} ended with {code}: {worker.process.tail()}"


def play(chooser: Chooser, chance: Random, seconds: float, say: Callable[[str], None]) -> int:
    """Apply faults for so many seconds, one or two at a time; returns how many. All are undone at the end."""
    started, count = time.monotonic(), 0
    while time.monotonic() - started < seconds:
        faults = [chooser.draw()]
        if chance.random() < 0.4:
            second = chooser.draw()
            if second.target != faults[0].target:
                faults.append(second)
        for fault in faults:
            say(f"begin {fault.name} for {fault.seconds:.1f} s")
            fault.begin()
            time.sleep(chance.uniform(0.0, 1.0))
        begun = time.monotonic()
        for fault in sorted(faults, key=lambda one: one.seconds):
            time.sleep(max(0.0, begun + fault.seconds - time.monotonic()))
            fault.end()
            say(f"end {fault.name}")
        count += len(faults)
        time.sleep(chance.uniform(0.0, 3.0))
    return count
