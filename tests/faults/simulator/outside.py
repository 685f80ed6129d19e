"""Everything that the engine takes from outside its own code, and what stands for it in the simulator.

Nothing of the engine itself is replaced: its modules look these names up, and find the simulator's while a world is
entered. Whose clock, producer or end it is depends on the process whose turn it is.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn
from unittest import mock

from stream_app.engine import (
    batch_outbox,
    consumer,
    lane,
    lanes,
    membership,
    meters,
    outbox,
    recovered,
    recovery,
    restore,
    soundness,
    watchdog,
)
from tests.faults.simulator.clients import SimBatchProducer, SimProducer, SimReader

if TYPE_CHECKING:
    from tests.faults.simulator.world import World


class Ended(BaseException):
    """The end of a simulated process, where it happens."""


class _NoThread:
    """Stands for the outbox's poll thread: reports come by themselves."""

    def __init__(self, **_options: Any) -> None:
        pass

    def start(self):
        pass

    def join(self, timeout=None):
        pass


silent = logging.getLogger("tests.simulator.silent")
silent.disabled = True


@contextlib.contextmanager
def replaced(world: World) -> Iterator[None]:
    """Give the engine this world instead of the real one."""
    clock = SimpleNamespace(
        monotonic=lambda: world.now,
        perf_counter=lambda: world.now,
        time=lambda: world.turn.wall_clock() if world.turn else world.wall_clock(),
    )

    def fail_stop(reason: str, *, error: BaseException | None = None, stacks: bool = False) -> NoReturn:  # noqa: ARG001
        assert world.turn is not None
        world.turn.fail(reason, error)
        raise Ended(reason)

    threads = SimpleNamespace(Event=SimpleEvent, Thread=_NoThread)
    with contextlib.ExitStack() as stack:
        for module, names in (
            (lane, {"time": clock, "fail_stop": fail_stop, "logger": silent, "_PROBE_SECONDS": 4.0}),
            (lanes, {"time": clock, "fail_stop": fail_stop, "logger": silent}),
            (consumer, {"time": clock, "fail_stop": fail_stop, "logger": silent}),
            (recovery, {"time": clock, "fail_stop": fail_stop, "logger": silent, "threading": threads,
                        "topics_seen": world.topics_seen}),
            (soundness, {"uuid": SimpleNamespace(uuid4=lambda: SimpleNamespace(hex=world.new_name()))}),
            (recovered, {"topics_seen": world.topics_seen, "committed": lambda *_a: world.whose().shown_offsets}),
            (meters, {"time": clock}),
            (membership, {"time": clock}),
            (watchdog, {"time": clock, "fail_stop": fail_stop}),
            (restore, {"time": clock, "logger": silent, "Consumer": lambda *_a, **_o: SimReader(world.whose())}),
            (outbox, {"fail_stop": fail_stop, "logger": silent, "threading": threads,
                      "Producer": lambda *_a, **_o: SimProducer(world.whose())}),
            (batch_outbox, {"time": clock, "logger": silent, "BATCH_BYTES": world.batches or 1,
                            "wait_for_leaders": lambda _producer: None,
                            "AIOKafkaProducer": lambda **_o: SimBatchProducer(world.whose())}),
        ):  # fmt: skip
            for name, value in names.items():
                stack.enter_context(mock.patch.object(module, name, value))
        yield


class SimpleEvent:
    """A threading.Event without threads."""

    def __init__(self) -> None:
        self._set = False

    def set(self):
        self._set = True

    def is_set(self):
        return self._set

    def wait(self, timeout=None):  # noqa: ARG002
        return self._set
