"""Damage is told from every state that a crash can leave, and from no other."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.engine.manifest import KEY, DamagedStateError, NewerStateError, TopicIds, read
from stream_app.errors import UserError
from tests.rebuild.lives import IDS, Partition, merged

EVENTS = st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"e", b"f"]), min_size=1, max_size=40)
LIVES = st.lists(
    st.tuples(st.lists(st.integers(1, 7), min_size=1, max_size=8), st.integers(0, 60), st.integers(0, 30)),
    min_size=1,
    max_size=5,
)


@given(EVENTS, LIVES)
def test_no_crash_and_no_compaction_looks_like_damage(events, lives):
    """Each life is cut off after some number of writes, then the logs are compacted up to some number of records."""
    partition = Partition()
    for sizes, writes, keep in lives:
        asyncio.run(partition.live(events, sizes, writes))
        partition.compact(keep)
    partition.judge()


@given(EVENTS, LIVES, st.integers(0), st.sampled_from(["cells", "journeys"]))
def test_a_live_entry_that_is_gone_after_an_orderly_end_is_missed(events, lives, which, topic):
    partition = Partition()
    for sizes, writes, keep in lives:
        asyncio.run(partition.live(events, sizes, writes))
        partition.compact(keep)
    assert asyncio.run(partition.live([*events, b"a"], [50], 10_000))
    log = getattr(partition, topic)
    live = {key: place for place, (key, value, _) in enumerate(log) if key != KEY and value is not None}
    live = {key: place for key, place in live.items() if all(k != key for k, _, _ in log[place + 1 :])}
    # Graves of the last flush may be another worker's, so as many entries may be gone unseen, and not one more.
    allowed = merged(log).uncounted
    if len(live) > allowed:
        lost = [sorted(live)[(which + more) % len(live)] for more in range(allowed + 1)]
        log[:] = [one for one in log if one[0] not in lost]
        with pytest.raises(DamagedStateError, match=rf"{topic}/0 lacks at least \d+ of"):
            partition.judge()


TWELVE = [bytes([one]) for one in b"abcdefabcdef"]


def _written(events=tuple(TWELVE)) -> Partition:
    """Return a partition that was written in batches of three, and ended in order."""
    partition = Partition()
    assert asyncio.run(partition.live(list(events), [3] * 4, 10_000))
    return partition


def _tail(log, count):
    del log[len(log) - count :]


def _without(log, *, manifest):
    log[:] = [one for one in log if (one[0] == KEY) != manifest]


def _uncounted(partition, log):
    """Empty a topic where the group has forgotten its offsets too."""
    log.clear()
    partition.committed = -1


def _since_manifest(log):
    return len(log) - max(i for i, one in enumerate(log[:-1]) if one[0] == KEY) - 1


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda p: p.cells.clear(), "cells/0 is empty, and events up to offset 11 were counted"),
        (lambda p: p.journeys.clear(), "journeys/0 is empty, and events up to offset 11"),
        (lambda p: (p.cells.clear(), p.journeys.clear()), "cells/0 is empty, and events up to offset 11"),
        (lambda p: _uncounted(p, p.cells), "cells/0 is empty, and its counterpart is not"),
        (lambda p: _uncounted(p, p.journeys), "journeys/0 is empty, and its counterpart"),
        (lambda p: _without(p.cells, manifest=True), "cells/0 holds .* records and no manifest"),
        (lambda p: _without(p.journeys, manifest=True), "journeys/0 holds .* records and no manifest"),
        (lambda p: _without(p.cells, manifest=False), "cells/0 lacks at least"),
        (lambda p: p.cells.__setitem__(slice(None), _written().cells), "do not belong together"),
        (lambda p: _tail(p.cells, _since_manifest(p.cells)), "cells/0 ends at offset 8, journeys at 11"),
        (lambda p: _tail(p.journeys, _since_manifest(p.journeys)), "journeys/0 ends at offset 8, and events up to"),
        (lambda p: setattr(p, "ids", TopicIds("t", "c", "j")), "Topic events was deleted and made again"),
        (lambda p: setattr(p, "ids", TopicIds("s", "x", "j")), "Topic cells was deleted and made again"),
        (lambda p: setattr(p, "ids", TopicIds("s", "c", "x")), "Topic journeys was deleted and made again"),
    ],
)  # fmt: skip
def test_damage_is_named_with_the_way_out(damage, says):
    partition = _written()
    damage(partition)
    with pytest.raises(DamagedStateError, match=says) as found:
        partition.judge()
    assert "crm-pulse rebuild" in found.value.hint


def test_another_number_of_partitions_is_refused_also_where_all_topics_have_as_many():
    partition = _written()
    partition.partitions = 5
    with pytest.raises(DamagedStateError, match="Topic events has 5 partitions, and had 4 when cells/0") as found:
        partition.judge()
    assert "a rebuild does not help" in found.value.hint


def test_a_broker_without_topic_ids_is_no_damage():
    partition = _written()
    partition.ids = TopicIds()
    partition.judge()


def test_state_of_a_newer_program_is_refused_with_the_way_out():
    partition = _written()
    partition.schema = 0
    with pytest.raises(NewerStateError, match="holds state of version 1, this program reads versions up to 0") as found:
        partition.judge()
    assert "Run the version that wrote it" in found.value.hint


def test_a_newer_manifest_is_refused():
    key, value, _ = _written().cells[-1]
    assert key == KEY
    assert value is not None
    assert read(value).topics == IDS
    with pytest.raises(NewerStateError, match="format 0x92, this program reads 0x91"):
        read(value[:8] + b"\x92" + value[9:])
    with pytest.raises(DamagedStateError, match="cannot be read"):
        read(value[:9] + b"\x00")


def test_changed_rules_are_taken_up_between_batches_and_refused_within_one():
    events = [b"a", b"b", b"c", b"d", b"e", b"f"]
    whole = _written(events)
    whole.rules = "other"
    whole.judge()
    cut = Partition()
    # Two manifests, then b, c, d, e: cells a, b, their manifest, no journey.
    assert not asyncio.run(cut.live(events, [2], 2 + 2 + 1))
    cut.rules = "other"
    with pytest.raises(UserError, match="half written, after offset -1") as found:
        cut.judge()
    assert "former policies" in found.value.hint
    cut.rules = "r"
    assert asyncio.run(cut.live(events, [2, 2, 2], 1_000)), "with the former rules it goes on"
    cut.rules = "other"
    assert asyncio.run(cut.live([*events, b"a"], [2], 1_000))


def test_an_entry_less_is_enough_and_one_more_is_no_damage():
    partition = _written()
    found = partition.found()
    manifest = found.cells.manifest
    assert manifest is not None
    assert manifest.entries == len(found.cells.live)
    found.cells.live[b"extra"] = bytes(9)
    partition.judge(found)
    found.cells.manifest = msgspec.structs.replace(manifest, entries=manifest.entries + 2)
    with pytest.raises(DamagedStateError):
        partition.judge(found)
