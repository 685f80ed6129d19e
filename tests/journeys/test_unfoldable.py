"""A record on which the fold fails goes away whole: nothing of it stays, and the others count."""

import gc

import pytest

from schemas import encode
from stream_app.journeys import lead
from stream_app.journeys.shard import Shard
from stream_app.policies import Policies
from tests.journeys.generated import MINUTE, START, Record


def record(offset, type_, **data):
    at = START + offset * MINUTE
    value = encode(f"crm.{type_}.v1", data, id=str(offset), source="test", time=at, subject="ada")
    return Record(offset, b"ada", value, at)


GOOD = [
    record(0, "lead.created", channel="web"),
    record(1, "email.sent", campaign_id="spring", message_id="m1"),
    record(3, "interaction.logged", direction="out", medium="call", two_way=True),
]
BAD = record(2, "lead.converted")


@pytest.fixture
def failing(monkeypatch):
    """Let the fold of a conversion fail after it has changed the relationship."""

    def fails(rel, *_):
        rel.lead.touched_at = rel.team = rel.channel = "half done"
        raise RuntimeError("half done")

    monkeypatch.setitem(lead._HANDLES, "lead.converted", fails)


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("sizes", [(4,), (1, 3), (2, 2)], ids=["one batch", "opened before", "just opened"])
def test_a_failed_fold_leaves_nothing_behind(sizes):
    """The journey is as if the record had never come; the record is kept with its reason."""
    shard, without = Shard(0, Policies(), {}, {}), Shard(0, Policies(), {}, {})
    records = sorted([*GOOD, BAD], key=lambda one: one.offset)
    dead, start = [], 0
    for size in sizes:
        dead += shard.apply(records[start : start + size]).dead
        start += size
    without.apply(GOOD)

    assert [(letter.record, letter.reason) for letter in dead] == [(BAD, "unfoldable")]
    assert shard.journeys == without.journeys


def test_collection_of_garbage_goes_on_after_a_batch():
    """A batch stops the collector only for itself, and leaves it off where it was off."""
    shard = Shard(0, Policies(), {}, {})
    shard.apply(GOOD[:1])
    on = gc.isenabled()
    gc.disable()
    try:
        shard.apply(GOOD[1:2])
        off = not gc.isenabled()
    finally:
        gc.enable()

    assert on
    assert off
