"""Where the engine reaches into Faust and aiokafka deeper than subclassing goes, and for which versions.

Faust's classes themselves are not patched: its consumer, table manager, recovery and app are
subclassed, and what upstream gets wrong in them (commits behind skipped batches, flushes that do
not flush, recovery that skips errors) is not on the path any more. What is left are a few settings
and signals of aiokafka that neither library offers, set on single objects and on one module, never on classes.
"""

from __future__ import annotations

import math
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

from aiokafka.consumer import fetcher
from aiokafka.errors import CommitFailedError
from aiokafka.protocol.group import SyncGroupRequest
from aiokafka.record.memory_records import MemoryRecords

from stream_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import aiokafka
    from aiokafka.consumer.group_coordinator import GroupCoordinator

MADE_FOR = {"faust-streaming": "0.15.3", "aiokafka": "0.14."}
"""Versions, or their beginnings, that the overrides and the functions below were written against."""


def check_versions(installed: Callable[[str], str] = version) -> None:
    """Raise UserError when another version is installed than the engine is made for."""
    for package, wanted in MADE_FOR.items():
        found = installed(package)
        if found != wanted and not (wanted.endswith(".") and found.startswith(wanted)):
            raise UserError(
                f"{package} {found} is installed; the engine relies on the insides of {wanted.rstrip('.')}.",
                f"pip install '{package}=={wanted}{'*' if wanted.endswith('.') else ''}'",
            )


def wait_for_records(consumer: aiokafka.AIOKafkaConsumer, milliseconds: int) -> None:
    """Set how long the broker may hold back a fetch without records; before the consumer starts.

    Faust fixes it at 1500 ms. While the broker holds a fetch, partitions that were just freed for
    fetching wait for its answer.
    """
    consumer._fetch_max_wait_ms = milliseconds  # noqa: SLF001


def only_committed(consumer: aiokafka.AIOKafkaConsumer) -> None:
    """Read what transactions have committed, and nothing that they aborted; before the consumer starts.

    Faust does so only where it writes in transactions itself.
    """
    consumer._isolation_level = "read_committed"  # noqa: SLF001


def wait_for_leaders(producer: aiokafka.AIOKafkaProducer) -> None:
    """Keep record batches while their partition has no leader, however long; before the first is written.

    aiokafka gives up such a batch after the time that it allows for a request, even where the producer is idempotent
    and everything else is tried for ever. A broker that restarts in order has its partitions without one for as long.
    """
    producer._message_accumulator._batch_ttl = math.inf  # noqa: SLF001


def hear_heartbeats(
    coordinator: GroupCoordinator, heard: Callable[[float, int], None], now: Callable[[], float] = time.monotonic
) -> None:
    """Call ``heard`` for every heartbeat that the broker has confirmed, with the time and generation it was sent in.

    Only this tells a worker that was paused whether its session still holds. The time of the answer would not: a
    worker may be paused between the two, and finds the answer when it wakes up after its session.
    """
    beat = coordinator._do_heartbeat  # noqa: SLF001

    async def confirming() -> bool:
        sent, generation = now(), coordinator.generation
        alive = bool(await beat())
        if alive:
            heard(sent, generation)
        return alive

    coordinator._do_heartbeat = confirming  # noqa: SLF001


def hear_assignments(
    coordinator: GroupCoordinator, heard: Callable[[float, int], None], now: Callable[[], float] = time.monotonic
) -> None:
    """Call ``heard`` for every assignment that the broker has given, with the time and generation it was asked for in.

    A session begins with the question for the assignment. A worker that is paused before it has seen the answer finds
    one that may have been somebody else's for long.
    """
    ask = coordinator._send_req  # noqa: SLF001

    async def telling(request: Any) -> Any:
        sent, generation = now(), coordinator.generation
        answer = await ask(request)
        if isinstance(request, SyncGroupRequest) and answer.error_code == 0:
            heard(sent, generation)
        return answer

    coordinator._send_req = telling  # noqa: SLF001


def fence_commits(coordinator: GroupCoordinator, joined: Callable[[], int]) -> None:
    """Refuse commits unless the group is in the generation that was ``joined`` here.

    aiokafka dates a commit with the generation that it knows when it sends, however often it has tried and waited
    before. That one may have given the partitions to somebody else, and Kafka asks only for the generation: the
    owner's commit would be set back.
    """
    commit = coordinator._do_commit_offsets  # noqa: SLF001

    async def fenced(assignment: Any, offsets: Any) -> None:
        if coordinator.generation != joined():
            raise CommitFailedError(f"generation {coordinator.generation} is not the one of these partitions")
        await commit(assignment, offsets)

    coordinator._do_commit_offsets = fenced  # noqa: SLF001


def hear_expulsion(coordinator: GroupCoordinator, expelled: Callable[[], None]) -> None:
    """Call ``expelled`` when the broker has answered that it does not know this member, or not in this generation.

    aiokafka then joins again without a word, and of two workers with one fixed name each throws out the other.
    """
    forget = coordinator.reset_generation

    def telling() -> None:
        expelled()
        forget()

    coordinator.reset_generation = telling


class FetchedRecords(MemoryRecords):  # type: ignore[misc]  # aiokafka calls it final; its compiled form is not
    """A fetch that keeps the bytes that it was made of."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


def keep_fetched_bytes() -> None:
    """Let fetches keep their bytes: the C parser gives up at a record that can still be read."""
    fetcher.MemoryRecords = FetchedRecords
