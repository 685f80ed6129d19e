"""What the board refuses to show: judged by the same manifests as the worker, as far as it reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from stream_app.board import soundness
from stream_app.board.soundness import Tally, judge
from stream_app.engine.manifest import KEY
from stream_app.engine.surroundings import Seen
from stream_app.settings import Settings
from tests.rebuild.lives import Partition

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = Settings(partitions=4)
SOURCE, CELLS = SETTINGS.relationships_topic, SETTINGS.cells_topic


@pytest.fixture
def broker(monkeypatch) -> dict[str, Seen | None]:
    """The topics as the broker tells of them, to be changed by a test; the group has counted 12 events of each."""
    topics: dict[str, Seen | None] = {SOURCE: Seen("s", 4), CELLS: Seen("c", 4)}
    monkeypatch.setattr(soundness, "topics_seen", lambda _settings, names: {name: topics[name] for name in names})
    monkeypatch.setattr(soundness, "committed", lambda _settings, _topic, numbers: dict.fromkeys(numbers, 12))
    return topics


Log = list[tuple[bytes, bytes | None, int]]


def tallies(damage: Callable[[Log], object] = len, partitions: int = 4) -> dict[tuple[str, int], Tally]:
    """Return partitions as they were read, the first of them damaged."""
    found = {}
    for number in range(partitions):
        written = Partition()
        assert asyncio.run(written.live([bytes([one]) for one in b"abcdefabcdef"], [3] * 4, 10_000))
        if number == 0:
            damage(written.cells)
        tally = found[CELLS, number] = Tally()
        for key, value, _ in written.cells:
            tally.add(key, value)
    return found


def lose(log: Log) -> None:
    """Lose the live entries but keep the manifests."""
    log[:] = [one for one in log if one[0] == KEY]


def unseal(log: Log) -> None:
    """Lose the manifests."""
    log[:] = [one for one in log if one[0] != KEY]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lose, "[0] lacks at least"),
        (unseal, "[0] has no manifest, though events were counted into it"),
        (list.clear, "[0] has no manifest, though events were counted into it"),
    ],
    ids=["entries are gone", "the manifest is gone", "the partition is empty"],
)
@pytest.mark.usefixtures("broker")
def test_damage_is_told_with_the_way_out(damage, says):
    (sentence,) = judge(SETTINGS, tallies(damage))
    assert says in sentence
    assert "crm-pulse rebuild" in sentence


@pytest.mark.parametrize("topic", [SOURCE, CELLS])
def test_a_topic_that_was_made_again_is_told(broker, topic):
    broker[topic] = Seen("another", 4)
    found = judge(SETTINGS, tallies())
    assert found
    assert all(f"topic {topic} was deleted and made again" in sentence for sentence in found)


def test_partitions_that_came_later_are_told_without_a_rebuild_that_would_not_help(broker):
    broker[CELLS] = Seen("c", 5)
    (sentence,) = judge(SETTINGS, tallies(partitions=5))
    assert "has 5 partitions, and had 4 when it was written" in sentence
    assert "a rebuild does not help" in sentence


@pytest.mark.parametrize("seen", [Seen("s", 4), Seen("", 4), None], ids=["whole", "no ids", "gone"])
def test_whole_state_is_shown_also_where_the_broker_tells_no_ids(broker, seen):
    broker[SOURCE] = seen
    assert judge(SETTINGS, tallies()) == ()


@pytest.mark.usefixtures("broker")
def test_a_partition_that_nothing_was_counted_into_is_whole(monkeypatch):
    monkeypatch.setattr(soundness, "committed", lambda _settings, _topic, numbers: dict.fromkeys(numbers, -1))
    assert judge(SETTINGS, tallies(list.clear)) == ()
